// For every clause of the contract a program whose outcomes change without it: so that none is there for nothing, and a
// machine that leaves it out is found. oracle.test.ts runs them.

import type { Clause } from "./clauses.js";

const FLUSHED = "0R : P1R ; FL1 ; Sx1 | ?x1 ; Lp";

export const DETECTS: Readonly<Record<Clause, string>> = {
  "fifo": "0R : Sx1 ; S02 | L0 ; Lx",
  "forwarding": "0R : Sx1 ; Lx ; L0 | S02 ; L0 ; Lx",
  "newest": "0R : Sx1 ; Lx",
  "aliases": "0D : Sp1 ; L0",
  "walk-skips-buffer": "N : P0R ; Lp ; Lx | Xx1 ; LT",
  "stale": "0R : PN ; MF ; Lp",
  "never-back": "0R : P1R ; PN ; MF ; Lp ; Lp",
  "dirty-entry": "0W : P1R ; MF ; Sp1",
  "dirty-atomic": "0W : Sp1 | P1W",
  "dirty-late": "0W : Lx ; Sp1 | LT ; Sx1",
  "fault-current": "N : Lx ; Lp | P0R ; Sx1",
  "fault-early": "N : P0R ; Lp",
  "fault-drains": "N : Sx1 ; Lp ; L0 | S02 ; MF ; Lx",
  "fault-drops": "0D : PN ; MF ; Lp ; P1R ; MF ; Lp",
  "spurious": "0R : P0D ; MF ; Sp1",
  "invlpg-drops": "0D : PN ; INV ; Lp",
  "invlpg-drains": "N : P0R ; INV ; Lp",
  "mfence-drains": "N : P0R ; MF ; Lp",
  "locked-drains": "N : P0R ; Xx1 ; Lp",
  "locked-fault-drains": "N : P0D ; Xp1",
  "locked-atomic": "0R : Xx1 | Xx2",
  "flush-fenced": FLUSHED,
  "x2apic-weak": "0R : P1R ; FU1 ; Sx1 | ?x1 ; Lp",
  "sent-before": FLUSHED,
  "flush-waits": FLUSHED,
  "delivery-drops": FLUSHED,
  "delivery-drains": "0R : Sx1 ; FL1 ; L0 | S02 ; Lx",
  "delivery-waiting": "0D : FL0 ; Lp",
  "delivery-finished": "0R : Sx1 ; FL1 ; L0 | Lx",
};
