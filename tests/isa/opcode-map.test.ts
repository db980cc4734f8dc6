// Every opcode byte of the four maps, with samples of modrm and prefixes, against an independent decoder: lengths are
// equal where we have the instruction, what is no instruction is #UD, and what we do not have says so.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import type * as Iced from "iced-x86";
import { CORE_STOPS } from "../../src/machine/stop.js";
import { Bench, registersWith } from "./harness.js";
import { decode } from "./records.js";

const iced = createRequire(import.meta.url)("iced-x86") as typeof Iced;
const { Code, CpuidFeature, Decoder, DecoderOptions, Instruction, Mnemonic } = iced;

/** Every digit with memory and with a register, and each way to form an address. */
const MODRM = [0x00, 0x0c, 0x15, 0x1d, 0x25, 0x2b, 0x30, 0x3f, 0x45, 0x84, 0xc1, 0xc8, 0xca, 0xd0, 0xd9, 0xe0, 0xee, 0xf0, 0xf8, 0xf9];
const PREFIXES = [[], [0x66], [0xf3], [0xf2], [0x48], [0x67], [0xf0], [0x66, 0x48], [0xf2, 0x41], [0x64, 0x41], [0x66, 0xf0, 0x4c]];
const MAPS: Record<string, number[]> = { "one-byte": [], "0F": [0x0f], "0F38": [0x0f, 0x38], "0F3A": [0x0f, 0x3a] };
/** In the one-byte map these are prefixes or lead to other maps. */
const NOT_OPCODES = new Set([0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
  0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f]);
const TAIL = [0x24, 0x11, 0x22, 0x33, 0x05, 0x55, 0x66, 0x77, 0x01, 0x02, 0x03];

/** What CPUID of the machine advertises; instructions of other extensions are absent from it. */
const OURS = new Set([
  CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.INTEL8086_ONLY,
  CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.CMOV, CpuidFeature.CMPXCHG16B, CpuidFeature.CPUID,
  CpuidFeature.CX8, CpuidFeature.FSGSBASE, CpuidFeature.INVPCID, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.MSR, CpuidFeature.MULTIBYTENOP,
  CpuidFeature.PAUSE, CpuidFeature.POPCNT, CpuidFeature.RDPID, CpuidFeature.RDTSCP, CpuidFeature.RDPMC, CpuidFeature.SEP, CpuidFeature.SMAP,
  CpuidFeature.SYSCALL, CpuidFeature.TSC, CpuidFeature.CLFSH, CpuidFeature.UDBG,
]);
/** In space that is a NOP on a processor without them, instructions of ours with a prefix that it ignores, fences and plain stores. */
const HARMLESS = new Set(["MPX", "CET_IBT", "CET_SS", "CLDEMOTE", "PREFETCHW", "PREFETCHWT1", "PREFETCHITI", "SSE", "SSE2", "WBNOINVD"]);

const FLOAT = /^(F[A-Z]|Wait)/i;
/** As in assembly/global.ts. */
const NI_INSTRUCTION = 1;

type Verdict = "undefined" | "absent" | "implemented";

interface Handlers { undefined: number; fpu: number; simd: number }

let bench: Bench;
let handlers: Handlers;

before(async () => {
  bench = await Bench.create();
  const handler = (...bytes: number[]): number => decode(bench, bytes).handler;
  handlers = { undefined: handler(0x0f, 0x0b), fpu: handler(0xd9, 0xc0), simd: handler(0x0f, 0x58, 0xc0) };
});

function verdict(handler: number): Verdict {
  if (handler === handlers.undefined) return "undefined";
  return handler === handlers.fpu || handler === handlers.simd ? "absent" : "implemented";
}

const featureNames = (instruction: Iced.Instruction): string[] => [...instruction.cpuidFeatures()].map((f) => CpuidFeature[f] ?? String(f));

interface Case { bytes: number[] }

function* cases(map: number[]): Generator<Case> {
  for (let opcode = 0; opcode < 256; opcode++) {
    if (map.length === 0 && NOT_OPCODES.has(opcode)) continue;
    for (const prefix of PREFIXES) for (const modrm of MODRM) yield { bytes: [...prefix, ...map, opcode, modrm, ...TAIL] };
  }
}

/** VEX in three bytes: W, L, vvvv and pp in all of their parts. */
function* vexCases(): Generator<Case> {
  for (const map of [2, 3]) for (let opcode = 0xf0; opcode < 256; opcode++) for (const modrm of [0x00, 0x4d, 0x94, 0xc8, 0xd3, 0xd9, 0xe2]) {
    for (const last of [0x78, 0x79, 0x7a, 0x7b, 0xf8, 0xfb, 0x7c, 0x7f, 0x40, 0x43, 0xc3]) yield { bytes: [0xc4, 0xe0 | map, last, opcode, modrm, ...TAIL] };
  }
}

const hex = (bytes: number[]): string => bytes.map((b) => b.toString(16).padStart(2, "0")).join(" ");

/** Whether the bytes raise #UD when they are reached: a handler may be the one that says so. */
async function raises(bytes: number[]): Promise<boolean> {
  const fresh = await Bench.create();
  return fresh.run(fresh.place(bytes), registersWith({}), 0n, 2).fault?.vector === 6;
}

/** What is wrong with our reading of `bytes`, or nothing. What must be #UD and is not so by the tables goes to `suspects`. */
function complaint(bytes: number[], instruction: Iced.Instruction, suspects: Map<string, number[]>): string | undefined {
  const ours = decode(bench, bytes);
  const said = verdict(ours.handler);
  // Encodings between those of an extension that we do not have stop the machine as that extension does.
  if (instruction.isInvalid) {
    if (said === "implemented") suspects.set(`handler ${ours.handler}`, bytes);
    return undefined;
  }
  const name = Code[instruction.code] ?? "?";
  const known = [...instruction.cpuidFeatures()].every((f) => OURS.has(f));
  if (said === "implemented") {
    if (!known && !featureNames(instruction).every((f) => HARMLESS.has(f))) suspects.set(name, bytes);
    return ours.length === instruction.length ? undefined : `${name} has ${instruction.length} bytes, not ${ours.length}`;
  }
  const meant = [Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2].includes(instruction.mnemonic);
  return known && !meant && !FLOAT.test(name) ? `${name} is ${said} here` : undefined;
}

/** Goes through `all`; what is wrong, one complaint of a kind. */
async function check(all: Iterable<Case>): Promise<string> {
  const wrong = new Map<string, string>();
  const suspects = new Map<string, number[]>();
  const instruction = new Instruction();
  for (const { bytes } of all) {
    const decoder = new Decoder(64, Uint8Array.from(bytes), DecoderOptions.None);
    decoder.decodeOut(instruction);
    decoder.free();
    const what = complaint(bytes, instruction, suspects);
    if (what !== undefined && !wrong.has(what)) wrong.set(what, hex(bytes));
  }
  instruction.free();
  for (const [name, bytes] of suspects) if (!(await raises(bytes))) wrong.set(`${name} runs, but is not for this processor`, hex(bytes));
  return [...wrong].map(([what, bytes]) => `${bytes}: ${what}`).join("\n");
}

for (const [name, map] of Object.entries(MAPS)) {
  test(`all opcodes of the ${name} map decode as an independent decoder says`, async () => {
    assert.equal(await check(cases(map)), "");
  });
}

test("VEX encodings of the general registers decode as an independent decoder says", async () => {
  assert.equal(await check(vexCases()), "");
});

test("what is no instruction raises #UD, and what this machine does not have stops it by name", async () => {
  for (const single of [false, true]) {
    const undefinedOne = await Bench.create();
    assert.deepEqual(undefinedOne.run(undefinedOne.place([0x90, 0x0f, 0x0b]), registersWith({}), 0n, 3, single).fault, { vector: 6, code: 0n });
    const absent = await Bench.create();
    const at = absent.place([0x90, 0x0f, 0x58, 0xc1]); // addps
    absent.start(at, registersWith({}), 0n);
    absent.core.run(1n);
    assert.equal(absent.core.run(3n), CORE_STOPS.NOT_IMPLEMENTED);
    assert.equal(absent.core.getStopDetail(), NI_INSTRUCTION);
    assert.equal(absent.core.getStopRip(), BigInt(at + 1));
    assert.equal(absent.core.getStopBytes(0) & 0xffffffn, 0xc1580fn);
  }
});
