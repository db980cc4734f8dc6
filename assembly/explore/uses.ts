// What the use of a translation that memory no longer holds comes to: the classes of mmu/classify.ts, decided from the old
// value and from what the tables say now. A page that is not mapped now, or mapped by the same frame, gives none: nobody
// has written elsewhere what such an access misses.

import { ramAt, machine } from "../global";
import { ACCESS_INTENT, ACCESS_WRITE } from "../mmu/rights";
import { USE_DIVERGED_READ, USE_LOST_WRITE } from "./codes";
import { Exploration, exploration } from "./state";
import { note } from "./trail";
import { throughValue } from "./resolve";

function differs(a: u64, b: u64, size: u32): bool {
  const ram = <u64>machine().ramSize;
  if (a + size > ram || b + size > ram) return true;
  for (let i: u32 = 0; i < size; i++) if (load<u8>(ramAt(a + i)) != load<u8>(ramAt(b + i))) return true;
  return false;
}

/** An access to `size` bytes at `va` goes through the old value `old`, while the tables say `now` (0 for not present). */
export function noteUse(old: u64, now: u64, va: u64, size: u32, access: u32): void {
  if (!now) return;
  const a = throughValue(old, va);
  const b = throughValue(now, va);
  if (a == b) return;
  let use: u32 = 0;
  if ((access & (ACCESS_WRITE | ACCESS_INTENT)) == ACCESS_WRITE) use = USE_LOST_WRITE;
  else if (differs(a, b, size)) use = USE_DIVERGED_READ;
  const x = exploration();
  if (!use || (x.uses & use)) return;
  note(changetype<usize>(x) + offsetof<Exploration>("yielders"), 8);
  x.uses |= use;
}
