// Delivery through the 64-bit IDT (SDM 3A 7.14): interrupt and trap gates, IST, stack switch from the
// 64-bit TSS. Called by deliver.ts only. Hot: a page-fault round trip is two of these tables and an IRETQ.
//
//   gate, low half:   offset 31:16 | P DPL 0 type | IST | selector | offset 15:0        high half: offset 63:32
//   frame, aligned:   SS  RSP  RFLAGS  CS  RIP  [error code] <- new RSP

import { Cpu, Segment, segment, CS, SS, TR, IF, TF, NT, RF, VM, MODE_64 } from "../state";
import { raiseCode, GP, NP, SSF, TS } from "../fault";
import { loadSystem, storeData, storeSystem, systemBytes, systemRoom } from "../../mmu/access";
import {
  A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_L, A_P, A_S,
  attributesOf, cacheNull, cacheSegment, dplOf, isNull, readDescriptor, selectorError, setType,
} from "./descriptor";
import { canonical, updateMode } from "./mode";
import { FROM_HARDWARE, NO_CODE } from "./source";

const INTERRUPT_GATE: u32 = 0xe;
const TRAP_GATE: u32 = 0xf;

/** Error code for a fault in gate `vector` of the IDT (SDM 3A 7.13). */
@inline
function gateError(vector: u32, ext: u32): u32 {
  return (vector << 3) | 2 | ext;
}

/** Stack pointer `at` bytes into the 64-bit TSS (SDM 3A figure 8-11). */
function tssStack(cpu: Cpu, at: u32, ext: u32): u64 {
  const tss: Segment = segment(cpu, TR);
  if (at + 7 > tss.limit) {
    raiseCode(cpu, TS, selectorError(tss.selector, ext));
    return 0;
  }
  return loadSystem(cpu, tss.base + at, 8);
}

/**
 * Word number `n` from the bottom of the frame at `bottom`; `room` is where the frame lies in linear memory if one look-up
 * answered for all of it, else 0. A handler at CPL 3 has its frame on a user stack.
 */
@inline
function put(cpu: Cpu, level: u32, bottom: u64, room: usize, n: u32, value: u64): bool {
  if (room) {
    store<u64>(room + (n << 3), value);
    return true;
  }
  if (level == 3) storeData(cpu, bottom + (n << 3), 8, value);
  else storeSystem(cpu, bottom + (n << 3), 8, value);
  return cpu.fault == 0;
}

/** Code segment descriptor of a gate, checked; 0 and a fault if the gate may not be used. */
function gateCode(cpu: Cpu, selector: u32, ext: u32): u64 {
  if (isNull(selector)) {
    raiseCode(cpu, GP, ext);
    return 0;
  }
  const descriptor = readDescriptor(cpu, selector, GP, ext);
  if (cpu.fault) return 0;
  const attributes = attributesOf(descriptor);
  const error = selectorError(selector, ext);
  if ((attributes & (A_S | A_CODE)) != (A_S | A_CODE) || dplOf(attributes) > cpu.cpl) raiseCode(cpu, GP, error);
  else if (!(attributes & A_P)) raiseCode(cpu, NP, error);
  else if ((attributes & (A_L | A_DB)) != A_L) raiseCode(cpu, GP, error);
  return descriptor;
}

/** See takeVector in deliver.ts. */
export function deliverLong(cpu: Cpu, vector: u32, source: u32, rip: u64, flags: u64, code: i64): void {
  const ext = source;
  const entry = vector << 4;
  if (entry + 15 > cpu.idtLimit) return raiseCode(cpu, GP, gateError(vector, ext));
  const at = systemBytes(cpu, cpu.idtBase + entry, 16);
  const low = at ? load<u64>(at) : loadSystem(cpu, cpu.idtBase + entry, 8);
  if (cpu.fault) return;
  const high = at ? load<u64>(at, 8) : loadSystem(cpu, cpu.idtBase + entry + 8, 8);
  if (cpu.fault) return;
  const gate = attributesOf(low);
  const type = gate & 0x1f;
  if ((type != INTERRUPT_GATE && type != TRAP_GATE) || (source != FROM_HARDWARE && dplOf(gate) < cpu.cpl)) {
    return raiseCode(cpu, GP, gateError(vector, ext));
  }
  if (!(gate & A_P)) return raiseCode(cpu, NP, gateError(vector, ext));

  const selector = <u32>(low >> 16) & 0xffff;
  let descriptor = gateCode(cpu, selector, ext);
  if (cpu.fault) return;
  const attributes = attributesOf(descriptor);
  const level = attributes & A_CONFORMING ? cpu.cpl : dplOf(attributes);
  const ist = <u32>(low >> 32) & 7;
  let sp = cpu.rsp;
  if (ist) sp = tssStack(cpu, 28 + (ist << 3), ext);
  else if (level < cpu.cpl) sp = tssStack(cpu, 4 + (level << 3), ext);
  if (cpu.fault) return;
  sp &= ~15;
  const below: u32 = code == NO_CODE ? 0 : 1; // words below RIP
  const size = (5 + below) << 3;
  const bottom = sp - size;
  if (!canonical(bottom) || !canonical(sp - 1)) return raiseCode(cpu, SSF, ext);
  const target = (low & 0xffff) | ((low >> 32) & 0xffff0000) | (high << 32);
  if (!canonical(target)) return raiseCode(cpu, GP, ext);

  const room = level == 3 ? 0 : systemRoom(cpu, bottom, size);
  if (!put(cpu, level, bottom, room, below + 4, segment(cpu, SS).selector)) return;
  if (!put(cpu, level, bottom, room, below + 3, cpu.rsp)) return;
  if (!put(cpu, level, bottom, room, below + 2, flags)) return;
  if (!put(cpu, level, bottom, room, below + 1, segment(cpu, CS).selector)) return;
  if (!put(cpu, level, bottom, room, below, rip)) return;
  if (below && !put(cpu, level, bottom, room, 0, <u64>code)) return;
  descriptor = setType(cpu, selector, descriptor, A_ACCESSED);
  if (cpu.fault) return;

  // From 64-bit code to 64-bit code of the same privilege, nothing that updateMode looks at changes.
  const changes = level != cpu.cpl || cpu.mode != MODE_64;
  if (level != cpu.cpl) cacheNull(cpu, SS, level);
  cacheSegment(cpu, CS, (selector & 0xfffc) | level, descriptor);
  cpu.cpl = level;
  cpu.rsp = bottom;
  cpu.rip = target;
  // TF only goes from 1 to 0 here and IF too: neither needs the scheduler.
  cpu.system &= ~(TF | NT | RF | VM | (type == INTERRUPT_GATE ? IF : 0));
  if (changes) updateMode(cpu);
}
