// What a search of a scenario may claim: one of three things, and never more. The words for it are in report/verdict-text.ts.

import type { Coverage, Figures } from "./explore/strategy.js";
import type { Finding } from "./subject.js";

/** What may happen in the executions that are looked at, besides every order of what CPUs do. */
export interface Freedoms {
  /** An access may use any translation that the architecture lets a TLB have; else every access walks. */
  readonly tlbAdversary: boolean;
  /** Stores wait in buffers (TSO); else every store is seen at once. */
  readonly storeBuffers: boolean;
  /** Words of memory at whose accesses CPUs are switched, where they were found and not declared. */
  readonly switchWords?: number;
}

/** A set of executions all of which were looked at. */
export interface Space extends Freedoms {
  /** At most so many preemptions; any number, if undefined. */
  readonly preemptions?: number;
  readonly figures: Figures;
  /** Base-2 logarithm of the odds, at most, that two states were taken for one, and something missed for that. */
  readonly collisionLog2: number;
}

export type CheckVerdict =
  | { readonly kind: "violation"; readonly finding: Finding }
  /** None in all executions of a space. */
  | { readonly kind: "none"; readonly space: Space }
  /** None in what was looked at: so many executions drawn by chance, or a part. That proves nothing. */
  | { readonly kind: "unproved"; readonly coverage: Exclude<Coverage, { kind: "all" }>; readonly freedoms: Freedoms };

/** Bits of a state's hash that can differ: of 128 one is always set, for a place in the table that holds none is 0. */
const HASH_BITS = 127;

/** The odds that two of `states` have one hash, each hash as likely as any other: about n^2 / 2^128. */
const collisionLog2 = (states: number): number => Math.ceil(2 * Math.log2(Math.max(states, 1)) - (HASH_BITS + 1));

/** What may be said after a search that covered `coverage` and found `finding`, if anything. */
export function verdictOf(coverage: Coverage, freedoms: Freedoms, finding?: Finding): CheckVerdict {
  if (finding) return { kind: "violation", finding };
  if (coverage.kind !== "all") return { kind: "unproved", coverage, freedoms };
  const { kind, preemptions, ...figures } = coverage;
  const space = { ...freedoms, figures, collisionLog2: collisionLog2(coverage.states ?? 0) };
  return { kind: "none", space: preemptions === undefined ? space : { ...space, preemptions } };
}
