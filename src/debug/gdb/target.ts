// What the protocol asks of that which is debugged. session-target.ts answers for a machine; tests answer for
// less. CPUs count from 0 here; threads of the protocol are one more (0 means "any" there).

import type { RegisterName } from "../../machine/index.js";

export type Direction = 1 | -1;

/** What `Z` inserts, by its number: software and hardware breakpoints are the same to this machine. */
export const POINT_TYPES = ["swbreak", "hwbreak", "watch", "rwatch", "awatch"] as const;
export type PointType = (typeof POINT_TYPES)[number];

export interface TargetPoint {
  readonly type: PointType;
  readonly address: bigint;
  readonly length: number;
}

export type Resume =
  /** Until something stops it. `only`: that CPU runs while the others are held. */
  | { readonly kind: "continue"; readonly direction: Direction; readonly only?: number }
  /** Until `cpu` has made a step. `held`: the others are held meanwhile. */
  | { readonly kind: "step"; readonly direction: Direction; readonly cpu: number; readonly held: boolean }
  /** Until `cpu` is at an instruction outside [from, to). */
  | { readonly kind: "range"; readonly cpu: number; readonly from: bigint; readonly to: bigint; readonly held: boolean };

export type StopReason =
  /** A step is done, or something stopped the run that the client did not set. */
  | { readonly kind: "trap" }
  | { readonly kind: "swbreak" | "hwbreak" }
  | { readonly kind: "watch" | "rwatch" | "awatch"; readonly address: bigint }
  | { readonly kind: "interrupt" }
  /** The history has no more in the direction that was asked for. */
  | { readonly kind: "history"; readonly end: "begin" | "end" }
  /** The machine cannot go on; it can be looked at, and taken back. */
  | { readonly kind: "failure" }
  /** The guest, or a limit, has ended the run. */
  | { readonly kind: "exit"; readonly status: number };

export interface Stopped {
  readonly cpu: number;
  readonly reason: StopReason;
  /** What a person should read about it. */
  readonly text?: string;
}

export interface Target {
  readonly cpus: number;
  /** The CPU that a client sees first. */
  readonly firstCpu: number;
  register(cpu: number, name: RegisterName): bigint;
  /** False if it cannot be set. */
  setRegister(cpu: number, name: RegisterName, value: bigint): boolean;
  /** The bytes from linear address `address` of `cpu` on, as far as they are there. */
  readMemory(cpu: number, address: bigint, length: number): Uint8Array;
  /** False, and nothing is written, if not all of it is there. */
  writeMemory(cpu: number, address: bigint, bytes: Uint8Array): boolean;
  /** All points of the client, in place of those before. */
  setPoints(points: readonly TargetPoint[]): void;
  /** Goes on until something stops it. `output` takes text for the client meanwhile. */
  resume(how: Resume, output: (text: string) => void): Promise<Stopped>;
  /** Stops the resume that is under way. */
  interrupt(): void;
  /** What `cpu` does, in a few words. */
  describe(cpu: number): string;
  /** Carries out a line of the console, about `cpu` unless it names another; what it says. */
  monitor(line: string, cpu: number): Promise<string>;
}
