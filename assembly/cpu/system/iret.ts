// IRET, IRETD, IRETQ (SDM 2A). Opcode-table handler. Hot: the return half of every exception.

import { Cpu, segment, CS, AC, DF, ID, IF, IOPL, NT, TF, VM, CR0_PE, MODE_64 } from "../state";
import { JUMP, NEXT, REC_SIZE } from "../record";
import { notImplemented, raiseCode, GP } from "../fault";
import { ARITHMETIC, setArithmeticFlags } from "../flags";
import { peek, setStackPointer } from "../operand";
import { dataBytes } from "../../mmu/access";
import { NI_TASK_SWITCH, NI_VM86 } from "../../global";
import { longMode, setSystemFlags } from "./mode";
import { loadRealSegment } from "./segments";
import { enterReturn, readReturnCode, readReturnStack } from "./return";

/** Bits of RFLAGS that an IRET at privilege `cpl` of operand size `size` may change. RF is dropped: see
 * imageOf in deliver.ts. */
function writable(cpl: u32, iopl: u32, size: u32): u32 {
  let mask = TF | DF | NT;
  if (size != 2) mask |= AC | ID;
  if (cpl <= iopl) mask |= IF;
  if (cpl == 0) mask |= IOPL;
  return mask;
}

function restoreFlags(cpu: Cpu, flags: u64, mask: u32): void {
  setArithmeticFlags(cpu, <u32>flags & ARITHMETIC);
  setSystemFlags(cpu, (cpu.system & ~mask) | (<u32>flags & mask));
}

function iretReal(cpu: Cpu, size: u32): i32 {
  const rip = peek(cpu, 0, size);
  if (cpu.fault) return NEXT;
  const cs = <u32>peek(cpu, size, size);
  if (cpu.fault) return NEXT;
  const flags = peek(cpu, 2 * size, size);
  if (cpu.fault) return NEXT;
  if (rip > segment(cpu, CS).limit) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  setStackPointer(cpu, cpu.rsp + 3 * size);
  loadRealSegment(cpu, CS, cs);
  cpu.rip = rip;
  restoreFlags(cpu, flags, writable(0, 0, size));
  return JUMP;
}

/** Word number `n`, of `size` bytes, above the stack pointer; `frame` is where the frame lies if one look-up answered for it, else 0. */
@inline
function frameWord(cpu: Cpu, frame: usize, n: u32, size: u32): u64 {
  return frame ? load<u64>(frame + (n << 3)) : peek(cpu, n * size, size);
}

export function iret(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  if (cpu.nmiBlocked) {
    // Even if the return faults (SDM 3A 7.7.1). One may wait.
    cpu.nmiBlocked = 0;
    cpu.attention = 1;
  }
  if (!(cpu.cr0 & CR0_PE)) return iretReal(cpu, size);
  const long = longMode(cpu);
  if (cpu.system & NT) {
    if (long) raiseCode(cpu, GP, 0);
    else notImplemented(cpu, NI_TASK_SWITCH);
    return NEXT;
  }
  const frame: usize = cpu.mode == MODE_64 && size == 8 ? dataBytes(cpu, cpu.rsp, 40) : 0;
  const rip = frameWord(cpu, frame, 0, size);
  if (cpu.fault) return NEXT;
  const cs = <u32>frameWord(cpu, frame, 1, size) & 0xffff;
  if (cpu.fault) return NEXT;
  const flags = frameWord(cpu, frame, 2, size);
  if (cpu.fault) return NEXT;
  if (!long && cpu.cpl == 0 && size == 4 && (<u32>flags & VM)) {
    notImplemented(cpu, NI_VM86);
    return NEXT;
  }
  const code = readReturnCode(cpu, cs, rip);
  if (cpu.fault) return NEXT;
  // 64-bit mode always pops SS:RSP; elsewhere only a return to lesser privilege does.
  const withStack = cpu.mode == MODE_64 || (cs & 3) > cpu.cpl;
  let sp = cpu.rsp + 3 * size;
  let ss: u32 = 0;
  let stack: u64 = 0;
  if (withStack) {
    sp = frameWord(cpu, frame, 3, size);
    if (cpu.fault) return NEXT;
    ss = <u32>frameWord(cpu, frame, 4, size) & 0xffff;
    if (cpu.fault) return NEXT;
    stack = readReturnStack(cpu, ss, cs & 3, code);
    if (cpu.fault) return NEXT;
  }
  const mask = writable(cpu.cpl, (cpu.system & IOPL) >> 12, size);
  enterReturn(cpu, cs, code, withStack, ss, stack);
  setStackPointer(cpu, sp);
  cpu.rip = rip;
  restoreFlags(cpu, flags, mask);
  return JUMP;
}
