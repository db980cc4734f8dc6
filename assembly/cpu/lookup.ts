// Finds the records for where a CPU is: fetch slot, code page, block; translates and decodes what is not there yet.

import { machine } from "../global";
import { Cpu } from "./state";
import { csBase } from "./operand";
import { codePageFor, dropAllCode, hasRoomForBlock } from "./code";
import { CP_ENTRIES } from "./record";
import { decodeBlock } from "./block";
import { arrive } from "../mmu/fetch";
import { fetchFrame } from "../mmu/front";

/**
 * First record of the block at `cpu.rip`, whose first instruction is then run; sets `cpu.page` and `cpu.codeFrame`. 0 with
 * `cpu.fault` set if the fetch faults. A block whose first instruction crosses the page is decoded each time and not kept. In
 * line, because every instruction that may change where control is comes here: as a function it took 50 host instructions, half
 * of them to be called.
 */
@inline
export function lookup(cpu: Cpu): usize {
  const va = cpu.rip + csBase(cpu);
  const tag = va & ~0xfff;
  const slot = <usize>cpu.fetch + (<usize>(<u32>va >>> 8) & 0x7f0);
  if (load<u64>(slot) == tag) {
    const page = load<u32>(slot, 8);
    if (page) {
      const rec = load<u32>(page + CP_ENTRIES + (<usize>(<u32>va & 0xfff) << 2));
      if (rec) {
        cpu.page = tag;
        cpu.codeFrame = fetchFrame(slot);
        return rec;
      }
    }
  }
  return lookupSlow(cpu, va, slot);
}

function lookupSlow(cpu: Cpu, va: u64, slot: usize): usize {
  arrive(cpu, va);
  if (cpu.fault) return 0;
  const g = machine();
  if (!hasRoomForBlock()) dropAllCode();
  const pa = (<u64>cpu.codeFrame << 12) + (va & 0xfff);
  if (pa >= g.ramSize) return decodeBlock(cpu, 0, pa, va);
  const page = codePageFor(cpu.codeFrame, cpu.mode);
  // The slot may be someone else's if this translation must not be kept (stale, or nothing is cached).
  if (load<u64>(slot) == cpu.page) store<u32>(slot, <u32>page, 8);
  const entry = page + CP_ENTRIES + (<usize>(<u32>va & 0xfff) << 2);
  const rec = load<u32>(entry);
  if (rec) return rec;
  return decodeBlock(cpu, entry, pa, va);
}
