// System instructions: segments, descriptor tables, control registers, interrupts, I/O, system calls.

import { row } from "../row.mjs";

const end = { end: true };
const legacy = { mode: "legacy" };

const pushSegs = [["06", "0E", "16", "1E"], ["07", null, "17", "1F"]];

export const system = [
  ...pushSegs[0].map((op, s) => row(op, `q,S${s}`, "pushSeg", legacy)),
  ...pushSegs[1].flatMap((op, s) => (op ? [row(op, `q,S${s}`, "popSeg", legacy)] : [])),
  row("0F A0", "q,S4", "pushSeg"),
  row("0F A8", "q,S5", "pushSeg"),
  row("0F A1", "q,S4", "popSeg"),
  row("0F A9", "q,S5", "popSeg"),
  row("8C", "Ev,Sw", "movFromSeg"),
  row("8E", "Sw,Ew", "movToSeg"),
  row("C4 m", "Gv,Mp", "loadFarPointer", { mode: "legacy", segment: 0 }),
  row("C5 m", "Gv,Mp", "loadFarPointer", { mode: "legacy", segment: 3 }),
  row("0F B2 m", "Gv,Mp", "loadFarPointer", { segment: 2 }),
  row("0F B4 m", "Gv,Mp", "loadFarPointer", { segment: 4 }),
  row("0F B5 m", "Gv,Mp", "loadFarPointer", { segment: 5 }),
  row("9A", "Ap", "farCall", { mode: "legacy", end: true }),
  row("EA", "Ap", "farJmp", { mode: "legacy", end: true }),
  row("FF /3 m", "Ev", "farCallMem", end),
  row("FF /5 m", "Ev", "farJmpMem", end),
  row("CB", "v", "farRet", end),
  row("CA", "v,Iw", "farRetImm", end),
  row("CC", "", "int3", end),
  row("CD", "Ib", "intN", end),
  row("CE", "", "into", { mode: "legacy", end: true }),
  row("F1", "", "int1", end),
  row("CF", "v", "iret", end),
  row("9C", "q", "pushf"),
  row("9D", "q", "popf", end),
  row("F4", "", "hlt", end),
  row("F5", "", "cmc"),
  row("F8", "", "clc"),
  row("F9", "", "stc"),
  row("FA", "", "cli", end),
  row("FB", "", "sti", end),
  row("FC", "", "cld"),
  row("FD", "", "std"),
  row("90", "", "pause", { prefix: "F3", end: true }),
  row("9B", "", "fwait"),
  row("62 m", "Gv,M", "bound", legacy),
  row("E4", "AL,Ib", "inImm", end),
  row("E5", "rAXd,Ib", "inImm", end),
  row("E6", "AL,Ib", "outImm", end),
  row("E7", "rAXd,Ib", "outImm", end),
  row("EC", "AL", "inDx", end),
  row("ED", "rAXd", "inDx", end),
  row("EE", "AL", "outDx", end),
  row("EF", "rAXd", "outDx", end),
  row("0F 00 /0", "Ev", "sldt"),
  row("0F 00 /1", "Ev", "str"),
  row("0F 00 /2", "Ew", "lldt"),
  row("0F 00 /3", "Ew", "ltr"),
  row("0F 00 /4", "Ew", "verr"),
  row("0F 00 /5", "Ew", "verw"),
  row("0F 01 /0 m", "Mp", "sgdt"),
  row("0F 01 /1 m", "Mp", "sidt"),
  row("0F 01 /2 m", "Mp", "lgdt"),
  row("0F 01 /3 m", "Mp", "lidt"),
  row("0F 01 /4", "Ev", "smsw"),
  row("0F 01 /6", "Ew", "lmsw", end),
  row("0F 01 /7 m", "M", "invlpg", end),
  row("0F 01 =C8", "", "undefined"), // MONITOR: not advertised
  row("0F 01 =C9", "", "undefined"), // MWAIT
  row("0F 01 =CA", "", "clac", { ...end, prefix: "none" }),
  row("0F 01 =CB", "", "stac", { ...end, prefix: "none" }),
  row("0F 01 =D0", "", "xgetbv", { prefix: "none" }),
  row("0F 01 =F8", "", "swapgs", { mode: "64", end: true }),
  row("0F 01 =F9", "", "rdtscp"),
  row("0F 02", "Gv,Ew", "lar"),
  row("0F 03", "Gv,Ew", "lsl"),
  row("0F 05", "", "syscall", { mode: "64", end: true }),
  row("0F 06", "", "clts", end),
  row("0F 07", "y", "sysret", { mode: "64", end: true }),
  row("0F 08", "", "invd", end),
  row("0F 09", "", "wbinvd", end),
  row("0F 0B", "", "undefined", end), // UD2
  row("0F B9", "Gv,Ev", "undefined", end), // UD1
  row("0F FF", "Gv,Ev", "undefined", end), // UD0
  row("0F 20", "Rq", "movFromCr"),
  row("0F 21", "Rq", "movFromDr"),
  row("0F 22", "Rq", "movToCr", end),
  row("0F 23", "Rq", "movToDr", end),
  row("0F 30", "", "wrmsr", end),
  row("0F 31", "", "rdtsc"),
  row("0F 32", "", "rdmsr"),
  row("0F 33", "", "rdpmc"),
  row("0F 34", "", "sysenter", end),
  row("0F 35", "y", "sysexit", end),
  row("0F A2", "", "cpuid"),
  row("0F AE /0 r", "Ey", "rdfsbase", { prefix: "F3", mode: "64" }),
  row("0F AE /1 r", "Ey", "rdgsbase", { prefix: "F3", mode: "64" }),
  row("0F AE /2 r", "Ey", "wrfsbase", { prefix: "F3", mode: "64", end: true }),
  row("0F AE /3 r", "Ey", "wrgsbase", { prefix: "F3", mode: "64", end: true }),
  row("0F C7 /7 r", "Ey", "rdpid", { prefix: "F3" }),
  row("0F38 82 m", "Gq,M", "invpcid", { prefix: "66", end: true }),
];

/** Known instructions that this machine does not have: they stop the run and say so. Everything without a row is #UD. */
export const absent = [
  ...["D8", "D9", "DA", "DB", "DC", "DD", "DE", "DF"].map((op) => row(op, "Eb", "fpu")),
  ...range(0x10, 0x17).map((op) => row(`0F ${op}`, "Eb", "simd")),
  ...range(0x28, 0x2f).map((op) => row(`0F ${op}`, "Eb", "simd")),
  ...range(0x50, 0x76).map((op) => row(`0F ${op}`, /^7[0-3]$/.test(op) ? "Eb,Ib" : "Eb", "simd")),
  row("0F 77", "", "simd"),
  ...range(0x7c, 0x7f).map((op) => row(`0F ${op}`, "Eb", "simd")),
  row("0F C2", "Eb,Ib", "simd"),
  ...[0xc4, 0xc5, 0xc6].map((op) => row(`0F ${op.toString(16)}`, "Eb,Ib", "simd")),
  ...range(0xd0, 0xfe).map((op) => row(`0F ${op}`, "Eb", "simd")),
  ...[0, 1, 2, 3].map((digit) => row(`0F AE /${digit} m`, "Eb", "simd")), // FXSAVE FXRSTOR LDMXCSR STMXCSR
  ...range(0x00, 0x0b).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  ...range(0x1c, 0x1e).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  ...range(0x20, 0x25).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  ...range(0x28, 0x2b).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  ...range(0x30, 0x41).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  ...range(0xdb, 0xdf).map((op) => row(`0F38 ${op}`, "Eb", "simd")),
  row("62", "Eb", "simd", { mode: "64" }), // EVEX
  ...["VEX.0F", "VEX.0F38", "VEX.0F3A"].flatMap((map) => range(0, 0xff).map((op) => row(`${map} ${op}`, "Eb", "simd"))),
  row("0F38 F0", "Gv,Ev", "simd", { prefix: "F2" }), // CRC32
  row("0F38 F1", "Gv,Ev", "simd", { prefix: "F2" }),
  ...range(0x08, 0x0f).map((op) => row(`0F3A ${op}`, "Eb,Ib", "simd")),
  ...range(0x14, 0x22).map((op) => row(`0F3A ${op}`, "Eb,Ib", "simd")),
  ...range(0x60, 0x63).map((op) => row(`0F3A ${op}`, "Eb,Ib", "simd")),
];

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i).toString(16).padStart(2, "0"));
}
