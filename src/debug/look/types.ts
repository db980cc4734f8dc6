// What a person wants to see of a machine, as data. The console and the gdb server format it; nothing that is
// looked at changes by it.

import type { PendingIpi, TlbEntry } from "../../machine/index.js";
import type { LineAt, SymbolAt } from "../symbols/types.js";

export type TableLevel = "PML4E" | "PDPTE" | "PDE" | "PTE";

/** Bits of a page-table word, by their names in SDM 3A 4.5. */
export type WordFlag = "P" | "W" | "U" | "PWT" | "PCD" | "A" | "D" | "PS" | "G" | "PAT" | "NX";

/** A page-table word, decoded. */
export interface TableWord {
  readonly level: TableLevel;
  /** Physical address of the word. */
  readonly wordAddress: number;
  readonly value: bigint;
  readonly present: boolean;
  readonly flags: readonly WordFlag[];
  /** It maps a page, rather than point to a table. */
  readonly leaf: boolean;
  /** Physical address of the page or of the next table; absent where the word is not present. */
  readonly physical?: bigint;
  /** Bits 9 to 11 and 52 to 58, which the processor leaves to software, if any are set. */
  readonly software?: bigint;
  /** A bit that must be zero is set: walks that come here fault. */
  readonly reserved?: bigint;
}

export interface PageRights {
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
  readonly global: boolean;
}

export interface Walk {
  readonly cpu: number;
  readonly address: bigint;
  readonly root: bigint;
  readonly pcid: number;
  /** Words read, from the root down; none where paging is off. */
  readonly levels: readonly TableWord[];
  readonly outcome:
    | { readonly kind: "mapped"; readonly physical: bigint; readonly pageSize: number; readonly rights: PageRights }
    | { readonly kind: "not-present" | "reserved-bit" | "not-canonical" | "outside-ram"; readonly level?: TableLevel }
    /** CR0.PG is 0: linear is physical. */
    | { readonly kind: "no-paging"; readonly physical: bigint };
}

/** A run of linear addresses that are mapped alike. */
export interface Mapping {
  readonly start: bigint;
  /** First address behind it; 2^64 at the top. */
  readonly end: bigint;
  readonly rights: PageRights;
  /** Sizes of the pages that map it. */
  readonly pageSizes: readonly number[];
  /** Physical address of the first byte, if the whole run is contiguous there too. */
  readonly physical?: bigint;
}

/** A cached translation, with what has become of it. */
export interface TlbView extends TlbEntry {
  readonly cpu: number;
  /** Where the instruction that made it fill is. */
  readonly filledAtSymbol?: SymbolAt;
  /** The page-table word that it came from, as it is now. */
  readonly word?: TableWord;
  /** Set if a word that it was made from has changed since it was filled. */
  readonly changed?: {
    readonly atStep: bigint;
    readonly byCpu: number;
    /** How the entry departs from the page-table words now: what it says against what they say. */
    readonly differs: readonly ("not-mapped" | "frame" | "size" | "writable" | "user" | "executable" | "table")[];
  };
}

export interface Instruction {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly symbol?: SymbolAt;
  readonly line?: LineAt;
  /** Address that a branch, a call or a RIP-relative operand names. */
  readonly target?: { readonly address: bigint; readonly symbol?: SymbolAt };
  /** RIP of the CPU is here. */
  readonly current: boolean;
  readonly flow: "next" | "branch" | "conditional" | "call" | "return" | "interrupt" | "invalid";
}

export type Syntax = "intel" | "att";

/** gdb's x/FMT: count, format letter, unit size in bytes. */
export interface ExamineFormat {
  readonly count: number;
  readonly format: "x" | "d" | "u" | "o" | "t" | "a" | "c" | "s" | "i";
  readonly size: 1 | 2 | 4 | 8;
}

export interface ExamineRow {
  readonly address: bigint;
  readonly symbol?: SymbolAt;
  readonly values: readonly { readonly value?: bigint; readonly text: string }[];
  /** Why the row ends here: memory that is not mapped. */
  readonly error?: string;
}

export interface Frame {
  readonly level: number;
  readonly rip: bigint;
  /** Stack pointer of the frame. */
  readonly rsp: bigint;
  readonly symbol?: SymbolAt;
  /** Where in that function it is; for an inlined call, the line that calls. */
  readonly line?: LineAt;
  /** Functions that were inlined here, innermost first, each with the line that it is at. */
  readonly inlined?: readonly { readonly name: string; readonly file?: string; readonly line?: number }[];
  readonly user: boolean;
  /** How it was found: the CPU's registers, call frame information, the frame pointer. */
  readonly by: "registers" | "cfi" | "frame-pointer";
  /** An interrupt, exception or system call made the frame below this one. */
  readonly interrupted: boolean;
}

export interface Backtrace {
  readonly frames: readonly Frame[];
  /** Why it ends where it does. */
  readonly end: "outermost" | "no-information" | "unreadable" | "limit" | "loop";
}

export interface Descriptor {
  readonly index: number;
  readonly selector: number;
  readonly value: bigint;
  readonly kind: "null" | "code" | "data" | "tss" | "ldt" | "system";
  readonly base: bigint;
  readonly limit: bigint;
  readonly dpl: number;
  readonly present: boolean;
  /** L, D, W or R, C, A of SDM 3A 3.4.5, as letters. */
  readonly flags: readonly string[];
}

export interface Gate {
  readonly vector: number;
  readonly kind: "interrupt" | "trap" | "task" | "unknown";
  readonly selector: number;
  readonly offset: bigint;
  readonly symbol?: SymbolAt;
  readonly dpl: number;
  readonly ist: number;
  readonly present: boolean;
}

/** Everything that bears on one linear address: the page tables, and who believes something else. */
export interface WhyPage {
  readonly walk: Walk;
  /** Physical addresses of the words of the walk: whoever wrote these last made the page what it is. */
  readonly words: readonly number[];
  /** For each CPU, what it holds for the address. */
  readonly holders: readonly {
    readonly cpu: number;
    readonly entries: readonly TlbView[];
    /** Those of `entries` that say something else than the page tables. */
    readonly stale: readonly TlbView[];
  }[];
  /** IPIs on their way to a CPU that holds something stale: one of them may be the flush. */
  readonly ipis: readonly PendingIpi[];
}

/** Source text around a line, where the file can be found. */
export interface SourceLines {
  readonly file: string;
  readonly line: number;
  readonly lines?: readonly { readonly number: number; readonly text: string }[];
}
