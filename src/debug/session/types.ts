// The words of run control: points, halts, listeners. The console and the gdb server are written against these.

import type { Pc } from "../../boot/index.js";
import type { Hit, Stop, StopPoint } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/index.js";

/** What to stop at. */
export interface PointSpec {
  /** Any of these is a hit: `break` has one, `watch tlb VA` several. */
  readonly stops: readonly StopPoint[];
  /** How the user said it, for lists: `break handle_vector cpu 2`. */
  readonly text: string;
  /** Removed by its first counted hit. */
  readonly temporary?: boolean;
  /** Counted only where this holds. Called with the machine where the forward stop is, in both directions. */
  readonly condition?: (hit: Hit) => boolean;
  /** Hits that are counted, but not stopped at, before the first stop. */
  readonly ignore?: number;
}

/** A point of the session's PointSet. */
export interface Point {
  /** From 1 on, never used again in a session. */
  readonly id: number;
  readonly spec: PointSpec;
  readonly text: string;
  readonly temporary: boolean;
  enabled: boolean;
  /** Counted hits. */
  hits: number;
  /** Counted hits still to be passed over. */
  ignore: number;
  condition: ((hit: Hit) => boolean) | undefined;
}

/** The points of a session, in order of their ids. */
export interface Points {
  add(spec: PointSpec): Point;
  /** Undefined if there is none of that number. */
  get(id: number): Point | undefined;
  /** False if there is none of that number. */
  remove(id: number): boolean;
  enable(id: number, enabled: boolean): boolean;
  list(): readonly Point[];
}

/** 1 is forwards, -1 backwards. */
export type Direction = 1 | -1;

/** `all`: other CPUs run by the machine's schedule while one is stepped. `hold`: they stand still. */
export type StepSchedule = "all" | "hold";

/** Where and why a run of the session ended. */
export interface Halt {
  readonly kind:
    /** A point was reached: `hits` says which. Backwards, the machine is before the instruction that did it. */
    | "point"
    /** The steps that were asked for are done; also `next`, `finish` and `until` that arrived. */
    | "stepped"
    | "interrupted"
    | "travelled"
    /** Backwards, nothing was hit; the machine is at step 0. */
    | "start-of-history"
    /** The machine ended the run: `stop` says why. */
    | "machine";
  readonly cpu: number;
  /** The machine's position now. */
  readonly step: number;
  /** Of `cpu`, now. */
  readonly rip: bigint;
  readonly hits: readonly { readonly point: Point; readonly hit: Hit }[];
  readonly stop?: Stop;
  /** More to say, in one line: a CPU that has made no step cannot go back; holding CPUs in the past began another future. */
  readonly note?: string;
}

/** The caller's frame: what `finish` needs of an unwinder. */
export interface Frame {
  readonly returnAddress: bigint;
  /** Canonical frame address: RSP after the return. */
  readonly cfa: bigint;
}
export type FrameOf = (cpu: number) => Frame | undefined;

/** How far a run of more than a moment has come. */
export interface RunProgress {
  readonly what: "running" | "travelling" | "searching";
  /** 0 to 1; undefined where the end is not known. */
  readonly fraction: number | undefined;
  readonly step: number;
}

export interface ContinueOptions {
  /** Forwards: so many steps at the most; the halt is then "stepped". */
  readonly limit?: number;
  /** Forwards: this CPU alone runs, the others are held. */
  readonly only?: number;
}

export interface SessionOptions {
  readonly pc: Pc;
  readonly symbols?: SymbolTable;
  /** Bytes for snapshots. Default 512 MiB. */
  readonly history?: number;
  /** Without it `finish` goes by RBP and RSP. */
  readonly frameOf?: FrameOf;
}
