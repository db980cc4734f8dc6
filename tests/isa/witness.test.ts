// The processor of this machine as a witness: thousands of random instructions run on it and on our core, from the same
// registers, flags and memory at the same addresses, and must leave the same.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type * as Iced from "iced-x86";
import { REGISTER_CR2, REGISTER_CR3, REGISTER_GS_BASE } from "../../assembly/probe/registers.js";
import { Bench, DATA_AT, DATA_BYTES, DF } from "./harness.js";
import type { Outcome } from "./harness.js";
import { PAGE_TABLE } from "./guest-image.js";
import { Random } from "./random.js";
import { CODE_BYTES, COMPARED, randomCase } from "./witness-cases.js";
import type { Case } from "./witness-cases.js";

const CASES = 12000;
const SEED = BigInt(process.env["SHOOTDOWN_TEST_SEED"] ?? "20240229");
const CODE_AT = 0x400000;
const SPACING = 64;
const SIGTRAP = 5n;
const SIGNALS: Record<number, bigint> = { 0: 8n, 3: SIGTRAP, 6: 4n, 12: 7n, 13: 11n, 14: 11n };

const iced = createRequire(import.meta.url)("iced-x86") as typeof Iced;

interface Witnessed {
  registers: bigint[];
  flags: bigint;
  rip: bigint;
  signal: bigint;
  address: bigint;
  data: Uint8Array;
}

const IN_BYTES = (16 + 4) * 8 + COMPARED + CODE_BYTES;
const OUT_BYTES = (16 + 4) * 8 + COMPARED;

function encodeCases(cases: Case[]): Uint8Array {
  const out = new Uint8Array(cases.length * IN_BYTES);
  const view = new DataView(out.buffer);
  cases.forEach((c, i) => {
    const numbers = [...c.registers, c.flags, c.gsBase, BigInt(CODE_AT + i * SPACING), BigInt(c.dataAt)];
    numbers.forEach((n, k) => view.setBigUint64(i * IN_BYTES + k * 8, n, true));
    out.set(c.data, i * IN_BYTES + 160);
    out.set(c.code, i * IN_BYTES + 160 + COMPARED);
  });
  return out;
}

function decodeResult(bytes: Uint8Array, i: number): Witnessed {
  const view = new DataView(bytes.buffer, bytes.byteOffset + i * OUT_BYTES, OUT_BYTES);
  const n = (k: number): bigint => view.getBigUint64(k * 8, true);
  return {
    registers: Array.from({ length: 16 }, (_, r) => n(r)),
    flags: n(16), rip: n(17), signal: n(18), address: n(19),
    data: bytes.subarray(i * OUT_BYTES + 160, (i + 1) * OUT_BYTES),
  };
}

/** The results of the real processor, or why there are none. */
function witness(cases: Case[]): Witnessed[] | string {
  if (process.arch !== "x64" || process.platform !== "linux") return "this machine is not x86-64 Linux";
  const source = fileURLToPath(new URL("../../../tests/isa/native/witness.c", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "shootdown-witness-"));
  try {
    const program = join(folder, "witness");
    const built = spawnSync("gcc", ["-O1", "-static-pie", "-o", program, source], { encoding: "utf8" });
    if (built.error) return "gcc is not installed";
    assert.equal(built.status, 0, built.stderr);
    const ran = spawnSync(program, { input: encodeCases(cases), maxBuffer: 1 << 30, timeout: 30000 });
    if (ran.status === 3) return ran.stderr.toString().trim();
    assert.equal(ran.stdout.length, cases.length * OUT_BYTES, `the native program ended with ${ran.status ?? ran.signal}`);
    return cases.map((_, i) => decodeResult(ran.stdout, i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Flags that the instruction at the start of `code` leaves defined, and its text. */
function describe(c: Case): { defined: bigint; text: string } {
  const decoder = new iced.Decoder(64, c.code, iced.DecoderOptions.None);
  const instruction = decoder.decode();
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
  const text = formatter.format(instruction);
  const B = iced.RflagsBits;
  const bits: [number, bigint][] = [[B.CF, 1n], [B.PF, 4n], [B.AF, 0x10n], [B.ZF, 0x40n], [B.SF, 0x80n], [B.OF, 0x800n]];
  let defined = 0x8d5n | DF;
  for (const [flag, bit] of bits) if (instruction.rflagsUndefined & flag) defined &= ~bit;
  if (/^(sh[lr]d?|sa[lr]|r[oc][lr]) /.test(text)) {
    // OF is defined for a count of 1 only, AF never, CF of a narrow SHL or SHR not beyond its width (SDM vol. 2 SAL).
    const last = instruction.opCount - 1;
    const bytes = instruction.op0Kind === iced.OpKind.Memory
      ? iced.MemorySizeExt.size(instruction.memorySize) : iced.RegisterExt.size(instruction.op0Register);
    const raw = instruction.opKind(last) === iced.OpKind.Immediate8 ? BigInt(instruction.immediate8) : c.registers[1] as bigint;
    const count = Number(raw & (bytes === 8 ? 63n : 31n));
    if (count !== 0) {
      if (count !== 1) defined &= ~0x800n;
      if (!/^r/.test(text)) defined &= ~0x10n;
      if (/^sh[lr] /.test(text) && count >= bytes * 8) defined &= ~1n;
    }
  }
  formatter.free();
  instruction.free();
  decoder.free();
  return { defined, text };
}

function unmapped(bench: Bench, page: number): void {
  new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(PAGE_TABLE + ((page - 0x200000) >> 12) * 8, 0n, true);
}

/** Where the two differ, in words; empty if nowhere. */
function difference(c: Case, real: Witnessed, ours: Outcome, cr2: bigint, data: Uint8Array, defined: bigint): string {
  const out: string[] = [];
  const hex = (n: bigint): string => `0x${n.toString(16)}`;
  const signal = SIGNALS[ours.fault?.vector ?? -1];
  if (signal !== real.signal) return `vector ${ours.fault?.vector} (code ${ours.fault?.code}, cr2 ${hex(cr2)}) for signal ${real.signal} (${hex(real.address)})`;
  if (ours.fault?.vector === 14 && real.address !== cr2) out.push(`CR2 ${hex(cr2)} for ${hex(real.address)}`);
  for (let r = 0; r < 16; r++) {
    if (ours.registers[r] !== real.registers[r]) out.push(`r${r} ${hex(ours.registers[r] as bigint)} for ${hex(real.registers[r] as bigint)}`);
  }
  if (ours.rip !== real.rip) out.push(`rip ${hex(ours.rip)} for ${hex(real.rip)}`);
  if ((ours.flags ^ real.flags) & defined) out.push(`flags ${hex(ours.flags & defined)} for ${hex(real.flags & defined)}`);
  const at = data.findIndex((b, i) => b !== real.data[i]);
  if (at >= 0) out.push(`memory at +${at}: ${data[at]} for ${real.data[at]}`);
  if (out.length > 0) out.push(`from rax ${hex(c.registers[0] as bigint)} rcx ${hex(c.registers[1] as bigint)} rdx ${hex(c.registers[2] as bigint)} flags ${hex(c.flags)}`);
  return out.join(", ");
}

test(`${CASES} random instructions leave what the processor of this machine leaves`, async (t) => {
  const random = new Random(SEED);
  const cases = Array.from({ length: CASES }, (_, i) => randomCase(random, CODE_AT + i * SPACING));
  const real = witness(cases);
  if (typeof real === "string") return t.skip(`${real}: there is no witness`);
  const bench = await Bench.create();
  unmapped(bench, DATA_AT - 0x1000);
  unmapped(bench, DATA_AT + DATA_BYTES);
  bench.set(REGISTER_CR3, bench.get(REGISTER_CR3)); // flushes what the warming-up cached
  bench.core.afterRestore();
  const wrong: string[] = [];
  cases.forEach((c, i) => {
    const at = CODE_AT + i * SPACING;
    const { defined, text } = describe(c);
    bench.ram.set(c.code, at);
    bench.set(REGISTER_GS_BASE, c.gsBase);
    for (const single of [false, true]) {
      bench.ram.set(c.data, c.dataAt);
      const ours = bench.run(at, c.registers, c.flags, single ? 2 : 6, single);
      const cr2 = bench.get(REGISTER_CR2);
      const what = difference(c, real[i] as Witnessed, ours, cr2, bench.ram.subarray(c.dataAt, c.dataAt + COMPARED), defined);
      if (what !== "") wrong.push(`${text}: ${what}${single ? ", step by step" : ""}`);
    }
  });
  assert.equal(wrong.slice(0, 40).join("\n"), "", `${wrong.length} of ${CASES} differ (seed ${SEED})`);
});
