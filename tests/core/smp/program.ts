// Small programs for the scheduler's specs: machine code in real mode, one page a CPU, at 0x1000 + CPU * 0x1000.

import { RAM_BASE, COUNTER_BASE, COUNTER_STRIDE } from "../../../assembly/memory-map";
import { machine } from "../../../assembly/global";
import { cpuAt } from "../../../assembly/cpu/state";
import { initExecution } from "../../../assembly/cpu/execute";
import { startUp } from "../../../assembly/smp/reset";
import { powerOnRunning } from "../apic/power-on";

/** inc ax; jmp back */
export const COMPUTE: u8[] = [0x40, 0xeb, 0xfd];
/** inc ax; pause; jmp back */
export const SPIN: u8[] = [0x40, 0xf3, 0x90, 0xeb, 0xfb];
/** sti; hlt; inc ax; jmp to the hlt */
export const WAIT: u8[] = [0xfb, 0xf4, 0x40, 0xeb, 0xfc];
/** cli; hlt; jmp back */
export const DEAD: u8[] = [0xfa, 0xf4, 0xeb, 0xfc];
/** sti; inc ax; jmp to the inc */
export const COMPUTE_OPEN: u8[] = [0xfb, 0x40, 0xeb, 0xfd];
/** mov [0x600], al; inc ax; jmp back: CPUs that race for one byte */
export const RACE: u8[] = [0xa2, 0x00, 0x06, 0x40, 0xeb, 0xfa];

/** push eax, ecx, edx; inc word [0x500]; x2APIC EOI; pop; iret */
const HANDLER: u8[] = [
  0x66, 0x50, 0x66, 0x51, 0x66, 0x52, 0xff, 0x06, 0x00, 0x05, 0x66, 0xb9, 0x0b, 0x08, 0x00, 0x00, 0x66, 0x31, 0xc0,
  0x66, 0x31, 0xd2, 0x0f, 0x30, 0x66, 0x5a, 0x66, 0x59, 0x66, 0x58, 0xcf,
];
const HANDLER_AT: u32 = 0x700;

/** How often the handler ran. */
export function handled(): u32 {
  return load<u16>(RAM_BASE + 0x500);
}

export function put(pa: u32, code: u8[]): void {
  for (let i = 0; i < code.length; i++) store<u8>(RAM_BASE + pa + i, code[i]);
}

/** `cpus` CPUs about to run, stacks apart, all vectors from 0x20 on at the counting handler. */
export function load16(cpus: u32, seed: u64): void {
  powerOnRunning(cpus);
  initExecution();
  machine().random = seed;
  put(HANDLER_AT, HANDLER);
  for (let vector: u32 = 0x20; vector < 0x100; vector++) store<u32>(RAM_BASE + vector * 4, HANDLER_AT);
  for (let i: u32 = 0; i < cpus; i++) {
    startUp(cpuAt(i), 1 + i);
    cpuAt(i).rsp = 0xf000 - i * 0x400;
    cpuAt(i).attention = 1;
  }
}

/** Gives CPU `index` its program. */
export function program(index: u32, code: u8[]): void {
  put(0x1000 + index * 0x1000, code);
}

export function counter(index: u32, id: u32): u64 {
  return load<u64>(COUNTER_BASE + index * COUNTER_STRIDE + (id << 3));
}

