// What it takes to be measured: a way to run one image once. Implemented by machine-own.ts (this
// machine) and machine-qemu.ts.

import type { Benchmark } from "./machine-catalog.js";

export interface Run {
  readonly operations: number;
  /** Host seconds between the guest's two marker lines. */
  readonly seconds: number;
  readonly checksum: string;
  /** Instructions retired between the markers, from a machine that counts them. */
  readonly instructions?: number;
}

export interface Runner {
  readonly name: string;
  run(benchmark: Benchmark, operations: number): Promise<Run>;
}

export const guestMemoryMiB = 512;
/** A run that takes longer than this has hung. */
export const runLimitSeconds = 120;
/** What an image writes to isa-debug-exit when it has finished (guest/bench/runtime/main.c). */
export const exitValue = 0x10;

/** The images are beside the bundle that this file is part of. */
export const imageUrl = (name: string): URL => new URL(`guest/bench/${name}.elf`, import.meta.url);
