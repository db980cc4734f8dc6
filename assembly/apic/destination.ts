// Which CPUs a message is for: physical and logical destinations, in the flat, cluster and x2APIC models
// (SDM 3A 11.6.2), and the choice of one by lowest priority (11.6.2.4). Sets of CPUs are bit masks.

import { Cpu, cpuAt } from "../cpu/state";
import { machine } from "../global";
import { scheduler } from "../smp/state";
import { Lapic, lapicOf, isPresent, isX2apic, processorPriority, SVR_ENABLE } from "./lapic";

const BROADCAST_8: u32 = 0xff;
const BROADCAST_32: u32 = 0xffffffff;
const DFR_CLUSTER: u32 = 0;

/** All CPUs. */
export function everyone(): u64 {
  return u64.MAX_VALUE >> (64 - machine().cpus);
}

/** Whether logical destination `mda` names this APIC. */
function matchesLogical(cpu: Cpu, apic: Lapic, mda: u32): bool {
  if (isX2apic(cpu)) return apic.ldr >> 16 == mda >> 16 && (apic.ldr & mda & 0xffff) != 0;
  const own = apic.ldr >> 24;
  if (apic.dfr >> 28 != DFR_CLUSTER) return (own & mda) != 0;
  // Cluster 15 is a broadcast to all clusters.
  const sameCluster = own >> 4 == (mda >> 4 & 0xf) || (mda >> 4 & 0xf) == 0xf;
  return sameCluster && (own & mda & 0xf) != 0;
}

/** The APICs that destination `dest` names. `wide`: a 32-bit destination, from an x2APIC. */
export function targets(dest: u32, logical: bool, wide: bool): u64 {
  if (dest == (wide ? BROADCAST_32 : BROADCAST_8)) return everyone();
  const cpus = machine().cpus;
  if (!logical) return dest < cpus ? <u64>1 << dest : 0;
  let set: u64 = 0;
  for (let i: u32 = 0; i < cpus; i++) {
    const cpu = cpuAt(i);
    if (matchesLogical(cpu, lapicOf(cpu), dest)) set |= <u64>1 << i;
  }
  return set;
}

/**
 * The one of `set` that a lowest-priority message goes to: an enabled APIC of the lowest processor priority. Equal ones
 * take turns, from the one after the last that was chosen. 0 if no APIC of the set takes interrupts.
 */
export function lowestPriority(set: u64): u64 {
  const state = scheduler();
  const cpus = machine().cpus;
  let best: u32 = 0x100;
  let chosen: u32 = 0;
  for (let n: u32 = 1; n <= cpus; n++) {
    const i = (state.lastLowest + n) % cpus;
    if (!(set >> i & 1)) continue;
    const cpu = cpuAt(i);
    if (!isPresent(cpu) || !(lapicOf(cpu).svr & SVR_ENABLE)) continue;
    const priority = processorPriority(cpu);
    if (priority >= best) continue;
    best = priority;
    chosen = i;
  }
  if (best == 0x100) return 0;
  state.lastLowest = chosen;
  return <u64>1 << chosen;
}
