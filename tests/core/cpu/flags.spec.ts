// Lazy flags: every way in which an instruction leaves them, against flags worked out at once.

import {
  cpuAt, AC, DF, IF, IOPL, TF, FLAGS_SUB, FLAGS_ADD, FLAGS_RESULT, FLAGS_PACKED, FLAGS_SHL, FLAGS_SHR, FLAGS_SAR, FLAGS_MUL,
} from "../../../assembly/cpu/state";
import {
  AF, ARITHMETIC, CF, OF, PF, SF, ZF, condition, conditionOf, getRflags, packFlags, setArithmeticFlags, setLogic, setResult, setRflags,
} from "../../../assembly/cpu/flags";

/** ZF, SF and PF of an 8-bit result. */
function ofByte(v: u32): u32 {
  return (v == 0 ? ZF : 0) | (v & 0x80) | (popcnt<u32>(v) & 1 ? 0 : PF);
}

/** Condition `cc` on packed flags (SDM vol. 1 appendix B). */
function holds(cc: u32, f: u32): bool {
  const less = ((f & SF) != 0) != ((f & OF) != 0);
  let even = false;
  switch (cc >> 1) {
    case 0: even = (f & OF) != 0; break;
    case 1: even = (f & CF) != 0; break;
    case 2: even = (f & ZF) != 0; break;
    case 3: even = (f & (CF | ZF)) != 0; break;
    case 4: even = (f & SF) != 0; break;
    case 5: even = (f & PF) != 0; break;
    case 6: even = less; break;
    default: even = less || (f & ZF) != 0;
  }
  return even != <bool>(cc & 1);
}

/** How many conditions of the tuple differ from those on its packed flags. */
function disagreements(op: i32, a: i64, b: i64, r: i64): u32 {
  const packed = packFlags(op, a, b, r);
  let n: u32 = 0;
  for (let cc: u32 = 0; cc < 16; cc++) if (condition(cc, op, a, b, r) != holds(cc, packed)) n++;
  return n;
}

describe("lazy flags", () => {
  test("of a byte sum and difference are right for all pairs of bytes", () => {
    let wrong: u32 = 0;
    for (let a: u32 = 0; a < 256; a++) {
      for (let b: u32 = 0; b < 256; b++) {
        const sa = <i64><i8>a;
        const sb = <i64><i8>b;
        const sum = (a + b) & 0xff;
        const exactSum = <i32>sa + <i32>sb;
        const add = ofByte(sum) | (a + b > 255 ? CF : 0) | (exactSum > 127 || exactSum < -128 ? OF : 0) | ((a & 15) + (b & 15) > 15 ? AF : 0);
        if (packFlags(FLAGS_ADD, sa, sb, <i64><i8>sum) != add) wrong++;
        const difference = (a - b) & 0xff;
        const exact = <i32>sa - <i32>sb;
        const sub = ofByte(difference) | (a < b ? CF : 0) | (exact > 127 || exact < -128 ? OF : 0) | ((a & 15) < (b & 15) ? AF : 0);
        if (packFlags(FLAGS_SUB, sa, sb, <i64><i8>difference) != sub) wrong++;
        wrong += disagreements(FLAGS_ADD, sa, sb, <i64><i8>sum) + disagreements(FLAGS_SUB, sa, sb, <i64><i8>difference);
      }
    }
    expect<u32>(wrong).toBe(0);
  });

  test("of shifts, products and explicit results agree with their conditions", () => {
    let wrong: u32 = 0;
    for (let a: i64 = -300; a < 300; a += 7) {
      for (let n: i64 = 1; n < 8; n++) {
        wrong += disagreements(FLAGS_SHL, a, 8 - n, <i64><i8>(a << n));
        wrong += disagreements(FLAGS_SHR, <i64><i8>a, n - 1, <i64><i8>(<u8>a >> <u8>n));
        wrong += disagreements(FLAGS_SAR, <i64><i8>a, n - 1, <i64><i8>a >> n);
        wrong += disagreements(FLAGS_RESULT, 0, n, <i64><i8>a);
        wrong += disagreements(FLAGS_MUL, a, n << 60, a * (n << 60));
        wrong += disagreements(FLAGS_PACKED, 0, 0, (a * n) & ARITHMETIC);
      }
    }
    expect<u32>(wrong).toBe(0);
  });

  test("of a product tell in CF and OF whether the high half was lost", () => {
    expect<u32>(packFlags(FLAGS_MUL, 3, 5, 15) & (CF | OF)).toBe(0);
    expect<u32>(packFlags(FLAGS_MUL, i64.MAX_VALUE, 2, -2) & (CF | OF)).toBe(CF | OF);
    expect<u32>(packFlags(FLAGS_MUL, 0x40000000, 4, 0) & (CF | OF)).toBe(CF | OF); // 32 bits: the product does not fit
  });

  test("of a logic operation have CF, OF and AF clear", () => {
    const cpu = cpuAt(0);
    setLogic(cpu, -1);
    expect<u32>(<u32>getRflags(cpu) & ARITHMETIC).toBe(SF | PF);
    expect<bool>(conditionOf(cpu, 8)).toBe(true);
  });

  test("given as a result keep the CF, OF and AF that come with it", () => {
    const cpu = cpuAt(0);
    setResult(cpu, 0, true, false, true);
    expect<u32>(<u32>getRflags(cpu) & ARITHMETIC).toBe(CF | AF | ZF | PF);
  });
});

describe("RFLAGS", () => {
  test("reads bit 1 as set and changes only the bits of the mask", () => {
    const cpu = cpuAt(0);
    setRflags(cpu, 0, 0xffffffff);
    expect<u64>(getRflags(cpu)).toBe(2);
    setRflags(cpu, 0xffffffff, DF | CF);
    expect<u64>(getRflags(cpu)).toBe(DF | CF | 2);
    setArithmeticFlags(cpu, ZF);
    setRflags(cpu, 0, IOPL | AC);
    expect<u64>(getRflags(cpu)).toBe(DF | ZF | 2);
    setRflags(cpu, 0, 0xffffffff);
  });

  test("asks for attention when IF or TF changes, and for nothing else", () => {
    const cpu = cpuAt(0);
    cpu.attention = 0;
    setRflags(cpu, DF | CF, DF | CF);
    expect<u32>(cpu.attention).toBe(0);
    setRflags(cpu, IF, IF);
    expect<u32>(cpu.attention).toBe(1);
    cpu.attention = 0;
    setRflags(cpu, TF, TF);
    expect<u32>(cpu.attention).toBe(1);
    setRflags(cpu, 0, 0xffffffff);
    cpu.attention = 0;
  });
});
