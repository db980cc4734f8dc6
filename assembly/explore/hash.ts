// A 128-bit hash of a state under exploration: of the words of guest memory that changed since it began, and of each
// CPU's registers and store buffer. The part of memory is kept up to date word by word, as a sum that does not depend on
// the order; a word that has its old value again contributes as if it had never changed.

import { Cpu, cpuAt, systemOf } from "../cpu/state";
import { getRflags } from "../cpu/flags";
import { lapicOf } from "../apic/lapic";
import { messageVector } from "../apic/flight";
import { machine } from "../global";
import { RAM_BASE } from "../memory-map";
import { bufferedAt, exploration, exploredOf, oldCount, oldValueAt, tagAt } from "./state";

// Odd constants with about as many ones as zeros.
const K1: u64 = 0x9fb21c651e98df25;
const K2: u64 = 0xd6e8feb86659fd93;
const K3: u64 = 0xc2b2ae3d27d4eb4f;

@inline
function fold(h: u64, word: u64, k: u64): u64 {
  const m = (h ^ word) * k;
  return rotl(m, 31) ^ (m >> 17);
}

/** What the word at physical address `pa` contributes when it holds `value`. */
@inline
function termOf(pa: u64, value: u64, k: u64): u64 {
  return fold(fold(pa * K3, value, k), pa, K3);
}

/** The word of guest memory at linear-memory offset `at` changes. */
export function noteMemoryWord(at: usize, before: u64, after: u64): void {
  const x = exploration();
  const pa = <u64>(at - RAM_BASE);
  x.memory0 += termOf(pa, after, K1) - termOf(pa, before, K1);
  x.memory1 += termOf(pa, after, K2) - termOf(pa, before, K2);
}

let half0: u64 = 0;
let half1: u64 = 0;

@inline
function add(word: u64): void {
  half0 = fold(half0, word, K1);
  half1 = fold(half1, word, K2);
}

/** Works out the part of `cpu`, which is kept until something of it changes. */
function hashCpu(cpu: Cpu): void {
  half0 = cpu.index;
  half1 = cpu.index;
  const at = changetype<usize>(cpu);
  for (let r: usize = 0; r < 128; r += 8) add(load<u64>(at + r));
  add(cpu.rip);
  add(getRflags(cpu) | <u64>cpu.activity << 32);
  const explored = exploredOf(cpu.index);
  add(<u64>explored.count << 32 | explored.status);
  for (let n: u32 = 0; n < explored.count; n++) {
    const buffered = bufferedAt(cpu.index, n);
    add(buffered.pa << 8 | buffered.size);
    add(buffered.value);
  }
  for (let t: u32 = 0; t < exploration().tracked; t++) {
    const n = oldCount(cpu.index, t);
    add(n | <u64>load<u32>(oldValueAt(cpu.index, t, 0) - 4) << 32);
    for (let i: u32 = 0; i < n; i++) add(load<u64>(oldValueAt(cpu.index, t, i)));
  }
  if (exploration().handlers) addLapic(cpu, explored.fault);
  if (exploration().kernel) addKernelState(cpu);
  explored.hash0 = half0;
  explored.hash1 = half1;
  explored.hashed = 1;
}

/** Interrupts are taken as soon as they are delivered, so what is under way says all; of one in service RIP tells. */
function addLapic(cpu: Cpu, fault: u32): void {
  const messages = lapicOf(cpu).flightCount;
  add(<u64>fault << 32 | messages);
  for (let n: u32 = 0; n < messages; n++) add(messageVector(cpu, n));
  add(cpu.cr2);
}

/** What tells states of a kernel run apart besides: address spaces, the bases that SWAPGS exchanges, interrupts that are held off, spinning. */
function addKernelState(cpu: Cpu): void {
  add(cpu.cr3 << 2 | cpu.cpl);
  add(cpu.fsBase);
  add(cpu.gsBase);
  add(systemOf(cpu).kernelGsBase);
  add(<u64>exploredOf(cpu.index).handling << 48 | <u64>cpu.shadow << 32 | exploredOf(cpu.index).spins);
  const apic = changetype<usize>(lapicOf(cpu));
  for (let word: usize = 0; word < 64; word += 8) add(load<u64>(apic + word));
  add(lapicOf(cpu).tpr);
  for (let s: u32 = 0; s < exploration().spaces; s++) add(load<u32>(tagAt(cpu.index, s)));
}

/** Nothing is known of any CPU's part: the host may have changed its registers. */
export function forgetHashes(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) exploredOf(i).hashed = 0;
}

/** Computes the hash of the state as it is now, and of `context`; `hashHalf` gives its halves. */
export function hashState(context: u32): void {
  const x = exploration();
  const cpus = machine().cpus;
  for (let i: u32 = 0; i < cpus; i++) if (!exploredOf(i).hashed) hashCpu(cpuAt(i));
  half0 = x.memory0;
  half1 = x.memory1;
  add(context);
  // `asleep` is left out: what is not considered in a state was considered on a way to it.
  if (x.kernel) add(<u64>x.uses << 32 | x.yielders);
  for (let i: u32 = 0; i < cpus; i++) {
    half0 = fold(half0, exploredOf(i).hash0, K1);
    half1 = fold(half1, exploredOf(i).hash1, K2);
  }
}

export function hashHalf(which: u32): u64 {
  return which ? half1 : half0;
}
