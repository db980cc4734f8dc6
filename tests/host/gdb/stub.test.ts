// What packets of the remote serial protocol are answered with (GDB manual, appendix E).

import assert from "node:assert/strict";
import { test } from "node:test";
import { hexOfText, littleEndian } from "../../../src/debug/gdb/bytes.ts";
import { REGISTERS } from "../../../src/debug/gdb/registers.ts";
import { Stub } from "../../../src/debug/gdb/stub.ts";
import type { Stopped } from "../../../src/debug/gdb/target.ts";
import { ToyTarget } from "./toy-target.ts";

interface Bench {
  readonly target: ToyTarget;
  readonly printed: string[];
  /** Contents of the reply; "none" if there is none. */
  send(packet: string): Promise<string>;
  after(packet: string): Promise<string | undefined>;
}

function bench(): Bench {
  const target = new ToyTarget();
  const printed: string[] = [];
  const stub = new Stub(target, (text) => printed.push(text));
  return {
    target, printed,
    send: async (packet) => (await stub.handle(packet)).contents ?? "none",
    after: async (packet) => (await stub.handle(packet)).after,
  };
}

/** Sends each packet and compares its reply. */
async function replies({ send }: Bench, expected: readonly (readonly [string, string])[]): Promise<void> {
  for (const [packet, reply] of expected) assert.equal(await send(packet), reply, packet);
}

const numberOf = (name: string): number => REGISTERS.findIndex((register) => register.name === name);
const register = (name: string): string => numberOf(name).toString(16);

test("the client learns what the stub can do", async () => {
  const reply = await bench().send("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
  const features = ["PacketSize=10000", "QStartNoAckMode+", "qXfer:features:read+", "qXfer:threads:read+", "vContSupported+", "ReverseStep+", "ReverseContinue+", "swbreak+", "hwbreak+"];
  assert.deepEqual(features.filter((feature) => !reply.split(";").includes(feature)), []);
  assert.ok(!reply.includes("multiprocess+"));
});

test("packets that are not known have an empty reply, wrong ones an error", async () => {
  await replies(bench(), [
    ["", ""], ["!", ""], ["R00", ""], ["vRun;", ""], ["vAttach;1", ""], ["vMustReplyEmpty", ""], ["qTStatus", ""], ["QNonStop:1", ""],
    ["b", ""], ["bx", ""], ["Z5,0,1", ""], ["toString", ""], ["qconstructor", ""],
    ["m", "E22"], ["m1000", "E22"], ["m1000,", "E22"], ["mz,1", "E22"], ["m11112222333344445,1", "E22"], ["M1000,2:00", "E22"],
    ["M1000,1:0", "E22"], ["X1000,2:a", "E22"], ["p", "E22"], ["pfff", "E22"], ["P0", "E22"], ["P0=00", "E22"], ["G00", "E22"],
    ["Z", "E22"], ["Z0,,1", "E22"], ["Z0,10,1;X1,2", "E22"], ["Z2,1000,0", "E22"], ["Z2,ffffffffffffffff,8", "E22"],
    ["H", "E22"], ["Hx1", "E22"], ["Hg5", "E03"], ["Hg-2", "E03"], ["T5", "E03"], ["T0", "E03"], ["T", "E03"],
    ["vCont;", "E22"], ["vCont;x", "E22"], ["vCont;s:9", "E22"], ["vCont;s:0", "E22"], ["vCont;r10:1", "E22"], ["cxyz", "E22"], ["Czz", "E22"],
    ["qXfer:features:read:target.xml:0", "E22"], ["qXfer:features:read:other.xml:0,10", "E00"], ["qXfer:memory-map:read::0,10", ""],
    ["qXfer:features:write:target.xml:0,10", ""], ["qRcmd,zz", "E22"], ["qThreadExtraInfo,9", "E03"], ["D;1", "E22"],
  ]);
});

test("CPUs are threads from 1 on", async () => {
  const { target, send } = bench();
  await replies({ target, send } as Bench, [
    ["qfThreadInfo", "m1,2,3,4"], ["qsThreadInfo", "l"], ["qC", "QC1"], ["T1", "OK"], ["T4", "OK"], ["Hg3", "OK"], ["qC", "QC3"],
    ["Hg0", "OK"], ["Hg-1", "OK"], ["qC", "QC3"], ["Hc-1", "OK"], ["qAttached", "1"], ["qSymbol::", "OK"],
    ["qThreadExtraInfo,2", hexOfText("ring 1 & <more>")],
  ]);
  const xml = await send("qXfer:threads:read::0,1000");
  assert.match(xml, /^l<\?xml version="1.0"\?>\n<threads>\n<thread id="1" core="0" name="CPU 0">ring 0 &amp; &lt;more&gt;<\/thread>/);
});

test("the target description is read in pieces", async () => {
  const { send } = bench();
  let xml = "";
  for (let reply = "m"; reply.startsWith("m"); xml += reply.slice(1)) {
    reply = await send(`qXfer:features:read:target.xml:${xml.length.toString(16)},1ff`);
  }
  for (const feature of ["core", "sse", "segments"]) assert.ok(xml.includes(`<feature name="org.gnu.gdb.i386.${feature}">`), feature);
  assert.match(xml, /<architecture>i386:x86-64<\/architecture>[^]*<\/target>\n$/);
  assert.equal([...xml.matchAll(/<reg /g)].length, REGISTERS.length);
  assert.equal(await send("qXfer:features:read:target.xml:fffff,10"), "l");
});

test("registers are in gdb's order, lowest byte first, those of x87 and SSE unavailable", async () => {
  const { target, send } = bench();
  target.registers[1]!.set("rax", 0x1122334455667788n).set("rip", 0xffffffff80100000n).set("rflags", 0x246n).set("cr3", 0x5000n);
  assert.equal(await send("Hg2"), "OK");
  const all = await send("g");
  assert.equal(all.length, REGISTERS.reduce((sum, { bits }) => sum + bits / 4, 0));
  assert.ok(all.startsWith("8877665544332211"));
  assert.equal(all.slice(16 * 16, 18 * 16 - 8), "00001080ffffffff46020000");
  await replies({ send } as Bench, [
    ["p0", "8877665544332211"], ["p11", "46020000"], [`p${register("cr3")}`, littleEndian(0x5000n, 8)],
    [`p${register("st0")}`, "x".repeat(20)], [`p${register("xmm15")}`, "x".repeat(32)], [`p${register("mxcsr")}`, "x".repeat(8)],
  ]);
});

test("registers are set one by one or all at once; what the machine does not have or let set is an error", async () => {
  const { target, send } = bench();
  target.registers[0]!.set("cs", 0x10n);
  const all = await send("g");
  await replies({ send } as Bench, [
    ["P7=0800000000000000", "OK"], [`P${register("cs")}=08000000`, "E22"], [`P${register("cs")}=10000000`, "OK"],
    [`P${register("st0")}=${"00".repeat(10)}`, "E22"], [`G0100000000000000${all.slice(16)}`, "OK"],
  ]);
  assert.deepEqual([target.register(0, "rax"), target.register(0, "rsp")], [1n, 0n]);
});

test("in real mode $pc is a linear address", async () => {
  const { target, send } = bench();
  target.registers[0]!.set("mode", 0n).set("cs_base", 0x8000n).set("rip", 0x10n);
  await replies({ send } as Bench, [["p10", littleEndian(0x8010n, 8)], [`P10=${littleEndian(0x8020n, 8)}`, "OK"]]);
  assert.equal(target.register(0, "rip"), 0x20n);
});

test("memory is read and written in hexadecimal or binary, and read as far as it goes", async () => {
  const { target, send } = bench();
  await replies({ send } as Bench, [
    ["M1000,4:01020304", "OK"], ["m1000,4", "01020304"], ["X1004,3:}#\x00", "OK"], ["m1002,5", "03047d2300"], ["x1004,2", "b}#"],
    ["X1000,0:", "OK"], ["m1ffe,8", "0000"], ["m2000,1", "E14"], ["m0,1", "E14"], ["M1fff,2:0000", "E14"], ["Xffffffffffffffff,1:a", "E14"],
  ]);
  target.memory.fill(0xab);
  assert.equal((await send("m1000,ffffffff")).length, 8192);
});

test("points are inserted and removed by type, address and length", async () => {
  const { target, send } = bench();
  await replies({ send } as Bench, [
    ["Z0,ffffffff80100000,1", "OK"], ["Z0,ffffffff80100000,1", "OK"], ["Z1,10,1", "OK"], ["Z2,1000,8", "OK"], ["Z3,1000,4", "OK"], ["Z4,1000,2", "OK"],
    ["z1,10,1", "OK"], ["z1,10,1", "OK"], ["z2,1000,4", "OK"],
  ]);
  assert.deepEqual(target.points.map(({ type, address, length }) => `${type} ${address.toString(16)} ${length}`), [
    "swbreak ffffffff80100000 1", "watch 1000 8", "rwatch 1000 4", "awatch 1000 2",
  ]);
});

test("an int3 that the client writes itself is a point until something else is written there", async () => {
  const { target, send } = bench();
  await replies({ send } as Bench, [["M1010,1:cc", "OK"], ["M1011,1:cc", "OK"], ["X1010,1:\x90", "OK"], ["M1020,2:cccc", "OK"]]);
  assert.deepEqual(target.points, [{ type: "swbreak", address: 0x1011n, length: 1 }]);
  assert.equal(target.memory[0x11], 0xcc);
  await send(`M1000,20:${"00".repeat(0x20)}`);
  assert.deepEqual(target.points, []);
});

const trap: Stopped = { cpu: 0, reason: { kind: "trap" } };

test("vCont says which CPUs step and which are held", async () => {
  const { target, send } = bench();
  target.next = trap;
  for (const actions of ["c", "C05", "s:2;c", "S05:2", "s", "s:1;s:2", "c:3", "r10,20:2;c", "r10,20:2", "c:1;s:4"]) await send(`vCont;${actions}`);
  const step = { kind: "step", direction: 1 };
  assert.deepEqual(target.resumed, [
    { kind: "continue", direction: 1 },
    { kind: "continue", direction: 1 },
    { ...step, cpu: 1, held: false },
    { ...step, cpu: 1, held: true },
    { ...step, cpu: 0, held: false },
    { ...step, cpu: 0, held: false },
    { kind: "continue", direction: 1, only: 2 },
    { kind: "range", cpu: 1, from: 0x10n, to: 0x20n, held: false },
    { kind: "range", cpu: 1, from: 0x10n, to: 0x20n, held: true },
    { ...step, cpu: 3, held: false },
  ]);
  assert.equal(await send("vCont?"), "vCont;c;C;s;S;r");
});

test("the older packets and those that go back resume the CPU of Hc, or the selected one", async () => {
  const { target, send } = bench();
  for (const packet of ["s", "Hc3", "S05;1000", "c", "bs", "bc", "Hc0", "Hg2", "bs"]) await send(packet);
  assert.deepEqual(target.resumed, [
    { kind: "step", direction: 1, cpu: 0, held: false },
    { kind: "step", direction: 1, cpu: 2, held: false },
    { kind: "continue", direction: 1 },
    { kind: "step", direction: -1, cpu: 2, held: false },
    { kind: "continue", direction: -1 },
    { kind: "step", direction: -1, cpu: 1, held: false },
  ]);
  assert.equal(target.register(2, "rip"), 0x1000n);
});

test("a stop reply names the CPU, the reason and the registers that gdb looks at first", async () => {
  const { target, send } = bench();
  await send("qSupported:swbreak+;hwbreak+");
  target.registers[2]!.set("rip", 0x40n).set("rsp", 0x80n).set("rbp", 0x90n);
  const hints = `06:${littleEndian(0x90n, 8)};07:${littleEndian(0x80n, 8)};10:${littleEndian(0x40n, 8)};`;
  const stops: [Stopped["reason"], string][] = [
    [{ kind: "trap" }, "T05thread:3;"], [{ kind: "swbreak" }, "T05thread:3;swbreak:;"], [{ kind: "hwbreak" }, "T05thread:3;hwbreak:;"],
    [{ kind: "watch", address: 0xffffffff80130000n }, "T05thread:3;watch:ffffffff80130000;"], [{ kind: "awatch", address: 1n }, "T05thread:3;awatch:1;"],
    [{ kind: "interrupt" }, "T02thread:3;"], [{ kind: "history", end: "begin" }, "T05thread:3;replaylog:begin;"], [{ kind: "failure" }, "T06thread:3;"],
  ];
  for (const [reason, start] of stops) {
    target.next = { cpu: 2, reason };
    assert.equal(await send("vCont;c"), start + hints);
    assert.equal(await send("?"), start + hints);
    assert.equal(await send("qC"), "QC3");
  }
});

test("a reason that the client did not ask for is left out", async () => {
  const { target, send } = bench();
  target.next = { cpu: 0, reason: { kind: "swbreak" } };
  assert.match(await send("c"), /^T05thread:1;06:/);
});

test("the end of the machine is the end of the client's session", async () => {
  const { target, send, after } = bench();
  target.next = { cpu: 0, reason: { kind: "exit", status: 1 } };
  assert.equal(await send("vCont;c"), "W01");
  assert.equal(await after("vCont;c"), "exit");
});

test("what a person should read comes before the stop reply", async () => {
  const { target, send, printed } = bench();
  target.next = { cpu: 0, reason: { kind: "failure" }, text: "triple fault" };
  await send("c");
  assert.deepEqual(printed, ["triple fault\n"]);
});

test("monitor hands a line to the console and prints what it says", async () => {
  const { target, send, printed } = bench();
  await replies({ send } as Bench, [[`qRcmd,${hexOfText("tlb 0")}`, "OK"], [`qRcmd,${hexOfText("quiet")}`, "OK"], ["qRcmd,", "OK"]]);
  assert.deepEqual([target.lines, printed], [["tlb 0", "quiet", ""], ["you said tlb 0\n", "you said \n"]]);
});

test("D lets go, k and vKill end the run", async () => {
  const { send, after } = bench();
  await replies({ send } as Bench, [["D", "OK"], ["k", "none"], ["vKill;1", "OK"]]);
  assert.deepEqual([await after("D"), await after("k"), await after("vKill;1")], ["detach", "kill", "kill"]);
});
