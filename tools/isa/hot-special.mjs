// Hot kinds whose operands do not fit the general shape of semantics.mjs. Their cold twins are written by hand in
// assembly/cpu/ops/; a test runs both on the same inputs.

import { at, probe, follow, goTo, setFlags, FULL, NEXT } from "./emit-hot.mjs";

const RSP = 'offsetof<Cpu>("rsp")';
const RBP = 'offsetof<Cpu>("rbp")';

/** A rotate keeps ZF, SF, PF and AF, so the lazy result stays what it was. */
function rotate(kind, body, of) {
  const x = at(kind.size);
  return `if (fop == FLAGS_PACKED) break;
      const a = <u64><u${x.bits}>load<u${x.bits}>(cpu + load<u8>(rec, REC_DST)); const n = load<u64>(rec, REC_IMM) & ${x.bits - 1};
      const r = ${x.zx(body(x))}; const sr = ${x.sx("<i64>r")}; ${of}
      fb = <i64>cf | (<i64>ov << 1) | (fop == FLAGS_RESULT ? fb & 4 : ((fa ^ fb ^ fr) >> 2) & 4); fop = FLAGS_RESULT;
      ${x.write("<i64>r")} ${NEXT}`;
}

function pushValue(value) {
  return `const v = ${value};
      ${probe(8, true, `load<u64>(cpu, ${RSP}) - 8`)}
      store<u64>(h, v); store<u64>(cpu, t, ${RSP});`;
}

export const specials = {
  lea: (kind) => `const r = <i64>(${FULL}); ${at(kind.size).write("r")} ${NEXT}`,
  imul3: (kind) => {
    const x = at(kind.size);
    return `const a = ${x.reg("REC_SRC")}; const b = load<i64>(rec, REC_IMM); const r = ${x.sx("a * b")};
      const cf = ${kind.size === 8 ? "mulOverflows(a, b, r)" : "r != a * b"};
      ${setFlags(["FLAGS_RESULT", "0", "cf ? 3 : 0", "r"])} ${x.write("r")} ${NEXT}`;
  },
  rol: (kind) => rotate(kind, (x) => `(a << n) | (a >> ((${x.bits} - n) & ${x.bits - 1}))`, "const cf = r & 1; const ov = cf ^ <u64>(sr < 0);"),
  ror: (kind) => rotate(kind, (x) => `(a >> n) | (a << ((${x.bits} - n) & ${x.bits - 1}))`,
    `const cf = <u64>(sr < 0); const ov = cf ^ ((r >> ${kind.size * 8 - 2}) & 1);`),
  push: (kind) => `${pushValue(kind.form === "i" ? "load<u64>(rec, REC_IMM)" : "load<u64>(cpu + load<u8>(rec, REC_DST))")} ${NEXT}`,
  pop: () => `${probe(8, false, `load<u64>(cpu, ${RSP})`)}
      const v = load<u64>(h); store<u64>(cpu, t + 8, ${RSP}); store<u64>(cpu + load<u8>(rec, REC_DST), v); ${NEXT}`,
  leave: () => `${probe(8, false, `load<u64>(cpu, ${RBP})`)}
      const v = load<u64>(h); store<u64>(cpu, t + 8, ${RSP}); store<u64>(cpu, v, ${RBP}); ${NEXT}`,
  setcc: () => `store<u8>(cpu + load<u8>(rec, REC_DST), <u8>condition(load<u8>(rec, REC_INFO + 3) & 15, fop, fa, fb, fr)); ${NEXT}`,
  cmov: (kind) => {
    const x = at(kind.size);
    return `const r = condition(load<u8>(rec, REC_INFO + 3) & 15, fop, fa, fb, fr) ? ${x.reg("REC_SRC")} : ${x.reg("REC_DST")}; ${x.write("r")} ${NEXT}`;
  },
  nop: () => NEXT,
  jmp: () => follow("REC_TAKEN"),
  call: () => `${pushValue("load<u64>(cpu + SLOT_PAGE) + <u64>load<u16>(rec, REC_START) + <u64>load<u8>(rec, REC_LENGTH)")} ${follow("REC_TAKEN")}`,
  ret: () => `${probe(8, false, `load<u64>(cpu, ${RSP})`)}
      const v = load<u64>(h); store<u64>(cpu, t + 8, ${RSP}); left -= <i32>load<u8>(rec, REC_TOTAL); ${goTo("v")}`,
  jmpRm: () => `left -= <i32>load<u8>(rec, REC_TOTAL); ${goTo("load<u64>(cpu + load<u8>(rec, REC_DST))")}`,
  callRm: () => `const w = load<u64>(cpu + load<u8>(rec, REC_DST));
      ${pushValue("load<u64>(cpu + SLOT_PAGE) + <u64>load<u16>(rec, REC_START) + <u64>load<u8>(rec, REC_LENGTH)")}
      left -= <i32>load<u8>(rec, REC_TOTAL); ${goTo("w")}`,
};
