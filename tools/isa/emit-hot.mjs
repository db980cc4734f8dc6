// Writes build/generated/hot.ts: the hot loop. Flags live in locals, so it is one function; see docs/performance.md
// for what each choice in it is worth. Cases are dense, so the switch becomes one br_table.

import { semantics } from "./semantics.mjs";
import { specials } from "./hot-special.mjs";
import { at, probe, goTo, follow, branch, setFlags, CONDITION, CARRY, FULL, BASE, NEXT, TYPE } from "./hot-text.mjs";

const FUSED_TEST = {
  cmp: { b: "<u64>a < <u64>b", ae: "<u64>a >= <u64>b", e: "a == b", ne: "a != b", be: "<u64>a <= <u64>b", a: "<u64>a > <u64>b",
    l: "a < b", ge: "a >= b", le: "a <= b", g: "a > b" },
  test: { e: "r == 0", ne: "r != 0", s: "r < 0", ns: "r >= 0", le: "r <= 0", g: "r > 0" },
};

function ordinary(kind) {
  const sem = semantics[kind.template];
  const x = at(kind.size);
  const srcSize = sem.source ?? kind.size;
  const memDst = ["mr", "mi", "m", "br"].includes(kind.form);
  const memSrc = ["rm", "rb"].includes(kind.form);
  const lines = [];
  const addr = kind.form === "rb" || kind.form === "br" ? BASE : FULL;
  if (memDst) lines.push(probe(kind.size, Boolean(sem.write), addr, kind.early));
  if (memSrc) lines.push(probe(srcSize, false, addr, kind.early));
  // A pair takes its first operand from where the MOV does, its second from the field that a register form has free.
  if (sem.read.includes("a")) lines.push(`const a = ${memDst ? `<i64>load<${TYPE[kind.size]}>(h)` : x.reg(kind.pair ? "REC_SRC" : "REC_DST")};`);
  if (sem.read.includes("b")) {
    const b = memSrc ? `<i64>load<${TYPE[srcSize]}>(h)` : ["ri", "mi"].includes(kind.form) ? "load<i64>(rec, REC_IMM)" : x.reg(kind.pair ? "REC_BASE" : "REC_SRC", srcSize);
    lines.push(`const b = ${b};`);
  }
  if (sem.body(x).includes("carried")) lines.push(CARRY);
  if (sem.count) {
    lines.push(sem.count(x));
    if (kind.form === "rc") lines.push(`if (${sem.skip}) break;`);
  }
  lines.push(sem.body(x));
  if (sem.flags && !kind.quiet) lines.push(setFlags(sem.flags, x));
  if (sem.write) lines.push(memDst ? `store<${TYPE[kind.size]}>(h, <${TYPE[kind.size]}>r);` : x.write("r"));
  lines.push(NEXT);
  if (kind.early && (memDst || memSrc)) lines.push("}");
  return lines.join("\n      ");
}

function fused(kind) {
  const x = at(kind.size);
  const b = kind.form === "ri" ? "<i64>load<i32>(rec, REC_DISP)" : x.reg("REC_SRC");
  const body = kind.fused === "cmp"
    ? `const a = ${x.reg("REC_DST")}; const b = ${b}; fop = FLAGS_SUB; fa = a; fb = b; fr = ${x.sx("a - b")};`
    : `const r = ${x.reg("REC_DST")} & ${b}; fop = FLAGS_SUB; fa = r; fb = 0; fr = r;`;
  return `${body} ${branch(FUSED_TEST[kind.fused][kind.cc], kind.split)}`;
}

function jcc(family, kind) {
  const { before, test } = CONDITION[family];
  return `${before} const holds = <u32>(${test}) ^ (<u32>load<u8>(rec, REC_DST) & 1); ${branch("holds", kind.split)}`;
}

const fixed = {
  cold: () => "break;",
  stub: () => "break;",
  lookup: () => "break;",
  compiled: () => "break;",
  crossTaken: () => goTo("load<u64>(cpu + SLOT_PAGE) + <u64><i64>load<i32>(load<u32>(rec, STUB_ORIGIN), REC_TARGET)"),
  crossFall: () => `h = load<u32>(rec, STUB_ORIGIN); ${goTo("load<u64>(cpu + SLOT_PAGE) + <u64>load<u16>(h, REC_START) + <u64>load<u8>(h, REC_LENGTH)")}`,
  chain: () => follow("REC_TAKEN"),
  jccCarry: (kind) => jcc("carry", kind),
  jccZero: (kind) => jcc("zero", kind),
  jccBelowEqual: (kind) => jcc("belowEqual", kind),
  jccSign: (kind) => jcc("sign", kind),
  jccLess: (kind) => jcc("less", kind),
  jccLessEqual: (kind) => jcc("lessEqual", kind),
  jccRare: () => "break;",
};

/** What the loop does for `kind`: statements that end with `continue`, at the record in `rec`, or `break`, for the slow path. */
export function bodyText(kind) {
  return kind.fixed ? fixed[kind.name](kind) : kind.fused ? fused(kind) : kind.special ? specials[kind.special](kind) : ordinary(kind);
}

function caseText(kind) {
  return `    case ${kind.n}: { // ${kind.name}\n      ${bodyText(kind)}\n    }`;
}

/** A binary tree of comparisons over kinds with consecutive numbers. Whatever does not go on falls out of it, to the slow path. */
function tree(kinds) {
  if (kinds.length === 1) return `{ // ${kinds[0].name}\n      ${bodyText(kinds[0]).replaceAll("break;", "")}\n    }`;
  const half = kinds.length / 2;
  return `if (kind < ${kinds[half].n}) ${wrap(tree(kinds.slice(0, half)))} else ${wrap(tree(kinds.slice(half)))}`;
}

const wrap = (text) => (text.startsWith("{") ? text : `{ ${text} }`);

export const HOT_IMPORTS = `import {
  REC_DST, REC_SRC, REC_BASE, REC_INDEX, REC_SCALE, REC_TOTAL, REC_BLOCK, REC_START, REC_LENGTH, REC_DISP, REC_IMM,
  REC_TARGET, REC_TAKEN, REC_FALL, REC_KIND, REC_INFO, STUB_ORIGIN, CP_ENTRIES,
} from "../../assembly/cpu/record";
import { RUNNING_BASE, STUB_LOOKUP } from "../../assembly/memory-map";
import { FETCH_FRAME, FRONT_MASK } from "../../assembly/mmu/front";
import { Cpu, SLOT_PAGE, FLAGS_SUB, FLAGS_ADD, FLAGS_RESULT, FLAGS_PACKED, FLAGS_SHL, FLAGS_SHR, FLAGS_SAR, FLAGS_MUL } from "../../assembly/cpu/state";`;

export const HOT_CONSTANTS = `const RIP: usize = offsetof<Cpu>("rip");
const FRONT: usize = offsetof<Cpu>("front");
const FETCH: usize = offsetof<Cpu>("fetch");
const CODE_FRAME: usize = offsetof<Cpu>("codeFrame");

const cpu: usize = RUNNING_BASE;
const W: usize = RUNNING_BASE;`;

export function emitHot({ kinds }) {
  return `// Made by tools/isa/generate.mjs. The hot loop of the interpreter: see assembly/cpu/execute.ts, which alone calls it.
${HOT_IMPORTS}
import { slowStep } from "../../assembly/cpu/slow";

${HOT_CONSTANTS}

/** Runs records from \`rec\` until the slice is used up, the CPU wants attention, or an exception was raised. */
export function hot(rec: usize): void {
  let fop = load<i32>(cpu, offsetof<Cpu>("flagsOp"));
  let fa = load<i64>(cpu, offsetof<Cpu>("flagsA"));
  let fb = load<i64>(cpu, offsetof<Cpu>("flagsB"));
  let fr = load<i64>(cpu, offsetof<Cpu>("flagsR"));
  let left = load<i32>(cpu, offsetof<Cpu>("left"));
  let t: u64 = 0;
  let e: usize = 0;
  let h: usize = 0;
  do {
    const kind: u32 = load<u16>(rec, REC_KIND);
    if (kind >= ${kinds.findIndex((k) => k.early)}) {
${tree(kinds.filter((k) => k.early))}
    } else switch (kind) {
${kinds.filter((k) => !k.early).map(caseText).join("\n")}
      default: break;
    }
    // Rare: a stub, a miss, a cold instruction, or the end of the slice.
    store<i32>(cpu, fop, offsetof<Cpu>("flagsOp"));
    store<i64>(cpu, fa, offsetof<Cpu>("flagsA"));
    store<i64>(cpu, fb, offsetof<Cpu>("flagsB"));
    store<i64>(cpu, fr, offsetof<Cpu>("flagsR"));
    store<i32>(cpu, left, offsetof<Cpu>("left"));
    rec = slowStep(cpu, rec);
    if (rec == 0) return;
    fop = load<i32>(cpu, offsetof<Cpu>("flagsOp"));
    fa = load<i64>(cpu, offsetof<Cpu>("flagsA"));
    fb = load<i64>(cpu, offsetof<Cpu>("flagsB"));
    fr = load<i64>(cpu, offsetof<Cpu>("flagsR"));
    left = load<i32>(cpu, offsetof<Cpu>("left"));
  } while (true);
}
`;
}

