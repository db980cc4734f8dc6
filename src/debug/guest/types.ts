// What is known of our kernel's state, as data. Addresses are linear addresses of the kernel's structures.

import type { TableWord, TlbView } from "../look/index.js";
import type { SymbolAt } from "../symbols/index.js";

/** Registers of a thread that is switched out, as `struct inactive_task_frame` keeps them. */
export interface SavedRegisters {
  readonly rip: bigint;
  readonly rsp: bigint;
  readonly rbp: bigint;
  readonly rbx: bigint;
  readonly r12: bigint;
  readonly r13: bigint;
  readonly r14: bigint;
  readonly r15: bigint;
}

export interface Thread {
  /** Its `struct task_struct`. */
  readonly task: bigint;
  /** 0 for the idle tasks, of which each CPU has one. */
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  /** `running` on a CPU now, `runnable` and waiting for one, `idle` if it is an idle task that does not, or what it sleeps in: `interruptible`, ... */
  readonly state: string;
  /** Names of PF_ flags: `kthread`, `idle`, ... */
  readonly flags: readonly string[];
  /** The CPU whose run queue it belongs to. */
  readonly cpu: number;
  /** Set if it is what this CPU runs now. */
  readonly runningOn?: number;
  /** Its `struct mm_struct`; absent for kernel threads. */
  readonly mm?: bigint;
  /** What CR3 holds while it runs: for a kernel thread a borrowed address space. */
  readonly activeMm?: bigint;
  readonly kernelStack: { readonly start: bigint; readonly end: bigint };
  /** Absent while it runs. */
  readonly saved?: SavedRegisters;
}

export interface Vma {
  readonly start: bigint;
  readonly end: bigint;
  /** Names of VM_ flags: `read`, `write`, ... */
  readonly flags: readonly string[];
}

/** What one CPU's TLB is believed to hold of an address space (struct tlb_state). */
export interface CpuTlbState {
  readonly cpu: number;
  /** In mm_cpumask: flushes interrupt this CPU. */
  readonly inMask: boolean;
  /** CR3 holds this address space. */
  readonly loaded: boolean;
  readonly lazy: boolean;
  /** The ASID that holds entries of it, and the PCID that tags them; absent if none does. */
  readonly asid?: number;
  readonly pcid?: number;
  /** Up to which tlb_gen its entries are current, and by how many generations that is behind. */
  readonly generation?: bigint;
  readonly behind?: bigint;
}

export interface AddressSpace {
  /** Its `struct mm_struct`. */
  readonly mm: bigint;
  /** Physical address of its root table. */
  readonly root: bigint;
  readonly contextId: bigint;
  readonly tlbGen: bigint;
  readonly users: number;
  readonly references: number;
  readonly cpumask: readonly number[];
  readonly rssPages: number;
  readonly tablePages: number;
  /** Changes under way whose flush is still to come (mmu_gather). */
  readonly flushPending: number;
  /** Batched unmaps: how many there were, and up to which of them flush_tlb_batched_pending() has flushed. */
  readonly batched: { readonly pending: number; readonly flushed: number };
  readonly vmas: readonly Vma[];
  readonly cpus: readonly CpuTlbState[];
  /** Pids of the threads that run in it. */
  readonly threads: readonly number[];
}

/** A page-table word that has to do with a folio. */
export interface FolioMapping {
  readonly mm: bigint;
  readonly address: bigint;
  readonly word: TableWord;
  /**
   * `mapped`: the word maps the folio; `no-access`: it does, but as PROT_NONE, as a hint for NUMA balancing; `migrating`: it is
   * a migration entry for it; `elsewhere`: it says something else.
   */
  readonly relation: "mapped" | "no-access" | "migrating" | "elsewhere";
  /** The frame that is mapped there, or is being migrated. */
  readonly pfn?: number;
}

export interface Folio {
  readonly pfn: number;
  readonly physical: bigint;
  /** Its `struct folio`. */
  readonly folio: bigint;
  /** Names of PG_ flags. */
  readonly flags: readonly string[];
  readonly references: number;
  readonly mapCount: number;
  readonly node: number;
  readonly order: number;
  /** For anonymous memory: the linear address in every address space that may map it. */
  readonly address?: bigint;
  readonly mappings: readonly FolioMapping[];
  /** TLB entries, on any CPU, that translate to its frame. */
  readonly held: readonly TlbView[];
}

/** A source folio that is kept until its flush has been done. */
export interface PendingFolio {
  readonly pfn: number;
  readonly address?: bigint;
  /** The frame that is mapped there now. */
  readonly nowPfn?: number;
  /** CPUs that hold a stale translation to it now. */
  readonly heldBy: readonly number[];
  /** Step at which the page-table word of such a translation changed: the flush is owed since then. */
  readonly sinceStep?: bigint;
}

export interface MigrcRequest {
  /** Its `struct migrc_req`. */
  readonly request: bigint;
  readonly node: number;
  readonly generation: number;
  /** CPUs that might hold a translation when the folios were unmapped. */
  readonly cpumask: readonly number[];
  /** Those of them that have not flushed since. */
  readonly owing: readonly number[];
  readonly folios: readonly PendingFolio[];
  /** The thread that is still filling it; absent once it is on the node's list. */
  readonly filledBy?: { readonly pid: number; readonly comm: string };
}

export interface Migrc {
  /** The flush policy that is in use. */
  readonly policy: string;
  readonly generation: number;
  readonly paused: number;
  /** For each CPU, the newest batch since whose unmapping it has flushed. */
  readonly done: readonly { readonly cpu: number; readonly generation: number }[];
  readonly nodes: readonly { readonly node: number; readonly pendingFolios: number; readonly requests: readonly MigrcRequest[] }[];
  /** Requests that are not published yet. */
  readonly filling: readonly MigrcRequest[];
}

/** A function that one CPU has asked another to run, and that is not acknowledged. */
export interface PendingCall {
  readonly from: number;
  readonly to: number;
  readonly function: bigint;
  readonly symbol?: SymbolAt;
  /** Whether the sender waits for it. */
  readonly waits: boolean;
  /** If it is a TLB flush: of what. An absent mm means whatever is loaded. */
  readonly flush?: {
    readonly mm?: bigint;
    readonly start: bigint;
    readonly end: bigint;
    readonly all: boolean;
    readonly generation: bigint;
    readonly freedTables: boolean;
  };
}
