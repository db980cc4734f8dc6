// The memory that a translation program or scenario begins with, as far as all have it: page tables, descriptor tables and
// the code that every CPU runs first.

import { setupCode } from "./handlers.js";
import * as at from "./layout.js";

/** Present, writable, accessed; in the page directory also "is a page" and dirty (SDM 3A 4.5). */
const TABLE = 0x23n;
const LARGE_PAGE = 0xe3n;
const CODE_SELECTOR = 0x08;

/** Vector of a page fault. */
export const PAGE_FAULT = 14;

export class Image {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** `size` bytes from address 0 on. The first 2 MiB are mapped where they are, the second by the words at PAGE_TABLE. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    this.word(at.PML4, BigInt(at.PDPT) | TABLE);
    this.word(at.PDPT, BigInt(at.PAGE_DIRECTORY) | TABLE);
    this.word(at.PAGE_DIRECTORY, LARGE_PAGE);
    this.word(at.PAGE_DIRECTORY + 8, BigInt(at.PAGE_TABLE) | TABLE);
    this.word(at.GDT + 0x08, 0x00af9b000000ffffn);
    this.word(at.GDT + 0x10, 0x00cf93000000ffffn);
    this.#pointer(at.TABLE_POINTERS, 0x17, at.GDT);
    this.#pointer(at.TABLE_POINTERS + 16, 0xfff, at.IDT);
    this.set(at.SETUP, setupCode());
  }

  set(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address);
  }

  word(address: number, value: bigint): void {
    this.#view.setBigUint64(address, value, true);
  }

  /** Interrupt gate `vector` leads to `handler`. */
  gate(vector: number, handler: number): void {
    this.#view.setUint32(at.IDT + vector * 16, (CODE_SELECTOR << 16) | (handler & 0xffff), true);
    this.#view.setUint32(at.IDT + vector * 16 + 4, (handler & 0xffff0000) | 0x8e00, true);
  }

  #pointer(address: number, limit: number, base: number): void {
    this.#view.setUint16(address, limit, true);
    this.word(address + 2, BigInt(base));
  }
}
