// Modelled cycles of the MMU: to the counter of their cause, and to the CPU's sum (probe/cost.ts has the figures).

import { Cpu, count } from "../cpu/state";

@inline
export function charge(cpu: Cpu, counter: u32, cycles: u64): void {
  count(cpu, counter, cycles);
  cpu.cycles += cycles;
}
