// Delivery outside IA-32e mode: through the IDT of 32-bit protected mode (SDM 3A 7.12) and through the
// interrupt vector table of real-address mode (SDM 3A 21.1.4). Called by deliver.ts only.

import { Cpu, segment, CS, SS, TR, IF, TF, NT, RF, VM, AC } from "../state";
import { notImplemented, raiseCode, GP, NP, SSF, TS } from "../fault";
import { NI_TASK_SWITCH } from "../../global";
import { setStackPointer } from "../operand";
import { loadData, loadSystem, storeData, storeSystem } from "../../mmu/access";
import {
  A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_P, A_S, TASK_GATE,
  attributesOf, baseOf, cacheSegment, dplOf, isNull, limitOf, readDescriptor, selectorError, setType,
} from "./descriptor";
import { fits, loadRealSegment, readStackSegment } from "./segments";
import { updateMode } from "./mode";
import { FROM_HARDWARE, NO_CODE } from "./source";

/** The stack that a frame is written to: the current one, or the inner one that a TSS names. */
@unmanaged
class FrameStack {
  selector: u32;
  inner: u32;
  sp: u32;
  mask: u32;
  descriptor: u64;
  base: u64;
  limit: u32;
  attributes: u32;
}

/** Scratch for one delivery; nothing in it outlives the call. */
const scratch: usize = memory.data(offsetof<FrameStack>(), 8);

@inline
function frameStack(): FrameStack {
  return changetype<FrameStack>(scratch);
}

function useCurrentStack(cpu: Cpu): void {
  const stack = frameStack();
  const ss = segment(cpu, SS);
  stack.inner = 0;
  stack.sp = <u32>cpu.rsp;
  stack.mask = cpu.stackSize == 4 ? 0xffffffff : 0xffff;
  stack.base = ss.base;
  stack.limit = ss.limit;
  stack.attributes = ss.attributes;
}

/** Reads SS:ESP for `level` from the TSS, 16-bit or 32-bit, and checks it (SDM 2A, INT n, inter-privilege). */
function useInnerStack(cpu: Cpu, level: u32, ext: u32): void {
  const stack = frameStack();
  const tss = segment(cpu, TR);
  const wide = (tss.attributes & 8) != 0;
  const at: u32 = wide ? (level << 3) + 4 : (level << 2) + 2;
  const width: u32 = wide ? 4 : 2;
  if (at + width + 1 > tss.limit) return raiseCode(cpu, TS, selectorError(tss.selector, ext));
  stack.sp = <u32>loadSystem(cpu, tss.base + at, width);
  if (cpu.fault) return;
  stack.selector = <u32>loadSystem(cpu, tss.base + at + width, 2);
  if (cpu.fault) return;
  if (isNull(stack.selector)) return raiseCode(cpu, TS, ext);
  stack.descriptor = readStackSegment(cpu, stack.selector, level, TS, ext);
  if (cpu.fault) return;
  stack.inner = 1;
  stack.attributes = attributesOf(stack.descriptor);
  stack.mask = stack.attributes & A_DB ? 0xffffffff : 0xffff;
  stack.base = baseOf(stack.descriptor);
  stack.limit = limitOf(stack.descriptor);
}

/** Pushes one word of the frame at privilege `level`. */
function put(cpu: Cpu, level: u32, size: u32, value: u32, ext: u32): bool {
  const stack = frameStack();
  const sp = (stack.sp - size) & stack.mask;
  if (!fits(stack.attributes, stack.limit, sp, size)) {
    raiseCode(cpu, SSF, stack.inner ? selectorError(stack.selector, ext) : ext);
    return false;
  }
  stack.sp = sp;
  const va = <u64>(<u32>stack.base + sp);
  if (level == 3) storeData(cpu, va, size, value);
  else storeSystem(cpu, va, size, value);
  return cpu.fault == 0;
}

/** See takeVector in deliver.ts. */
export function deliverProtected(cpu: Cpu, vector: u32, source: u32, rip: u64, flags: u64, code: i64): void {
  const ext = source;
  const error = (vector << 3) | 2 | ext;
  if ((vector << 3) + 7 > cpu.idtLimit) return raiseCode(cpu, GP, error);
  const gate = loadSystem(cpu, cpu.idtBase + (vector << 3), 8);
  if (cpu.fault) return;
  const gateAttributes = attributesOf(gate);
  const type = gateAttributes & 0x1f;
  const interruptOrTrap = (type & 0x16) == 6; // 6, 7: 16-bit; 14, 15: 32-bit
  if ((!interruptOrTrap && type != TASK_GATE) || (source != FROM_HARDWARE && dplOf(gateAttributes) < cpu.cpl)) {
    return raiseCode(cpu, GP, error);
  }
  if (!(gateAttributes & A_P)) return raiseCode(cpu, NP, error);
  if (type == TASK_GATE) return notImplemented(cpu, NI_TASK_SWITCH);

  const selector = <u32>(gate >> 16) & 0xffff;
  if (isNull(selector)) return raiseCode(cpu, GP, ext);
  let descriptor = readDescriptor(cpu, selector, GP, ext);
  if (cpu.fault) return;
  const attributes = attributesOf(descriptor);
  const dpl = dplOf(attributes);
  if ((attributes & (A_S | A_CODE)) != (A_S | A_CODE) || dpl > cpu.cpl) {
    return raiseCode(cpu, GP, selectorError(selector, ext));
  }
  if (!(attributes & A_P)) return raiseCode(cpu, NP, selectorError(selector, ext));
  const level = attributes & A_CONFORMING ? cpu.cpl : dpl;
  if (level < cpu.cpl) useInnerStack(cpu, level, ext);
  else useCurrentStack(cpu);
  if (cpu.fault) return;

  const size: u32 = type & 8 ? 4 : 2;
  let target = <u32>gate & 0xffff;
  if (size == 4) target |= <u32>(gate >> 32) & 0xffff0000;
  if (target > limitOf(descriptor)) return raiseCode(cpu, GP, ext);
  if (level < cpu.cpl) {
    if (!put(cpu, level, size, segment(cpu, SS).selector, ext)) return;
    if (!put(cpu, level, size, <u32>cpu.rsp, ext)) return;
  }
  if (!put(cpu, level, size, <u32>flags, ext)) return;
  if (!put(cpu, level, size, segment(cpu, CS).selector, ext)) return;
  if (!put(cpu, level, size, <u32>rip, ext)) return;
  if (code != NO_CODE && !put(cpu, level, size, <u32>code, ext)) return;
  descriptor = setType(cpu, selector, descriptor, A_ACCESSED);
  if (cpu.fault) return;

  const stack = frameStack();
  if (stack.inner) cacheSegment(cpu, SS, stack.selector, stack.descriptor);
  cacheSegment(cpu, CS, (selector & 0xfffc) | level, descriptor);
  cpu.cpl = level;
  cpu.rip = target;
  cpu.system &= ~(TF | NT | RF | VM | (type & 1 ? 0 : IF));
  updateMode(cpu);
  setStackPointer(cpu, stack.sp);
}

/** Real-address mode: FLAGS, CS and IP are pushed, never an error code; the table entry is IP, CS. */
export function deliverReal(cpu: Cpu, vector: u32, rip: u64, flags: u64): void {
  if ((vector << 2) + 3 > cpu.idtLimit) return raiseCode(cpu, GP, 0);
  const entry = <u32>loadData(cpu, cpu.idtBase + (vector << 2), 4);
  if (cpu.fault) return;
  useCurrentStack(cpu);
  if (!put(cpu, 0, 2, <u32>flags, 0)) return;
  if (!put(cpu, 0, 2, segment(cpu, CS).selector, 0)) return;
  if (!put(cpu, 0, 2, <u32>rip, 0)) return;
  setStackPointer(cpu, frameStack().sp);
  loadRealSegment(cpu, CS, entry >> 16);
  cpu.rip = entry & 0xffff;
  cpu.system &= ~(TF | IF | AC | RF);
}
