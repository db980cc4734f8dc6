// The server as a client on a socket sees it, with something to debug that is no machine.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { formatAddress, parseGdbAddress } from "../../../src/debug/gdb/address.ts";
import { encodePacket } from "../../../src/debug/gdb/framing.ts";
import { type GdbServer, serveGdb } from "../../../src/debug/gdb/server.ts";
import { UserError } from "../../../src/errors.ts";
import { anyBytes, endsSession } from "./packets.ts";
import { RawClient } from "./raw-client.ts";
import { ToyTarget } from "./toy-target.ts";

interface Rig {
  readonly target: ToyTarget;
  readonly server: GdbServer;
  /** How clients left, and what was reported. */
  readonly log: string[];
}

async function rig(t: TestContext): Promise<Rig> {
  const target = new ToyTarget();
  const log: string[] = [];
  const server = await serveGdb({ kind: "tcp", host: "127.0.0.1", port: 0 }, {
    attach: async () => target,
    left: (how) => log.push(how),
    report: (line) => log.push(line),
  });
  t.after(() => server.close());
  return { target, server, log };
}

test("ports, hosts and stdio are told apart, and a bare port is on loopback", () => {
  assert.deepEqual(parseGdbAddress("stdio"), { kind: "stdio" });
  assert.deepEqual(parseGdbAddress("1234"), { kind: "tcp", host: "127.0.0.1", port: 1234 });
  assert.deepEqual(parseGdbAddress(":1234"), { kind: "tcp", host: "127.0.0.1", port: 1234 });
  assert.deepEqual(parseGdbAddress("0.0.0.0:9"), { kind: "tcp", host: "0.0.0.0", port: 9 });
  assert.deepEqual(parseGdbAddress("[::1]:9"), { kind: "tcp", host: "::1", port: 9 });
  assert.equal(formatAddress("::1", 9), "[::1]:9");
  for (const text of ["", "x", "1:2:3", "host:", "70000", "host:-1"]) assert.throws(() => parseGdbAddress(text), UserError, text);
});

test("packets that come together are answered in order", async (t) => {
  const client = new RawClient((await rig(t)).server);
  for (const packet of ["QStartNoAckMode", "qC", "Hg2", "qC"]) client.send(packet);
  assert.deepEqual([await client.packet(), await client.packet(), await client.packet(), await client.packet()], ["OK", "QC1", "OK", "QC2"]);
  client.socket.destroy();
});

test("Ctrl-C stops a run, also one that is still on its way; at other times it does nothing", async (t) => {
  const { target, server } = await rig(t);
  const client = new RawClient(server);
  target.next = undefined;
  client.socket.write(Uint8Array.of(3));
  assert.equal(await client.ask("qC"), "QC1");
  client.send("vCont;c");
  assert.equal(await client.packet(), "O72756e6e696e670a");
  client.socket.write(Uint8Array.of(3));
  assert.match((await client.packet())!, /^T02thread:1;/);
  client.socket.write(Buffer.concat([encodePacket("qC"), encodePacket("vCont;c"), Uint8Array.of(3)]));
  assert.deepEqual([await client.packet(), await client.packet()], ["QC1", "O72756e6e696e670a"]);
  assert.match((await client.packet())!, /^T02thread:1;/);
  client.socket.destroy();
});

test("a client that detaches, kills or breaks off leaves without its points, and the next one may come", async (t) => {
  const { target, server, log } = await rig(t);
  for (const packet of ["D", "k"]) {
    const client = new RawClient(server);
    assert.equal(await client.ask("Z0,1000,1"), "OK");
    assert.equal(target.points.length, 1);
    client.send(packet);
    await once(client.socket, "close");
    assert.equal(target.points.length, 0);
  }
  const last = new RawClient(server);
  target.next = undefined;
  last.send("vCont;c");
  assert.ok(await last.packet());
  last.socket.destroy();
  const next = await until(() => new RawClient(server), async (client) => (await client.ask("qC")) === "QC1");
  assert.deepEqual(log.filter((line) => !line.startsWith("gdb:")), ["detach", "kill", "disconnect"]);
  next.socket.destroy();
});

/** Tries again while the server is still busy with the client before. */
async function until<T>(make: () => T, works: (made: T) => Promise<boolean>): Promise<T> {
  for (;;) {
    const made = make();
    if (await works(made)) return made;
  }
}

test("there is one client at a time", async (t) => {
  const { server, log } = await rig(t);
  const first = new RawClient(server);
  assert.equal(await first.ask("qC"), "QC1");
  const second = new RawClient(server);
  assert.equal(await second.ask("qC"), undefined);
  assert.equal(await first.ask("qC"), "QC1");
  assert.deepEqual(log, ["gdb: a second client was turned away"]);
  first.socket.destroy();
});

test("a port that is taken is an error in one line", async (t) => {
  const port = Number((await rig(t)).server.address!.split(":")[1]);
  const again = serveGdb({ kind: "tcp", host: "127.0.0.1", port }, { attach: async () => new ToyTarget(), left: () => {}, report: () => {} });
  await assert.rejects(again, { name: "UserError", message: `gdb cannot be served on 127.0.0.1:${port}: it is in use` });
});

test("ten thousand random and mutated packets over a socket end nothing", async (t) => {
  const { server } = await rig(t);
  const client = new RawClient(server);
  client.socket.write(encodePacket("QStartNoAckMode"));
  assert.equal(await client.packet(), "OK");
  await fc.assert(
    fc.asyncProperty(fc.array(anyBytes, { minLength: 20, maxLength: 20 }), async (texts) => {
      const bytes = texts.join("");
      fc.pre(!endsSession(bytes)); // two pieces may make such a packet together
      client.socket.write(Buffer.from(bytes, "latin1"));
      await client.resynchronized();
    }),
    { numRuns: 500 },
  );
  client.socket.destroy();
});
