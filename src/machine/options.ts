// What a machine can be made of, checked: nonsense is one line, not a crash later.

import { MAX_CPUS, MAX_RAM } from "../../assembly/memory-map.js";
import { UserError } from "../errors.js";
import { formatSize, MiB } from "../units.js";

/** TLB presets in the core's order (assembly/mmu/presets.ts). */
export const TLB_PRESETS = ["skylake", "zen3", "sticky", "none"] as const;
export type TlbPreset = (typeof TLB_PRESETS)[number];

export interface MachineOptions {
  /** 1 to 64. Default 1. */
  readonly cpus?: number;
  /** Bytes of RAM, a multiple of 64 KiB. Default 512 MiB. */
  readonly memory?: number;
  /** Default `skylake`. */
  readonly tlb?: TlbPreset;
  /** Seeds the lengths of the scheduler's turns. Default 1. */
  readonly seed?: number | bigint;
  /** Whether hot code is compiled to WebAssembly (docs/compiler.md). The run is the same, only slower without. Default true. */
  readonly compile?: boolean;
}

export type CheckedOptions = Required<MachineOptions> & { readonly seed: bigint };

const MEMORY_UNIT = 64 * 1024;
export const LEAST_MEMORY = 2 * MiB;

export function checkOptions(options: MachineOptions): CheckedOptions {
  const { cpus = 1, memory = 512 * MiB, tlb = "skylake", seed = 1, compile = true } = options;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_CPUS) {
    throw new UserError(`a machine has 1 to ${MAX_CPUS} CPUs, not ${cpus}`);
  }
  if (!(memory <= MAX_RAM)) {
    throw new UserError(`a machine has at most ${formatSize(MAX_RAM)} of memory, not ${formatSize(memory)}`);
  }
  if (!(memory >= LEAST_MEMORY) || memory % MEMORY_UNIT !== 0) {
    throw new UserError(
      `memory must be at least ${formatSize(LEAST_MEMORY)} and a multiple of 64 KiB, not ${formatSize(memory)}`,
    );
  }
  if (!TLB_PRESETS.includes(tlb)) {
    throw new UserError(`there is no TLB preset "${tlb}": choose ${TLB_PRESETS.join(", ")}`);
  }
  return { cpus, memory, tlb, seed: BigInt.asUintN(64, BigInt(seed)), compile };
}
