// What a loader hands to the machine: bytes at physical addresses, an entry, two registers. The formats
// (multiboot.ts, pvh.ts) produce this; load.ts puts it into memory.

import type { Range } from "./layout.js";

/** A file that the guest gets beside its image. */
export interface Module {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The text that the guest is given with it: for multiboot the file name and its arguments. */
  readonly commandLine: string;
}

/** What to boot, and with what. */
export interface BootRequest {
  readonly image: Uint8Array;
  /** Name of the image, for messages and for multiboot's command line. */
  readonly name: string;
  readonly commandLine: string;
  readonly modules: readonly Module[];
  /** Bytes of RAM of the machine. */
  readonly memory: number;
}

export interface Chunk extends Range {
  /** At most `size` bytes; what is missing is zero. */
  readonly bytes: Uint8Array;
}

export interface LoadedImage {
  readonly format: "multiboot" | "pvh";
  readonly chunks: readonly Chunk[];
  /** Physical address that execution starts at, in 32-bit protected mode without paging. */
  readonly entry: number;
  readonly eax: number;
  readonly ebx: number;
}
