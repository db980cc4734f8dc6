// What an instruction means, said once. The generator makes from each entry the cold handler (any operands, any size)
// and the hot kinds listed in hot-kinds.mjs (fixed size, fixed operands).
//
//   read     "ab"  a = destination as it was, b = source      "b"  source only      "a"  destination only
//   source   size of the source if it is not the operand size (extensions)
//   write    the destination gets r
//   body(x)  statements that define r from a and b (sign-extended i64). x.sx(e) sign-extends e to operand size, x.bits is the
//            operand size in bits, x.carry is CF before
//   flags    [op, a, b, r] of the lazy flags (assembly/cpu/flags.ts); absent: flags stay
//   skip(x)  a condition on which flags stay and r = a (shift by 0)

const LOGIC = ["FLAGS_SUB", "r", "0", "r"];
const countMask = (x) => `const n = b & <i64>(${x.bits} == 64 ? 63 : 31);`;

export const semantics = {
  add: { read: "ab", write: true, body: (x) => `const r = ${x.sx("a + b")};`, flags: ["FLAGS_ADD", "a", "b", "r"] },
  sub: { read: "ab", write: true, body: (x) => `const r = ${x.sx("a - b")};`, flags: ["FLAGS_SUB", "a", "b", "r"] },
  cmp: { read: "ab", body: (x) => `const r = ${x.sx("a - b")};`, flags: ["FLAGS_SUB", "a", "b", "r"] },
  or: { read: "ab", write: true, body: () => "const r = a | b;", flags: LOGIC },
  and: { read: "ab", write: true, body: () => "const r = a & b;", flags: LOGIC },
  xor: { read: "ab", write: true, body: () => "const r = a ^ b;", flags: LOGIC },
  test: { read: "ab", body: () => "const r = a & b;", flags: LOGIC },
  adc: {
    read: "ab", write: true,
    body: (x) => `const c = <i64>${x.carry}; const r = ${x.sx("a + b + c")};
      const cf = c ? <u64>r <= <u64>a : <u64>r < <u64>a; const ov = ((a ^ r) & (b ^ r)) < 0;`,
    flags: ["FLAGS_RESULT", "0", "<i64>cf | (<i64>ov << 1) | (((a ^ b ^ r) >> 2) & 4)", "r"],
  },
  sbb: {
    read: "ab", write: true,
    body: (x) => `const c = <i64>${x.carry}; const r = ${x.sx("a - b - c")};
      const cf = c ? <u64>a <= <u64>b : <u64>a < <u64>b; const ov = ((a ^ b) & (a ^ r)) < 0;`,
    flags: ["FLAGS_RESULT", "0", "<i64>cf | (<i64>ov << 1) | (((a ^ b ^ r) >> 2) & 4)", "r"],
  },
  inc: {
    read: "a", write: true,
    body: (x) => `const c = <i64>${x.carry}; const r = ${x.sx("a + 1")}; const ov = <i64>(a >= 0 && r < 0);`,
    flags: ["FLAGS_RESULT", "0", "c | (ov << 1) | (((a ^ r) >> 2) & 4)", "r"],
  },
  dec: {
    read: "a", write: true,
    body: (x) => `const c = <i64>${x.carry}; const r = ${x.sx("a - 1")}; const ov = <i64>(a < 0 && r >= 0);`,
    flags: ["FLAGS_RESULT", "0", "c | (ov << 1) | (((a ^ r) >> 2) & 4)", "r"],
  },
  neg: { read: "a", write: true, body: (x) => `const r = ${x.sx("0 - a")};`, flags: ["FLAGS_SUB", "0", "a", "r"] },
  not: { read: "a", write: true, body: () => "const r = ~a;" },
  mov: { read: "b", write: true, body: () => "const r = b;" },
  movzx1: { read: "b", source: 1, write: true, body: () => "const r = b & 0xff;" },
  movzx2: { read: "b", source: 2, write: true, body: () => "const r = b & 0xffff;" },
  movsx1: { read: "b", source: 1, write: true, body: () => "const r = b;" },
  movsx2: { read: "b", source: 2, write: true, body: () => "const r = b;" },
  movsx4: { read: "b", source: 4, write: true, body: () => "const r = b;" },
  imul2: { read: "ab", write: true, body: (x) => `const r = ${x.sx("a * b")};`, flags: ["FLAGS_MUL", "a", "b", "r"] },
  // CF is bit (bits - n) of a; of an 8 or 16-bit operand shifted out altogether it is undefined: a bit of the sign extension or 0.
  shl: {
    read: "ab", write: true, skip: "n == 0", count: countMask,
    body: (x) => `const r = ${x.sx("a << n")};`,
    flags: ["FLAGS_SHL", "a", (x) => `(<i64>${x.bits} - n) & 63`, "r"],
  },
  shr: {
    read: "ab", write: true, skip: "n == 0", count: countMask,
    body: (x) => `const r = ${x.sx(`<i64>(${x.zx("a")} >> n)`)};`,
    flags: ["FLAGS_SHR", "a", "n - 1", "r"],
  },
  sar: { read: "ab", write: true, skip: "n == 0", count: countMask, body: () => "const r = a >> n;", flags: ["FLAGS_SAR", "a", "n - 1", "r"] },
};
