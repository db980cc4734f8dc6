// The state hash: one 64-bit number for the machine's state at a position of a run, to tell whether two runs are
// the same. It covers what the machine is: RAM, CPUs, chips, TLBs, PCID generations, host devices and counters. It
// leaves out what only records or speeds up: the frame table and the reverse index, decoded code, events, the stop
// record, and counters that depend on how often the interpreter was entered. A run that is cut into pieces, or goes on
// from a restored snapshot, must hash as one that is not.

import {
  MAX_CPUS, PAGE_SIZE, RAM_BASE, DEVICE_BASE, DEVICE_SIZE, COUNTER_BASE, COUNTER_STRIDE, CPU_BASE, CPU_STRIDE,
  TLB_BASE, TLB_BYTES, TLB_STRIDE, PCID_BASE, PCID_BYTES, PCID_STRIDE, STICKY_BASE, STICKY_SIZE, GLOBAL_BASE, GLOBAL_SIZE,
} from "../memory-map";
import { Cpu, cpuAt, systemOf, SystemRegisters, SLOT_FS } from "../cpu/state";
import { getRflags } from "../cpu/flags";
import { machine, DEVICES_IN_CORE } from "../global";
import { PRESET_STICKY } from "../mmu/presets";
import { scheduler, Scheduler, script, Script } from "../smp/state";
import { COUNTERS, C_BLOCKS_DECODED, C_CODE_WRITES } from "./counters";

/** Counters of code that was decoded: after a restore it is decoded again, and stores find less of it. */
const OF_DECODING: u64 = (<u64>1) << C_BLOCKS_DECODED | (<u64>1) << C_CODE_WRITES;

// Odd constants with about as many ones as zeros: a multiplication by one loses nothing.
const K1: u64 = 0x9fb21c651e98df25;
const K2: u64 = 0xd6e8feb86659fd93;

/** Block of a CPU past the structure `Cpu`: the local APIC and the scheduler's part. */
const APIC_OFFSET: usize = 0x800;
const APIC_BYTES: usize = 0xc20;

@inline
function mix(hash: u64, word: u64): u64 {
  return rotl(hash ^ word * K1, 29) * K2;
}

/** Whether `bytes`, a multiple of 64, at `at` are all zero. */
function isZero(at: usize, bytes: usize): bool {
  for (const end = at + bytes; at < end; at += 64) {
    const a = load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24);
    const b = load<u64>(at, 32) | load<u64>(at, 40) | load<u64>(at, 48) | load<u64>(at, 56);
    if (a | b) return false;
  }
  return true;
}

/** Hash of `bytes`, a multiple of 32, at `at`: four lanes, so that the multiplications overlap. */
function hashBlock(hash: u64, at: usize, bytes: usize): u64 {
  let a = hash;
  let b = hash ^ K1;
  let c = hash ^ K2;
  let d = ~hash;
  for (const end = at + bytes; at < end; at += 32) {
    a = mix(a, load<u64>(at));
    b = mix(b, load<u64>(at, 8));
    c = mix(c, load<u64>(at, 16));
    d = mix(d, load<u64>(at, 24));
  }
  return mix(mix(mix(a, b), c), d);
}

/** Hash of the non-zero pages of a region; where a page lies counts, zero pages do not. */
function hashPages(hash: u64, base: usize, bytes: usize): u64 {
  for (let offset: usize = 0; offset < bytes; offset += PAGE_SIZE) {
    if (isZero(base + offset, PAGE_SIZE)) continue;
    hash = hashBlock(mix(hash, offset), base + offset, PAGE_SIZE);
  }
  return hash;
}

/** Hash of the words from `at` up to `end`. */
function hashWords(hash: u64, at: usize, end: usize): u64 {
  for (; at < end; at += 8) hash = mix(hash, load<u64>(at));
  return hash;
}

/** Registers as the architecture has them, lazy flags as RFLAGS; and which page of code is translated already (mmu/fetch.ts). */
function hashCpu(hash: u64, cpu: Cpu): u64 {
  const at = changetype<usize>(cpu);
  hash = hashBlock(hash, at, 128);
  hash = mix(hash, load<u64>(at, SLOT_FS));
  hash = mix(hash, load<u64>(at, SLOT_FS + 8));
  hash = mix(hash, cpu.rip);
  hash = mix(hash, cpu.page);
  hash = mix(hash, cpu.codeFrame);
  hash = mix(hash, getRflags(cpu));
  hash = mix(hash, <u64>cpu.activity << 32 | <u64>cpu.shadow << 16 | cpu.nmiBlocked << 8 | cpu.cpl);
  // The sum of modelled cycles comes last; it is that of the counters, which are hashed.
  hash = hashWords(hash, at + offsetof<Cpu>("cr0"), at + offsetof<Cpu>("cycles"));
  const system = changetype<usize>(systemOf(cpu));
  hash = hashWords(hash, system, system + offsetof<SystemRegisters>());
  return hashBlock(hash, CPU_BASE + cpu.index * CPU_STRIDE + APIC_OFFSET, APIC_BYTES);
}

function hashGlobal(hash: u64): u64 {
  const g = machine();
  hash = mix(hash, <u64>g.cpus << 32 | g.preset);
  hash = mix(hash, g.ramSize);
  hash = mix(hash, g.steps);
  hash = mix(hash, g.clock);
  hash = mix(hash, g.random);
  hash = mix(hash, g.nextTimer);
  const state = changetype<usize>(scheduler());
  for (let offset: usize = 0; offset < offsetof<Scheduler>(); offset += 8) hash = mix(hash, load<u64>(state + offset));
  const played = changetype<usize>(script());
  for (let offset: usize = 0; script().entries != 0 && offset < offsetof<Script>(); offset += 8) hash = mix(hash, load<u64>(played + offset));
  return hashPages(hash, DEVICES_IN_CORE, GLOBAL_BASE + GLOBAL_SIZE - DEVICES_IN_CORE);
}

function hashCounters(hash: u64, index: u32): u64 {
  const row = COUNTER_BASE + index * COUNTER_STRIDE;
  for (let id: u32 = 0; id < COUNTERS; id++) {
    if (!(OF_DECODING >> id & 1)) hash = mix(hash, load<u64>(row + (id << 3)));
  }
  return hash;
}

/** The hash of the machine as it is now. */
export function stateHash(): u64 {
  const g = machine();
  let hash = hashGlobal(K2);
  hash = hashPages(hash, DEVICE_BASE, DEVICE_SIZE);
  for (let i: u32 = 0; i < min(g.cpus, MAX_CPUS); i++) {
    hash = hashCpu(hash, cpuAt(i));
    hash = hashCounters(hash, i);
    hash = hashPages(hash, TLB_BASE + i * TLB_STRIDE, TLB_BYTES);
    hash = hashPages(hash, PCID_BASE + i * PCID_STRIDE, PCID_BYTES);
  }
  if (g.preset == PRESET_STICKY) hash = hashPages(hash, STICKY_BASE, STICKY_SIZE);
  return hashPages(hash, RAM_BASE, g.ramSize);
}
