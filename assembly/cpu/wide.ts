// 128-bit products from 64-bit operations: Wasm has no wider multiply.

/** Upper 64 bits of the unsigned product. */
export function mulHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const mid = ah * bl + (low >> 32);
  const mid2 = al * bh + (mid & 0xffffffff);
  return ah * bh + (mid >> 32) + (mid2 >> 32);
}

/** Upper 64 bits of the signed product. */
export function mulHighSigned(a: i64, b: i64): i64 {
  return <i64>mulHigh(<u64>a, <u64>b) - (a < 0 ? b : 0) - (b < 0 ? a : 0);
}

/** Whether the signed product of `a` and `b`, whose low half is `r`, needs more than 64 bits. */
export function mulOverflows(a: i64, b: i64, r: i64): bool {
  return mulHighSigned(a, b) != r >> 63;
}
