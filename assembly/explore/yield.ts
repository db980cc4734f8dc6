// Spinning while exploring a kernel run. A CPU that came to PAUSE waits for another one, so it is not given its turn again
// before somebody else has changed something that is shared (fairness: Musuvathi and Qadeer, "Fair stateless model
// checking", PLDI 2008). If nobody else can go on it may try again, up to SPINS times: then everybody waits for ever.

import { Cpu } from "../cpu/state";
import { YIELDING } from "./codes";
import { Exploration, exploration, Explored, exploredOf } from "./state";
import { note } from "./trail";

/** Vain tries, of all who wait, after which a state counts as stuck. */
export const SPINS: u32 = 16;

@inline
export function isYielding(index: u32): bool {
  return (exploration().yielders >> index & 1) != 0;
}

function setYielders(set: u32): void {
  const x = exploration();
  note(changetype<usize>(x) + offsetof<Exploration>("yielders"), 8);
  x.yielders = set;
}

/** The CPU came to PAUSE. False if it did so before in this turn: then it stops there. */
export function pausing(cpu: Cpu, explored: Explored): bool {
  const mine: u32 = 1 << cpu.index;
  const x = exploration();
  if (x.yielders & mine) explored.spins++;
  else {
    explored.spins = 1;
    setYielders(x.yielders | mine);
  }
  if (explored.paused) {
    explored.status = YIELDING;
    return false;
  }
  explored.paused = 1;
  return true;
}

/** The CPU `index` goes on for another reason than a turn of its own: an interrupt. */
export function stopYielding(index: u32): void {
  const set = exploration().yielders;
  if (set >> index & 1) setYielders(set & ~(1 << index));
}

/** The CPU that runs changed something that is shared: the others look again. */
export function wakeYielders(): void {
  const x = exploration();
  const others = x.yielders & ~(1 << (x.running - 1));
  if (others) setYielders(x.yielders & ~others);
}

/** Whether CPU `index`, which yields, may try again although nobody has changed anything. */
export function maySpin(index: u32): bool {
  return exploredOf(index).spins < SPINS;
}
