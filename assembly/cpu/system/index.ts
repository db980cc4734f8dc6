// The system room's face: handlers that the opcode table names, and what the rest of the core calls.

export { intN, int3, into, int1 } from "./interrupt-instructions";
export { iret } from "./iret";
export { movToSeg, movFromSeg, pushSeg, popSeg, loadFarPointer } from "./segment-moves";
export { farJmp, farCall, farJmpMem, farCallMem, farRet, farRetImm } from "./far";
export { lgdt, lidt, sgdt, sidt, lldt, ltr, sldt, str } from "./tables";
export { lar, lsl, verr, verw } from "./selector-checks";
export { movFromCr, movToCr, lmsw, smsw, clts } from "./control";
export { movFromDr, movToDr } from "./debug";
export { cli, sti, pushf, popf, stac, clac } from "./flag-control";
export { hlt, pause, wbinvd, invd, invlpg, invpcid, rdtsc, rdtscp, rdpid, rdpmc, xgetbv } from "./processor";
export { rdmsr, wrmsr } from "./msr";
export { cpuid } from "./cpuid";
export { syscall, sysret, sysenter, sysexit } from "./syscall";
export { swapgs, rdfsbase, rdgsbase, wrfsbase, wrgsbase } from "./fs-gs";
export { inImm, inDx, outImm, outDx, ins, outs } from "./io";

/** Delivery, for the hot loop's tail and the scheduler. */
export { deliverException, deliverInterrupt } from "./deliver";
/** After a direct change of CR0, EFER, CS, SS, CPL or AC: power-on, SIPI, the debugger. */
export { updateMode, endSlice } from "./mode";
export { loadSegment, loadRealSegment } from "./segments";
export { setSegmentBase, cacheFlat } from "./descriptor";
