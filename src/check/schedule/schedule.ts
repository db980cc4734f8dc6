// A schedule: one execution of a scenario, with all that is needed to make it again. What a check finds is kept as one;
// replay.ts makes it again, shrink.ts makes it shorter, file.ts is how it is written down.

import type { Transition } from "../../machine/index.js";
import type { Subject } from "../subject.js";

/** What an execution starts from. Together with the program and its kernel this decides the first state. */
export interface Start {
  /** The scenario's whole text: a schedule needs no other file of scenarios. */
  readonly scenario: string;
  /** Stores wait in buffers, as on x86. */
  readonly storeBuffers: boolean;
  /** Of a Kernel scenario. */
  readonly kernel?: {
    /** SHA-256 of the image, in hexadecimal. */
    readonly image: string;
    readonly policy: string;
    /** Words of the command line besides the scenario's. */
    readonly append: readonly string[];
    /** Accesses to the scenario's pages may use any translation that a TLB may have. */
    readonly tlbAdversary: boolean;
    /** Physical addresses of the words at whose accesses CPUs are switched. */
    readonly words: readonly number[];
  };
}

export interface Schedule {
  readonly start: Start;
  /** What the execution shows, in words: a final state, or a verdict of the machine. */
  readonly shows: string;
  readonly transitions: readonly Transition[];
  /** After every DIGEST_EVERY transitions, the first 32 bits of the state's hash, as 8 hexadecimal digits. */
  readonly digests: readonly string[];
  /** The 128-bit hash of the last state (assembly/explore/hash.ts), as 32 hexadecimal digits. */
  readonly hash: string;
}

/** Transitions between two digests: near enough to say where a replay departs. */
export const DIGEST_EVERY = 64;

/** How many hexadecimal digits of a hash are a digest. */
export const DIGEST_DIGITS = 8;

/** Makes `path` from where `subject` is, and writes down what it comes to; `subject` is back where it was afterwards. */
export function recordSchedule(start: Start, subject: Subject, path: readonly Transition[], shows: string): Schedule {
  const { system } = subject;
  const mark = system.mark();
  const digests: string[] = [];
  path.forEach((transition, i) => {
    system.take(transition);
    if ((i + 1) % DIGEST_EVERY === 0) digests.push(system.hash().slice(0, DIGEST_DIGITS));
  });
  const hash = system.hash();
  system.undo(mark);
  return { start, shows, transitions: [...path], digests, hash };
}
