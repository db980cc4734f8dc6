// Whatever a client sends: the machine behind the server, its past and its console hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DebugConsole, MiB, Pc, serveGdb, Session, SessionTarget } from "shootdown";
import { encodePacket } from "../../src/debug/gdb/framing.ts";
import { anyBytes } from "../host/gdb/packets.ts";
import { RawClient } from "../host/gdb/raw-client.ts";
import { assemble } from "./guest.ts";

/** The second CPU starts in real mode; both count. */
const IMAGE = assemble(`main: movl $0xfee00000, %edi
  movw $0xfeeb, 0x8000
  movl $0xc4500, 0x300(%rdi)
  movl $0xc4608, 0x300(%rdi)
1: inc %r12
  mov %r12, 0x1000
  jmp 1b`).bytes;

const PACKETS = 10_000;
const IN_A_ROW = 10;
const MACHINES = 10;

test("ten thousand random and mutated packets over a socket to a machine end nothing", async (t) => {
  const groups = fc.sample(fc.array(anyBytes, { minLength: IN_A_ROW, maxLength: IN_A_ROW }), PACKETS / IN_A_ROW);
  for (let machine = 0; machine < MACHINES; machine++) {
    const pc = await Pc.create({ cpus: 2, memory: 2 * MiB });
    pc.load(IMAGE);
    const session = Session.open({ pc });
    const target = new SessionTarget(session, { console: new DebugConsole({ session }), exitStatus: () => undefined });
    const left: string[] = [];
    const server = await serveGdb({ kind: "tcp", host: "127.0.0.1", port: 0 }, {
      attach: async () => target, left: (how) => left.push(how), report: () => {},
    });
    const client = new RawClient(server);
    const close = async () => {
      client.socket.destroy();
      await server.close();
    };
    t.after(close);
    client.socket.write(encodePacket("QStartNoAckMode"));
    assert.equal(await client.packet(), "OK");
    for (const group of groups.slice((machine * groups.length) / MACHINES, ((machine + 1) * groups.length) / MACHINES)) {
      client.socket.write(Buffer.from(group.join(""), "latin1"));
      await client.resynchronized().catch((error: Error) => assert.fail(`${error.message} after ${JSON.stringify(group)}`));
    }
    assert.deepEqual(left, []);
    assert.match((await client.ask("?"))!, /^T0[256]thread:[12];/);
    await close();
  }
});
