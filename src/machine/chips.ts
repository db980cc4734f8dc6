// The interrupt controllers as the core shows them (assembly/apic/inspect.ts): local APICs, the I/O APIC, and messages
// that are under way. Looking changes nothing.

import { ANSWER_BASE } from "../../assembly/memory-map.js";
import type { CoreExports } from "./core.js";

/** Delivery modes by number (SDM 3A 11.5.1). */
export const DELIVERY_MODES = ["fixed", "lowest", "smi", "reserved", "nmi", "init", "startup", "extint"] as const;
export type DeliveryMode = (typeof DELIVERY_MODES)[number];

export interface LvtEntry {
  readonly name: "timer" | "thermal" | "performance" | "lint0" | "lint1" | "error";
  readonly value: number;
  readonly vector: number;
  readonly mode: DeliveryMode;
  readonly masked: boolean;
}

export interface Lapic {
  readonly id: number;
  readonly version: number;
  /** Of IA32_APIC_BASE: off, the MMIO page, or MSRs. */
  readonly access: "disabled" | "xapic" | "x2apic";
  /** Software enable, bit 8 of the spurious-vector register. */
  readonly enabled: boolean;
  readonly spurious: number;
  readonly tpr: number;
  readonly ppr: number;
  /** Vectors whose bits are set, ascending. */
  readonly irr: readonly number[];
  readonly isr: readonly number[];
  readonly tmr: readonly number[];
  readonly ldr: number;
  readonly dfr: number;
  readonly esr: number;
  readonly icr: bigint;
  readonly lvt: readonly LvtEntry[];
  readonly timer: {
    readonly mode: "one-shot" | "periodic" | "tsc-deadline";
    readonly initial: number;
    readonly current: number;
    readonly divisor: number;
    /** Tick at which it fires, if it is armed. */
    readonly due?: bigint;
  };
  /** What was accepted, but has no place in IRR. */
  readonly pending: readonly ("nmi" | "init" | "startup" | "extint")[];
}

export interface RedirectionEntry {
  readonly pin: number;
  readonly value: bigint;
  readonly vector: number;
  readonly mode: DeliveryMode;
  readonly logical: boolean;
  readonly destination: number;
  readonly level: boolean;
  readonly activeLow: boolean;
  readonly masked: boolean;
  /** A level-triggered interrupt was taken and waits for its EOI. */
  readonly remoteIrr: boolean;
  readonly asserted: boolean;
}

/** An interprocessor interrupt that was sent and has not been accepted. */
export interface PendingIpi {
  readonly from: number;
  readonly to: number;
  readonly mode: DeliveryMode;
  readonly vector: number;
  /** The step that sent it. */
  readonly sentAt: number;
  /** Tick from which on the destination may accept it. */
  readonly due: bigint;
}

const LVT_NAMES = ["timer", "thermal", "performance", "lint0", "lint1", "error"] as const;
const TIMER_MODES = ["one-shot", "periodic", "tsc-deadline"] as const;
const PENDING = ["nmi", "init", "startup", "extint"] as const;
const PINS = 24;
const NEVER = 0xffff_ffff_ffff_ffffn;

// Numbers beyond the APIC's own: see assembly/apic/inspect.ts.
const TIMER_DUE = 0x40;
const PENDING_BITS = 0x41;
const LINES = 0x42;
const ENTRIES = 0x43;

const modeOf = (bits: number): DeliveryMode => DELIVERY_MODES[bits & 7] ?? "reserved";

function vectorsOf(read: (register: number) => number, first: number): number[] {
  return Array.from({ length: 256 }, (_, vector) => vector).filter((v) => ((read(first + (v >> 5)) >>> (v & 31)) & 1) !== 0);
}

/** The local APIC of `cpu`, whose IA32_APIC_BASE is `base`. */
export function readLapic(core: CoreExports, cpu: number, base: bigint): Lapic {
  const big = (register: number) => BigInt.asUintN(64, core.chipRegister(cpu, register));
  const read = (register: number) => Number(big(register) & 0xffffffffn);
  const access = (base & 0x800n) === 0n ? "disabled" : (base & 0x400n) === 0n ? "xapic" : "x2apic";
  const due = big(TIMER_DUE);
  const pending = read(PENDING_BITS);
  const divide = read(0x3e);
  return {
    id: access === "x2apic" ? read(0x02) : read(0x02) >>> 24,
    version: read(0x03) & 0xff,
    access,
    enabled: (read(0x0f) & 0x100) !== 0,
    spurious: read(0x0f) & 0xff,
    tpr: read(0x08),
    ppr: read(0x0a),
    irr: vectorsOf(read, 0x20),
    isr: vectorsOf(read, 0x10),
    tmr: vectorsOf(read, 0x18),
    ldr: read(0x0d),
    dfr: read(0x0e),
    esr: read(0x28),
    icr: (BigInt(read(0x31)) << 32n) | BigInt(read(0x30)),
    lvt: LVT_NAMES.map((name, i) => {
      const value = read(0x32 + i);
      const mode = name === "timer" || name === "error" ? "fixed" : modeOf(value >> 8);
      return { name, value, vector: value & 0xff, mode, masked: (value & 0x10000) !== 0 };
    }),
    timer: {
      mode: TIMER_MODES[(read(0x32) >> 17) & 3] ?? "one-shot",
      initial: read(0x38),
      current: read(0x39),
      // Bits 3, 1 and 0: 111 is 1, 000 is 2 (SDM 3A figure 11-10).
      divisor: 1 << ((((divide >> 1) & 4) | (divide & 3)) + 1 & 7),
      ...(due === NEVER ? {} : { due }),
    },
    pending: PENDING.filter((_, bit) => (pending >> bit) & 1),
  };
}

/** The redirection table of the I/O APIC. */
export function readIoapic(core: CoreExports): RedirectionEntry[] {
  const lines = Number(core.chipRegister(0, LINES));
  return Array.from({ length: PINS }, (_, pin) => {
    const value = BigInt.asUintN(64, core.chipRegister(0, ENTRIES + pin));
    const low = Number(value & 0xffffffffn);
    const has = (bit: number) => ((low >>> bit) & 1) !== 0;
    return {
      pin,
      value,
      vector: low & 0xff,
      mode: modeOf(low >> 8),
      logical: has(11),
      destination: Number(value >> 56n),
      level: has(15),
      activeLow: has(13),
      masked: has(16),
      remoteIrr: has(14),
      asserted: ((lines >>> pin) & 1) !== 0,
    };
  });
}

/** Every message under way between local APICs, by destination, in the order of sending. */
export function readFlights(core: CoreExports, memory: ArrayBuffer, cpus: number): PendingIpi[] {
  const view = new DataView(memory, ANSWER_BASE);
  return Array.from({ length: cpus }, (_, to) => to).flatMap((to) =>
    Array.from({ length: core.flights(to) }, (_, n) => {
      core.flight(to, n);
      return {
        from: view.getUint32(24, true),
        to,
        mode: modeOf(view.getUint32(16, true)),
        vector: view.getUint32(20, true),
        sentAt: Number(view.getBigUint64(8, true)),
        due: view.getBigUint64(0, true),
      };
    }),
  );
}
