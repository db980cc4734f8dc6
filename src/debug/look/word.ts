// One page-table word, decoded (SDM 3A 4.5, tables 4-15 to 4-20).

import type { TableLevel, TableWord, WordFlag } from "./types.js";

/** From the root down. */
export const LEVELS = ["PML4E", "PDPTE", "PDE", "PTE"] as const satisfies readonly TableLevel[];

const FLAGS: readonly (readonly [WordFlag, bigint])[] = [
  ["P", 0n], ["W", 1n], ["U", 2n], ["PWT", 3n], ["PCD", 4n], ["A", 5n], ["D", 6n], ["PS", 7n], ["G", 8n], ["NX", 63n],
];

const bit = (value: bigint, number: bigint): boolean => ((value >> number) & 1n) !== 0n;

/** Base-2 logarithm of what a word at `level` covers. */
export const coverShift = (level: TableLevel): bigint => 12n + 9n * BigInt(3 - LEVELS.indexOf(level));

const ADDRESS = 0x000f_ffff_ffff_f000n;
const SOFTWARE = 0x07f0_0000_0000_0e00n;
/** CPUID 80000008H: this machine's physical addresses have 40 bits, those above are reserved. */
const ABOVE = 0x000f_ff00_0000_0000n;

function flagsOf(level: TableLevel, value: bigint, leaf: boolean): WordFlag[] {
  const flags = FLAGS.filter(([, number]) => bit(value, number)).map(([flag]) => flag);
  // Bit 7 of a PTE is PAT, and D and G say nothing in a word that points to a table.
  return flags
    .map((flag) => (flag === "PS" && level === "PTE" ? "PAT" : flag))
    .filter((flag) => leaf || (flag !== "D" && flag !== "G"))
    .concat(leaf && level !== "PTE" && bit(value, 12n) ? ["PAT"] : []);
}

function reservedBits(level: TableLevel, value: bigint, nxe: boolean): bigint {
  let reserved = ABOVE | (nxe ? 0n : 1n << 63n);
  if (level === "PML4E") reserved |= 1n << 7n;
  else if (level !== "PTE" && bit(value, 7n)) reserved |= ((1n << coverShift(level)) - 1n) & ADDRESS & ~(1n << 12n);
  return value & reserved;
}

/** `value`, the word at physical address `wordAddress`; `nxe` is EFER.NXE, without which bit 63 is reserved. */
export function decodeWord(level: TableLevel, wordAddress: number, value: bigint, nxe = true): TableWord {
  const present = bit(value, 0n);
  const leaf = level === "PTE" || (level !== "PML4E" && bit(value, 7n));
  const software = value & SOFTWARE;
  const reserved = present ? reservedBits(level, value, nxe) : 0n;
  return {
    level, wordAddress, value, present, leaf,
    flags: present ? flagsOf(level, value, leaf) : [],
    ...(present ? { physical: value & ADDRESS & ~(leaf ? (1n << coverShift(level)) - 1n : 0xfffn) } : {}),
    ...(present && software !== 0n ? { software } : {}),
    ...(reserved !== 0n ? { reserved } : {}),
  };
}
