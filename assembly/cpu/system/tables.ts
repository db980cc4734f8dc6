// Descriptor-table and task registers: LGDT LIDT SGDT SIDT, LLDT LTR SLDT STR (SDM 2A, 2B). Opcode-table handlers.

import { Cpu, segment, LDTR, TR, CR4_UMIP, MODE_64 } from "../state";
import { NEXT, REC_INFO, REC_SIZE, F_MEM } from "../record";
import { raise, raiseCode, GP, NP, UD } from "../fault";
import { addressFor, readDstSized, writeDstSized } from "../operand";
import { loadData, probeWrite, storeData } from "../../mmu/access";
import {
  A_P, A_TYPE, LDT, TSS16_AVAILABLE, TSS_AVAILABLE,
  attributesOf, baseOf, cacheNull, cacheSegment, isNull, readBaseHigh, readDescriptor, selectorError, setType,
} from "./descriptor";
import { canonical, longMode, protectedMode } from "./mode";

/** UMIP hides SGDT, SIDT, SLDT, STR and SMSW from user programs (SDM 3A 2.5). Raises #GP(0) if it does. */
export function hiddenByUmip(cpu: Cpu): bool {
  if (cpu.cpl == 0 || !(cpu.cr4 & CR4_UMIP)) return false;
  raiseCode(cpu, GP, 0);
  return true;
}

/** Bytes of the base in a pseudo-descriptor. */
@inline
function baseBytes(cpu: Cpu): u32 {
  return cpu.mode == MODE_64 ? 8 : 4;
}

/** Reads limit and base at the operand into the register at `limitAt` and `baseAt` of Cpu. */
function loadTable(cpu: Cpu, rec: usize, limitAt: usize, baseAt: usize): i32 {
  if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  const bytes = baseBytes(cpu);
  const at = addressFor(cpu, rec, bytes + 2);
  if (cpu.fault) return NEXT;
  const limit = <u32>loadData(cpu, at, 2);
  if (cpu.fault) return NEXT;
  let base = loadData(cpu, at + 2, bytes);
  if (cpu.fault) return NEXT;
  if (bytes == 4 && load<u8>(rec, REC_SIZE) == 2) base &= 0xffffff;
  if (!canonical(base)) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  store<u32>(changetype<usize>(cpu) + limitAt, limit);
  store<u64>(changetype<usize>(cpu) + baseAt, base);
  return NEXT;
}

export function lgdt(cpu: Cpu, rec: usize): i32 {
  return loadTable(cpu, rec, offsetof<Cpu>("gdtLimit"), offsetof<Cpu>("gdtBase"));
}

export function lidt(cpu: Cpu, rec: usize): i32 {
  return loadTable(cpu, rec, offsetof<Cpu>("idtLimit"), offsetof<Cpu>("idtBase"));
}

function writeTable(cpu: Cpu, rec: usize, limit: u32, base: u64): i32 {
  if (hiddenByUmip(cpu)) return NEXT;
  const bytes = baseBytes(cpu);
  const at = addressFor(cpu, rec, bytes + 2);
  if (cpu.fault) return NEXT;
  probeWrite(cpu, at, 2);
  if (cpu.fault) return NEXT;
  storeData(cpu, at + 2, bytes, base);
  if (!cpu.fault) storeData(cpu, at, 2, limit);
  return NEXT;
}

export function sgdt(cpu: Cpu, rec: usize): i32 {
  return writeTable(cpu, rec, cpu.gdtLimit, cpu.gdtBase);
}

export function sidt(cpu: Cpu, rec: usize): i32 {
  return writeTable(cpu, rec, cpu.idtLimit, cpu.idtBase);
}

/** LLDT and LTR: CPL 0 in protected mode; returns the selector. */
function readSelector(cpu: Cpu, rec: usize): u32 {
  if (!protectedMode(cpu)) {
    raise(cpu, UD);
    return 0;
  }
  if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
    return 0;
  }
  return <u32>readDstSized(cpu, rec, 2) & 0xffff;
}

/** Loads LDTR or TR from a system descriptor, 16 bytes long in IA-32e mode. */
function loadSystemSegment(cpu: Cpu, s: u32, selector: u32, descriptor: u64, busy: u32): void {
  let high: u64 = 0;
  if (longMode(cpu)) {
    high = readBaseHigh(cpu, selector, GP);
    if (cpu.fault) return;
    if (!canonical(high | baseOf(descriptor))) return raiseCode(cpu, GP, selectorError(selector));
  }
  if (busy) {
    descriptor = setType(cpu, selector, descriptor, busy);
    if (cpu.fault) return;
  }
  cacheSegment(cpu, s, selector, descriptor);
  segment(cpu, s).base |= high;
}

export function lldt(cpu: Cpu, rec: usize): i32 {
  const selector = readSelector(cpu, rec);
  if (cpu.fault) return NEXT;
  if (isNull(selector)) {
    cacheNull(cpu, LDTR, selector);
    return NEXT;
  }
  if (selector & 4) {
    raiseCode(cpu, GP, selectorError(selector));
    return NEXT;
  }
  const descriptor = readDescriptor(cpu, selector, GP);
  if (cpu.fault) return NEXT;
  const attributes = attributesOf(descriptor);
  if ((attributes & A_TYPE) != LDT) raiseCode(cpu, GP, selectorError(selector));
  else if (!(attributes & A_P)) raiseCode(cpu, NP, selectorError(selector));
  else loadSystemSegment(cpu, LDTR, selector, descriptor, 0);
  return NEXT;
}

export function ltr(cpu: Cpu, rec: usize): i32 {
  const selector = readSelector(cpu, rec);
  if (cpu.fault) return NEXT;
  if (isNull(selector)) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  if (selector & 4) {
    raiseCode(cpu, GP, selectorError(selector));
    return NEXT;
  }
  const descriptor = readDescriptor(cpu, selector, GP);
  if (cpu.fault) return NEXT;
  const attributes = attributesOf(descriptor);
  const type = attributes & A_TYPE;
  const available = type == TSS_AVAILABLE || (type == TSS16_AVAILABLE && !longMode(cpu));
  if (!available) raiseCode(cpu, GP, selectorError(selector));
  else if (!(attributes & A_P)) raiseCode(cpu, NP, selectorError(selector));
  else loadSystemSegment(cpu, TR, selector, descriptor, 2);
  return NEXT;
}

/** SLDT and STR: 16 bits to memory, zero-extended to a register. */
function writeSelector(cpu: Cpu, rec: usize, s: u32): i32 {
  if (!protectedMode(cpu)) {
    raise(cpu, UD);
    return NEXT;
  }
  if (hiddenByUmip(cpu)) return NEXT;
  const size: u32 = load<u32>(rec, REC_INFO) & F_MEM ? 2 : load<u8>(rec, REC_SIZE);
  writeDstSized(cpu, rec, size, segment(cpu, s).selector);
  return NEXT;
}

export function sldt(cpu: Cpu, rec: usize): i32 {
  return writeSelector(cpu, rec, LDTR);
}

export function str(cpu: Cpu, rec: usize): i32 {
  return writeSelector(cpu, rec, TR);
}
