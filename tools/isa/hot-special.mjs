// Hot kinds whose operands do not fit the general shape of semantics.mjs. Their cold twins are written by hand in
// assembly/cpu/ops/; a test runs both on the same inputs.

import { at, probe, follow, find, enter, setFlags, CONDITION, FULL, NEXT } from "./hot-text.mjs";

const RSP = 'offsetof<Cpu>("rsp")';
const RBP = 'offsetof<Cpu>("rbp")';

/** A rotate keeps ZF, SF, PF and AF, so the lazy result stays what it was. */
function rotate(kind, body, of) {
  const x = at(kind.size);
  return `if (fop == FLAGS_PACKED) break;
      const a = <u64><u${x.bits}>load<u${x.bits}>(<usize>load<u8>(rec, REC_DST), W); const n = load<u64>(rec, REC_IMM) & ${x.bits - 1};
      const r = ${x.zx(body(x))}; const sr = ${x.sx("<i64>r")}; ${of}
      fb = <i64>cf | (<i64>ov << 1) | (fop <= FLAGS_ADD ? ((fa ^ fb ^ fr) >> 2) & 4 : fop == FLAGS_RESULT ? fb & 4 : 0); fop = FLAGS_RESULT;
      ${x.write("<i64>r")} ${NEXT}`;
}

function pushValue(value) {
  return `const v = ${value};
      ${probe(8, true, `load<u64>(cpu, ${RSP}) - 8`)}
      store<u64>(h, v); store<u64>(cpu, t, ${RSP});`;
}

// An indirect jump whose target is not at hand runs its cold handler, which refuses a target that is not canonical before
// anything changed.
export const specials = {
  lea: (kind) => `const r = <i64>(${FULL}); ${at(kind.size).write("r")} ${NEXT}`,
  imul3: (kind) => {
    const x = at(kind.size);
    return `const a = ${x.reg("REC_SRC")}; const b = load<i64>(rec, REC_IMM); const r = ${x.sx("a * b")};
      ${setFlags(["FLAGS_MUL", "a", "b", "r"])} ${x.write("r")} ${NEXT}`;
  },
  rol: (kind) => rotate(kind, (x) => `(a << n) | (a >> ((${x.bits} - n) & ${x.bits - 1}))`, "const cf = r & 1; const ov = cf ^ <u64>(sr < 0);"),
  ror: (kind) => rotate(kind, (x) => `(a >> n) | (a << ((${x.bits} - n) & ${x.bits - 1}))`,
    `const cf = <u64>(sr < 0); const ov = cf ^ ((r >> ${kind.size * 8 - 2}) & 1);`),
  push: (kind) => `${pushValue(kind.form === "i" ? "load<u64>(rec, REC_IMM)" : "load<u64>(<usize>load<u8>(rec, REC_DST), W)")} ${NEXT}`,
  pop: () => `${probe(8, false, `load<u64>(cpu, ${RSP})`)}
      const v = load<u64>(h); store<u64>(cpu, t + 8, ${RSP}); store<u64>(<usize>load<u8>(rec, REC_DST), v, W); ${NEXT}`,
  leave: () => `${probe(8, false, `load<u64>(cpu, ${RBP})`)}
      const v = load<u64>(h); store<u64>(cpu, t + 8, ${RSP}); store<u64>(cpu, v, ${RBP}); ${NEXT}`,
  setcc: (kind) => {
    const { before, test } = CONDITION[kind.family];
    return `${before} store<u8>(<usize>load<u8>(rec, REC_DST), <u8>(${test}) ^ (load<u8>(rec, REC_INFO + 3) & 1), W); ${NEXT}`;
  },
  cmov: (kind) => {
    const x = at(kind.size);
    const { before, test } = CONDITION[kind.family];
    // By arithmetic: a branch would be predicted, and a choice of addresses hides from the compiler which register is read.
    return `${before} const d = ${x.reg("REC_DST")}; const chosen = <i64>(<u32>(${test}) != (<u32>load<u8>(rec, REC_INFO + 3) & 1));
      const r = d ^ ((d ^ ${x.reg("REC_SRC")}) & -chosen); ${x.write("r")} ${NEXT}`;
  },
  nop: () => NEXT,
  jmp: () => follow("REC_TAKEN"),
  call: () => `${pushValue("load<u64>(cpu + SLOT_PAGE) + <u64>load<u16>(rec, REC_START) + <u64>load<u8>(rec, REC_LENGTH)")} ${follow("REC_TAKEN")}`,
  ret: () => `${probe(8, false, `load<u64>(cpu, ${RSP})`)}
      ${find("load<u64>(h)")} store<u64>(cpu, load<u64>(cpu, ${RSP}) + 8, ${RSP}); ${enter("h", "t", "e")}`,
  jmpRm: () => `${find("load<u64>(<usize>load<u8>(rec, REC_DST), W)")} ${enter("h", "t", "e")}`,
  callRm: () => `${find("load<u64>(<usize>load<u8>(rec, REC_DST), W)")} const to = h; const page = t; const slot = e;
      ${pushValue("load<u64>(cpu + SLOT_PAGE) + <u64>load<u16>(rec, REC_START) + <u64>load<u8>(rec, REC_LENGTH)")}
      ${enter("to", "page", "slot")}`,
};
