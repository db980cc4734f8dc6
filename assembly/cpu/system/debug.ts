// Debug registers (SDM 3B 18.2). They read and write as the manual says; enabling a breakpoint in DR7 stops the run
// by name, since none would ever hit. Opcode-table handlers.

import { Cpu, systemOf, SystemRegisters, MODE_64 } from "../state";
import { NEXT, REC_INFO, F_REG_SHIFT, F_RM_SHIFT } from "../record";
import { notImplemented, raise, raiseCode, DB, GP, UD } from "../fault";
import { writeReg } from "../operand";
import { NI_DEBUG_REGISTERS } from "../../global";
import { CR4_DE } from "./control";

const DR6_ONES: u64 = 0xffff0ff0; // reserved bits that read as 1
const DR6_WRITABLE: u64 = 0xe00f;
const DR6_BD: u64 = 0x2000;
const DR7_ONES: u64 = 0x400;
const DR7_ZEROS: u64 = 0xd800;
const DR7_GD: u64 = 0x2000;
const DR7_ENABLE: u64 = 0xff; // L0 G0 ... L3 G3

/** Number of the debug register, or 0 with a fault. DR4 and DR5 are DR6 and DR7 unless CR4.DE. */
function number(cpu: Cpu, rec: usize): u32 {
  const n = (load<u32>(rec, REC_INFO) >> F_REG_SHIFT) & 15;
  const alias = n == 4 || n == 5;
  if (n > 7 || (alias && (cpu.cr4 & CR4_DE))) {
    raise(cpu, UD);
  } else if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
  } else if (systemOf(cpu).dr7 & DR7_GD) {
    // General detect: any access traps, and the handler may use the registers.
    systemOf(cpu).dr7 &= ~DR7_GD;
    systemOf(cpu).dr6 |= DR6_BD;
    raise(cpu, DB);
  }
  return alias ? n + 2 : n;
}

@inline
function address(cpu: Cpu, n: u32): usize {
  // DR6 and DR7 follow DR3 directly.
  return changetype<usize>(systemOf(cpu)) + offsetof<SystemRegisters>("dr0") + ((n < 4 ? n : n - 2) << 3);
}

@inline
function generalSlot(rec: usize): u32 {
  return ((load<u32>(rec, REC_INFO) >> F_RM_SHIFT) & 15) << 3;
}

export function movFromDr(cpu: Cpu, rec: usize): i32 {
  const n = number(cpu, rec);
  if (cpu.fault) return NEXT;
  let value = load<u64>(address(cpu, n));
  if (n == 6) value |= DR6_ONES;
  if (n == 7) value |= DR7_ONES;
  writeReg(cpu, generalSlot(rec), cpu.mode == MODE_64 ? 8 : 4, <i64>value);
  return NEXT;
}

export function movToDr(cpu: Cpu, rec: usize): i32 {
  const n = number(cpu, rec);
  if (cpu.fault) return NEXT;
  let value = load<u64>(changetype<usize>(cpu) + generalSlot(rec));
  if (cpu.mode != MODE_64) value = <u32>value;
  if (n >= 6 && value >> 32) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  if (n == 7 && (value & DR7_ENABLE)) {
    notImplemented(cpu, NI_DEBUG_REGISTERS);
    return NEXT;
  }
  if (n == 6) value = (value & DR6_WRITABLE) | DR6_ONES;
  if (n == 7) value = (value & ~DR7_ZEROS) | DR7_ONES;
  store<u64>(address(cpu, n), value);
  return NEXT;
}
