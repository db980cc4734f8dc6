// Makes the execution of a schedule again and says whether it is the same one, to the last bit of the state's hash.

import type { Transition } from "../../machine/index.js";
import type { Finding, Subject } from "../subject.js";
import { transitionName } from "./notation.js";
import { DIGEST_DIGITS, DIGEST_EVERY, type Schedule } from "./schedule.js";

export type ReplayVerdict =
  | { readonly kind: "same"; readonly finding: Finding | undefined }
  /** `step` counts from 1: the first that is known not to be as it was. */
  | { readonly kind: "departed"; readonly step: number; readonly why: string };

/**
 * Makes `schedule` from where `subject` is and leaves it at the end of it, or where it departs. `each` is called before
 * every transition, and what it returns after it.
 */
export function replay(schedule: Schedule, subject: Subject, each?: (transition: Transition) => () => void): ReplayVerdict {
  const { system } = subject;
  for (const [i, transition] of schedule.transitions.entries()) {
    if (!system.enabled().includes(transition)) {
      return { kind: "departed", step: i + 1, why: `"${transitionName(transition)}" cannot happen there` };
    }
    const after = each?.(transition);
    system.take(transition);
    after?.();
    if ((i + 1) % DIGEST_EVERY !== 0) continue;
    if (system.hash().slice(0, DIGEST_DIGITS) !== schedule.digests[(i + 1) / DIGEST_EVERY - 1]) {
      const from = i + 2 - DIGEST_EVERY;
      return { kind: "departed", step: from, why: `the state after step ${i + 1} is another one, and the last that was the same is before step ${from}` };
    }
  }
  const hash = system.hash();
  if (hash !== schedule.hash) {
    const length = schedule.transitions.length;
    const from = length - (length % DIGEST_EVERY) + 1;
    return { kind: "departed", step: Math.min(from, length), why: `the last state has the hash ${hash}, and had ${schedule.hash}` };
  }
  return { kind: "same", finding: subject.finding() };
}
