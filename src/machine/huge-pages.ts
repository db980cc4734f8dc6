// Huge pages of the host for guest RAM. A guest that misses its TLB has the host miss its own as well: on pages of 4 KiB the page
// chase of `bench machine` waits a quarter longer for its loads. Emulators in C ask the kernel for huge pages where they are not
// given unasked; WebAssembly memory has no such call, so a small addon makes it (huge-pages.c). Without the addon, on another system or
// where nothing compiled it, the machine is the same and only slower. Called by core.ts.

import { createRequire } from "node:module";

/** Beside the bundle that this file is part of. */
const ADDON = "./huge-pages.node";

/** RAM that is smaller lies within the reach of the host's TLB, and would take more time to clear than it saves. */
const LEAST = 64 << 20;

type Advise = (buffer: ArrayBuffer, from: number, bytes: number) => boolean;

let advise: Advise | undefined;

function load(): Advise {
  try {
    return createRequire(import.meta.url)(ADDON) as Advise;
  } catch {
    return () => false;
  }
}

/** Asks for huge pages behind the `bytes` bytes of `memory` from `from` on, of which nothing was touched yet. Whether the kernel agrees to try. */
export function wantHugePages(memory: ArrayBuffer, from: number, bytes: number): boolean {
  if (bytes < LEAST) return false;
  advise ??= load();
  return advise(memory, from, bytes);
}
