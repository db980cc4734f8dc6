// The memory of the process that a scenario runs in, by linear address through its page tables as they are now. CPUs may
// be anywhere: what they have loaded does not matter.

import type { Machine } from "../../machine/index.js";

const PRESENT = 1n;
const LARGE = 0x80n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

export class Process {
  readonly #ram: DataView;

  /** `root` is the physical address of the top-level page table. */
  constructor(machine: Machine, readonly root: number) {
    this.#ram = machine.ramView();
  }

  /** The physical address that `address` is mapped to; undefined if it is not mapped. */
  physical(address: bigint): number | undefined {
    let table = BigInt(this.root);
    for (let level = 4n; ; level--) {
      const shift = 3n + 9n * level;
      const at = Number(table + ((address >> shift) & 511n) * 8n);
      if (at + 8 > this.#ram.byteLength) return undefined;
      const word = this.#ram.getBigUint64(at, true);
      if (!(word & PRESENT)) return undefined;
      if (level === 1n || (level < 4n && word & LARGE)) {
        const within = (1n << shift) - 1n;
        return Number((word & ADDRESS & ~within) | (address & within));
      }
      table = word & ADDRESS;
    }
  }

  /** The u64 at `address`, which is aligned. */
  word(address: bigint): bigint | undefined {
    const at = this.physical(address);
    return at === undefined || at + 8 > this.#ram.byteLength ? undefined : this.#ram.getBigUint64(at, true);
  }

  /** The u32 at `address`. */
  half(address: bigint): number | undefined {
    const at = this.physical(address);
    return at === undefined || at + 4 > this.#ram.byteLength ? undefined : this.#ram.getUint32(at, true);
  }

  /** The text of at most `bytes` bytes at `address`, which ends before a zero byte. */
  text(address: bigint, bytes: number): string {
    let text = "";
    for (let i = 0; i < bytes; i++) {
      const at = this.physical(address + BigInt(i));
      const code = at === undefined ? 0 : this.#ram.getUint8(at);
      if (code === 0) break;
      text += String.fromCharCode(code);
    }
    return text;
  }
}
