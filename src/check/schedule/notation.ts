// How the transitions of a schedule are written, so that people can read and compare them, and a change of the core's
// numbers makes no schedule worthless:
//
//   P0           the instruction that CPU 0 waits with goes on     P0 old 2    through old value 2 of its page's word
//   P0 fault     with the #PF of an entry without W                P0 drain    its oldest store reaches memory
//   P0 deliver 1 the message at place 1 of its queue is delivered  P0 x12      twelve times in a row
//   P0 fill 0    its entry of tracked page 0 is filled             P0 evict 0  ... or evicted (the eager form has these)

import { numberTransition, type Transition, viewTransition } from "../../machine/index.js";
import { UserError } from "../../errors.js";

/** More than any search comes to: longer lists are damage. */
const MOST_TRANSITIONS = 1_000_000;

/** Transitions give way to 64 CPUs. */
const PATTERN = /^P(\d{1,2})(?: (drain|fault|old (\d{1,2})|(fill|evict|deliver) (\d{1,2})))?(?: x(\d{1,7}))?$/;

export function transitionName(transition: Transition): string {
  const view = viewTransition(transition);
  switch (view.kind) {
    case "step":
      return view.old === undefined ? `P${view.cpu}` : `P${view.cpu} old ${view.old}`;
    case "spurious-fault":
      return `P${view.cpu} fault`;
    case "fill":
    case "evict":
      return `P${view.cpu} ${view.kind} ${view.page}`;
    case "drain":
      return `P${view.cpu} drain`;
    case "deliver":
      return `P${view.cpu} deliver ${view.place}`;
  }
}

/** The transitions as words; the same one in a row is written once. */
export function writeTransitions(transitions: readonly Transition[]): string[] {
  const words: string[] = [];
  for (let first = 0, end; first < transitions.length; first = end) {
    for (end = first + 1; transitions[end] === transitions[first]; ) end++;
    words.push(transitionName(transitions[first]!) + (end - first > 1 ? ` x${end - first}` : ""));
  }
  return words;
}

function readWord(word: string): { transition: Transition; times: number } | undefined {
  const found = PATTERN.exec(word);
  if (!found) return undefined;
  const [, cpuText, what, old, kind, place, times = "1"] = found;
  const cpu = Number(cpuText);
  const view = what === undefined ? ({ cpu, kind: "step" } as const)
    : what === "drain" ? ({ cpu, kind: "drain" } as const)
    : what === "fault" ? ({ cpu, kind: "spurious-fault" } as const)
    : old !== undefined ? ({ cpu, kind: "step", old: Number(old) } as const)
    : kind === "deliver" ? ({ cpu, kind, place: Number(place) } as const)
    : ({ cpu, kind: kind as "fill" | "evict", page: Number(place) } as const);
  const transition = numberTransition(view);
  return transition === undefined || Number(times) === 0 ? undefined : { transition, times: Number(times) };
}

/** Reads what `writeTransitions` wrote; a UserError that begins with `where` says what is wrong with it. */
export function readTransitions(words: readonly string[], where: string): Transition[] {
  const transitions: Transition[] = [];
  for (const [i, word] of words.entries()) {
    const read = readWord(word);
    if (!read) throw new UserError(`${where}: step ${i + 1} is no transition: ${JSON.stringify(word.slice(0, 40))}`);
    if (transitions.length + read.times > MOST_TRANSITIONS) throw new UserError(`${where}: there are more than ${MOST_TRANSITIONS} transitions`);
    for (let n = 0; n < read.times; n++) transitions.push(read.transition);
  }
  return transitions;
}
