// Why a run ended, as the API says it. The numbers of the core (assembly/global.ts) become these here
// and nowhere else; tests/host/declarations.test.ts holds the two lists together.

import type { CoreExports } from "./core.js";
import { disassemble } from "./disassemble.js";
import type { Hit } from "./stop-points.js";

/** Ends that the program of the machine brings about, or that the host asks for. */
export type Stop = CoreStop | DeviceStop;

export type CoreStop =
  /** The steps that were asked for are done. */
  | { readonly kind: "limit" }
  /** Every CPU waits, and no timer is armed: only input can go on. */
  | { readonly kind: "idle" }
  /** `requestStop` was called. */
  | { readonly kind: "request" }
  /** Stop points were met, on the CPU that had the turn: before the instruction at `rip`, or by it. */
  | { readonly kind: "break"; readonly cpu: number; readonly rip: bigint; readonly hits: readonly Hit[] }
  /** `runCpu` or `runUntilStepped`: the CPU has made its steps. */
  | { readonly kind: "stepped"; readonly cpu: number }
  | { readonly kind: "triple-fault"; readonly cpu: number; readonly rip: bigint }
  /** The `sticky` preset has no room left for an entry, and must not drop one. */
  | { readonly kind: "tlb-full"; readonly cpu: number; readonly rip: bigint }
  | {
      readonly kind: "not-implemented";
      readonly cpu: number;
      readonly rip: bigint;
      /** What it is that the machine does not have. */
      readonly what: string;
      readonly bytes: Uint8Array;
      /** The bytes as an instruction. */
      readonly disassembly: string;
    };

export type DeviceStop =
  /** isa-debug-exit: `status` is what a QEMU process would leave with. */
  | { readonly kind: "exit"; readonly value: number; readonly status: number }
  | { readonly kind: "power-off" }
  | { readonly kind: "reset"; readonly by: string }
  /** The guest asked a device for something that it does not have. */
  | { readonly kind: "device"; readonly what: string };

/** The core's STOP_* numbers. */
export const CORE_STOPS = {
  BUDGET: 0,
  IDLE: 1,
  REQUEST: 2,
  BREAK: 3,
  STEPPED: 4,
  NOT_IMPLEMENTED: 5,
  TRIPLE_FAULT: 6,
  TLB_FULL: 7,
} as const;

/** What the core's NI_* details mean. */
export const NOT_IMPLEMENTED: Readonly<Record<string, readonly [number, string]>> = {
  INSTRUCTION: [1, "instruction"],
  TASK_SWITCH: [2, "hardware task switch"],
  VM86: [3, "virtual-8086 mode"],
  CALL_GATE: [4, "call gate"],
  DEBUG_REGISTERS: [5, "hardware breakpoint"],
  LEGACY_PAGING: [6, "32-bit or PAE paging"],
  MSR: [7, "effect of this MSR"],
  APIC: [8, "local APIC feature"],
  ALIGNMENT: [9, "alignment check"],
  PIT: [10, "mode of the 8254 timer"],
};

export function notImplementedText(detail: number): string {
  const found = Object.values(NOT_IMPLEMENTED).find(([number]) => number === detail);
  return found ? found[1] : `feature ${detail}`;
}

const BITS = [16, 32, 64] as const;

/** What a stop is described from: a CPU's MODE_*, the hits of the run, and the CPU that was to be stepped. */
export interface StopContext {
  modeOf(cpu: number): number;
  hits(): readonly Hit[];
  readonly stepped: number;
}

/** The stop that number `reason`, which a run returned, stands for. */
export function coreStop(core: CoreExports, reason: number, context: StopContext): CoreStop {
  const cpu = core.getStopCpu();
  const rip = BigInt.asUintN(64, core.getStopRip());
  switch (reason) {
    case CORE_STOPS.BUDGET:
      return { kind: "limit" };
    case CORE_STOPS.IDLE:
      return { kind: "idle" };
    case CORE_STOPS.REQUEST:
      return { kind: "request" };
    case CORE_STOPS.BREAK: {
      const hits = context.hits();
      return { kind: "break", cpu, rip: hits.at(-1)?.rip ?? rip, hits };
    }
    case CORE_STOPS.STEPPED:
      return { kind: "stepped", cpu: context.stepped };
    case CORE_STOPS.TRIPLE_FAULT:
      return { kind: "triple-fault", cpu, rip };
    case CORE_STOPS.TLB_FULL:
      return { kind: "tlb-full", cpu, rip };
    case CORE_STOPS.NOT_IMPLEMENTED: {
      const bytes = stopBytes(core);
      const disassembly = disassemble(bytes, rip, BITS[context.modeOf(cpu)] ?? 64);
      return { kind: "not-implemented", cpu, rip, what: notImplementedText(core.getStopDetail()), bytes, disassembly };
    }
    default:
      throw new Error(`the core stopped for a reason that is not known: ${reason}`);
  }
}

function stopBytes(core: CoreExports): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, core.getStopBytes(0)), true);
  view.setBigUint64(8, BigInt.asUintN(64, core.getStopBytes(1)), true);
  return bytes.subarray(0, Math.min(15, core.getStopLength()));
}

/** The stop in one line. */
export function describeStop(stop: Stop): string {
  const where = (s: { cpu: number; rip: bigint }) => `on CPU ${s.cpu} at RIP 0x${s.rip.toString(16)}`;
  switch (stop.kind) {
    case "limit":
      return "the limit of instructions was reached";
    case "idle":
      return "every CPU is halted and nothing is left that could wake one";
    case "request":
      return "the run was stopped";
    case "break":
      return `a stop point was met ${where(stop)}`;
    case "stepped":
      return `CPU ${stop.cpu} has made its steps`;
    case "exit":
      return `the guest exited with value ${stop.value} (status ${stop.status})`;
    case "power-off":
      return "the guest powered off";
    case "reset":
      return `the guest reset the machine by ${stop.by}`;
    case "device":
      return `not implemented: ${stop.what}`;
    case "triple-fault":
      return `triple fault ${where(stop)}`;
    case "tlb-full":
      return `the sticky TLB is full ${where(stop)}: it holds every translation for ever and must not drop one`;
    case "not-implemented": {
      const bytes = [...stop.bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
      return `not implemented: ${stop.what} ${where(stop)}, bytes ${bytes} (${stop.disassembly})`;
    }
  }
}
