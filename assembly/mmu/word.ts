// Bits of a page-table word, and what they say at each level (SDM 3A 4.5, tables 4-15 to 4-20). Levels are counted as
// walks meet them from the last: 4 PML4E, 3 PDPTE, 2 PDE, 1 PTE. Used inside mmu/ only.

import { Cpu, EFER_NXE } from "../cpu/state";

export const WORD_P: u64 = 1;
export const WORD_W: u64 = 2;
export const WORD_U: u64 = 4;
export const WORD_A: u64 = 0x20;
export const WORD_D: u64 = 0x40;
export const WORD_PS: u64 = 0x80;
export const WORD_G: u64 = 0x100;
export const WORD_XD: u64 = 0x8000000000000000;
/** Physical addresses have 40 bits: CPUID 80000008H says so, and bits 51..40 of a word are reserved. */
export const WORD_ADDRESS: u64 = 0x000000fffffff000;
export const WORD_ABOVE: u64 = 0x000fff0000000000;

/** Whether a present word at `level` maps a page. */
@inline
export function isLeaf(word: u64, level: u32): bool {
  return level == 1 || (level < 4 && (word & WORD_PS) != 0);
}

/** Bits that must be 0 in a present word at `level`. */
export function reservedBits(cpu: Cpu, word: u64, level: u32): u64 {
  let reserved = WORD_ABOVE;
  if (!(cpu.efer & EFER_NXE)) reserved |= WORD_XD;
  if (level == 4) reserved |= WORD_PS;
  else if (word & WORD_PS) {
    // Bit 12 of a large page's word is its PAT bit; the address bits between it and the page are reserved.
    if (level == 3) reserved |= 0x3fffe000;
    else if (level == 2) reserved |= 0x1fe000;
  }
  return reserved;
}

/** First frame of the page that leaf `word` at `level` maps. */
@inline
export function leafFrame(word: u64, level: u32): u32 {
  return <u32>((word & WORD_ADDRESS) >> 12) & ~((1 << (9 * (level - 1))) - 1);
}
