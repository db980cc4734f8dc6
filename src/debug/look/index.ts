// What a person wants to see of a machine, as data: walks, TLBs, memory, code. Nothing changes by being looked at.

export { backtrace, type BacktraceOptions, type StartRegisters } from "./backtrace.js";
export { disassemble, type DisassembleOptions, nameOf } from "./disassemble.js";
export { DEFAULT_FORMAT, examine, type ExamineOptions, formatUnit, parseFormat } from "./examine.js";
export { gdt, idt } from "./descriptors.js";
export { mappings, type MappingsOptions } from "./mappings.js";
export { type MemoryView, physicalMemory, readSome, readUnsigned, spaceMemory, virtualMemory } from "./memory.js";
export { sourceLines } from "./source.js";
export { covers, isStale, tlbView, type TlbFilter } from "./tlb.js";
export { TypedValue } from "./typed.js";
export { isCanonical, walk } from "./walk.js";
export { whyPage } from "./why.js";
export { decodeWord } from "./word.js";
export type * from "./types.js";
