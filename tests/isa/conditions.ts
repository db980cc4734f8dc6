// What the sixteen conditions mean (SDM vol. 1 appendix B), for the tests.

export const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

/** Condition `cc` on RFLAGS `f`. */
export function holds(cc: number, f: bigint): boolean {
  const bit = (n: bigint): boolean => ((f >> n) & 1n) === 1n;
  const [cf, pf, zf, sf, of] = [bit(0n), bit(2n), bit(6n), bit(7n), bit(11n)];
  const even = [of, cf, zf, cf || zf, sf, pf, sf !== of, zf || sf !== of][cc >> 1] as boolean;
  return even !== ((cc & 1) === 1);
}
