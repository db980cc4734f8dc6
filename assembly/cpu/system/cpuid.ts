// CPUID (SDM 2A): what the machine says it is. Opcode-table handler.
//
// The vendor is GenuineIntel, because where Intel and AMD differ the machine does as Intel: SYSCALL is #UD outside
// 64-bit mode, SYSRET checks RCX, a null load clears FS.base, SYSENTER works in IA-32e mode. The feature bits are
// exactly those implemented; there is no FPU, SSE or AVX.

import { Cpu } from "../state";
import { NEXT } from "../record";
import { machine } from "../../global";
import { isPresent } from "../../apic/lapic";

/** Family 6, model 5EH, stepping 3: a Skylake client, whose TLBs are the default preset. RDX after reset too. */
export const SIGNATURE: u32 = 0x000506e3;

const FEATURES_1_ECX: u32 =
  (1 << 13) | // CMPXCHG16B
  (1 << 17) | // PCID
  (1 << 21) | // x2APIC
  (1 << 22) | // MOVBE
  (1 << 23) | // POPCNT
  (1 << 24); // TSC deadline

const FEATURES_1_EDX: u32 =
  (1 << 2) | // DE
  (1 << 3) | // PSE
  (1 << 4) | // TSC
  (1 << 5) | // MSR
  (1 << 6) | // PAE
  (1 << 7) | // MCE
  (1 << 8) | // CMPXCHG8B
  (1 << 11) | // SYSENTER
  (1 << 12) | // MTRR
  (1 << 13) | // PGE
  (1 << 14) | // MCA, with no banks
  (1 << 15) | // CMOV
  (1 << 16) | // PAT
  (1 << 19); // CLFLUSH

/** Bit 9 of EDX, which follows IA32_APIC_BASE. */
const FEATURE_APIC: u32 = 1 << 9;
/** Bit 28 of EDX: EBX[23:16] tells the number of logical processors. */
const FEATURE_HTT: u32 = 1 << 28;

const FEATURES_7_EBX: u32 =
  (1 << 0) | // FSGSBASE
  (1 << 3) | // BMI1
  (1 << 7) | // SMEP
  (1 << 8) | // BMI2
  (1 << 9) | // enhanced REP MOVSB/STOSB
  (1 << 10) | // INVPCID
  (1 << 19) | // ADX
  (1 << 20); // SMAP

const FEATURES_7_ECX: u32 =
  (1 << 2) | // UMIP
  (1 << 22); // RDPID

const FEATURES_80000001_ECX: u32 =
  (1 << 0) | // LAHF in 64-bit mode
  (1 << 5) | // LZCNT
  (1 << 8); // PREFETCHW

const FEATURES_80000001_EDX: u32 =
  (1 << 11) | // SYSCALL in 64-bit mode
  (1 << 20) | // NX
  (1 << 26) | // 1 GiB pages
  (1 << 27) | // RDTSCP
  (1 << 29); // long mode

const MAX_BASIC: u32 = 0x16;
const MAX_EXTENDED: u32 = 0x80000008;

/** TSC ticks a second: one a nanosecond. */
const TSC_HZ: u32 = 1000000000;

/** "Shootdown x86-64 processor" and zeros up to 48 bytes, as CPUID 80000002H..80000004H return it. */
const BRAND: usize = memory.data<u8>([
  0x53, 0x68, 0x6f, 0x6f, 0x74, 0x64, 0x6f, 0x77, 0x6e, 0x20, 0x78, 0x38, 0x36, 0x2d, 0x36, 0x34,
  0x20, 0x70, 0x72, 0x6f, 0x63, 0x65, 0x73, 0x73, 0x6f, 0x72, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

function answer(cpu: Cpu, a: u32, b: u32, c: u32, d: u32): i32 {
  cpu.rax = a;
  cpu.rbx = b;
  cpu.rcx = c;
  cpu.rdx = d;
  return NEXT;
}

/** Bits of an APIC ID that tell the CPUs of the one package apart. */
function idBits(): u32 {
  return 32 - clz<u32>(machine().cpus - 1);
}

function features(cpu: Cpu): i32 {
  const cpus = machine().cpus;
  // Initial APIC ID, room for logical processors, CLFLUSH line of 8 * 8 bytes.
  const b = (cpu.index << 24) | ((1 << idBits()) << 16) | (8 << 8);
  const d = FEATURES_1_EDX | (isPresent(cpu) ? FEATURE_APIC : 0) | (cpus > 1 ? FEATURE_HTT : 0);
  return answer(cpu, SIGNATURE, b, FEATURES_1_ECX, d);
}

/** Leaf 0BH: level 0 is a thread (one a core), level 1 the cores of the package. */
function topology(cpu: Cpu): i32 {
  const level = <u32>cpu.rcx;
  if (level == 0) return answer(cpu, 0, 1, 0x100, cpu.index);
  if (level == 1) return answer(cpu, idBits(), machine().cpus, 0x201, cpu.index);
  return answer(cpu, 0, 0, level & 0xff, cpu.index);
}

function brand(cpu: Cpu, leaf: u32): i32 {
  const at = BRAND + ((leaf - 0x80000002) << 4);
  return answer(cpu, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
}

export function cpuid(cpu: Cpu, rec: usize): i32 {
  let leaf = <u32>cpu.rax;
  // Leaves beyond the last answer as the last basic one does (SDM 2A CPUID).
  if (leaf > MAX_EXTENDED || (leaf > MAX_BASIC && leaf < 0x80000000)) leaf = MAX_BASIC;
  switch (leaf) {
    case 0: return answer(cpu, MAX_BASIC, 0x756e6547, 0x6c65746e, 0x49656e69); // "Genu" "ntel" "ineI"
    case 1: return features(cpu);
    case 6: return answer(cpu, 4, 0, 0, 0); // the APIC timer never stops
    case 7: return <u32>cpu.rcx == 0 ? answer(cpu, 0, FEATURES_7_EBX, FEATURES_7_ECX, 0) : answer(cpu, 0, 0, 0, 0);
    case 0xb: return topology(cpu);
    case 0x15: return answer(cpu, 1, 1, TSC_HZ, 0); // TSC = crystal * 1 / 1
    case 0x16: return answer(cpu, TSC_HZ / 1000000, TSC_HZ / 1000000, 0, 0);
    case 0x80000000: return answer(cpu, MAX_EXTENDED, 0, 0, 0);
    case 0x80000001: return answer(cpu, 0, 0, FEATURES_80000001_ECX, FEATURES_80000001_EDX);
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: return brand(cpu, leaf);
    case 0x80000007: return answer(cpu, 0, 0, 0, 1 << 8); // the TSC runs at a constant rate
    case 0x80000008: return answer(cpu, 40 | (48 << 8), 0, 0, 0);
    default: return answer(cpu, 0, 0, 0, 0);
  }
}
