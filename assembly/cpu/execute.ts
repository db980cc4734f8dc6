// Runs one CPU for a slice. The scheduler (smp/) calls `runSlice`; nothing else runs instructions.

import { Cpu, RUNNING, TF, ATTENTION_BOUNDARY, ATTENTION_STOP, takeTurn, giveTurn } from "./state";
import { hot } from "../../build/generated/hot";
import { initHandlers } from "../../build/generated/cold";
import { machine, Global } from "../global";
import { dropAllCode } from "./code";
import { lookup } from "./lookup";
import { initStubs, runRecords } from "./slow";
import { csBase } from "./operand";
import { FAULT_STOP, raise, DB } from "./fault";
import { deliverException } from "./system/deliver";
import { peekCode } from "../mmu/fetch";
import { REC_BLOCK } from "./record";

/** DR6.BS: the trap was a single step. */
const DR6_BS: u64 = 0x4000;

/** Makes the interpreter ready: handlers, stubs, an empty store of decoded code. Call once, and after a snapshot was restored. */
export function initExecution(): void {
  initHandlers();
  initStubs();
  dropAllCode();
}

/** One instruction, with the interrupt shadow and TF (SDM 3A 6.8.3, 17.3.1.4). */
function stepOne(cpu: Cpu): void {
  const trap = (cpu.system & TF) != 0;
  const shadow = cpu.shadow;
  cpu.shadow = 0;
  cpu.entered = 0;
  const rec = lookup(cpu);
  if (!rec) return;
  runRecords(cpu, rec, 1);
  // A stop before the instruction leaves the shadow where it was.
  if (cpu.fault == FAULT_STOP) cpu.shadow = shadow;
  if (!cpu.shadow) cpu.attention |= ATTENTION_BOUNDARY;
  if (trap && !cpu.fault && !cpu.entered) {
    cpu.dr6 |= DR6_BS;
    raise(cpu, DB);
  }
}

/** Fills the machine's stop record from `cpu`. Called here, and by the scheduler for a stop between instructions. */
export function recordStop(cpu: Cpu): void {
  const g = machine();
  cpu.fault = 0;
  cpu.attention |= ATTENTION_STOP;
  g.stopRip = cpu.rip;
  g.stopLength = peekCode(cpu, cpu.rip + csBase(cpu), changetype<usize>(g) + offsetof<Global>("stopBytes0"), 16);
}

/** Runs `cpu` until its slice is used up (`left` is exactly 0), it wants attention, or it no longer runs. */
export function runSlice(owner: Cpu): void {
  const cpu = takeTurn(owner.index);
  runTurn(cpu);
  giveTurn();
}

function runTurn(cpu: Cpu): void {
  cpu.codeChanged = 0;
  while (cpu.left > 0 && !cpu.attention && cpu.activity == RUNNING) {
    if (cpu.shadow | (cpu.system & TF)) {
      stepOne(cpu);
    } else {
      const rec = lookup(cpu);
      if (rec) {
        const block = <i32>load<u8>(rec, REC_BLOCK);
        // With attention the look-up has met a stop point: see `enter` in cpu/slow.ts.
        if (cpu.attention) runRecords(cpu, rec, 1);
        else if (cpu.left >= block) hot(rec);
        else runRecords(cpu, rec, cpu.left);
      }
    }
    cpu.codeChanged = 0;
    if (cpu.fault) {
      if (cpu.fault != FAULT_STOP) {
        deliverException(cpu);
        cpu.left -= 1;
      }
      if (cpu.fault == FAULT_STOP) recordStop(cpu);
    }
  }
}
