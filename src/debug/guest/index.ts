// What is known of our guest kernel while it runs: threads, address spaces, frames, deferred flushes. All of it by the
// names and types that its own debug information has; a guest without them gets a UserError that says what is missing.

import { UserError } from "../../errors.js";
import type { Machine } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/index.js";
import { pendingCalls, vmstat } from "./calls.js";
import { folio } from "./folio.js";
import { Kernel } from "./kernel.js";
import { migrc } from "./migrc.js";
import { addressSpace, loadedMm } from "./mm.js";
import { threads } from "./threads.js";
import type { AddressSpace, Folio, Migrc, PendingCall, Thread } from "./types.js";

export type * from "./types.js";

/** Which address space is meant: a thread's, what a CPU has loaded, or a `struct mm_struct`. */
export type MmSelector = { readonly pid: number } | { readonly cpu: number } | { readonly mm: bigint };

export class Guest {
  readonly #made: Kernel;

  constructor(machine: Machine, symbols: SymbolTable) {
    this.#made = new Kernel(machine, symbols);
  }

  get #kernel(): Kernel {
    this.#made.checkRunning();
    return this.#made;
  }

  threads(): Thread[] {
    return threads(this.#kernel);
  }

  mm(selector: MmSelector): AddressSpace {
    return addressSpace(this.#kernel, this.#select(selector));
  }

  #select(selector: MmSelector): bigint {
    if ("mm" in selector) return selector.mm;
    if ("cpu" in selector) {
      const mm = loadedMm(this.#kernel, selector.cpu);
      if (mm === undefined) throw new UserError(`CPU ${selector.cpu} does not run the kernel yet`);
      return mm;
    }
    const thread = this.threads().find(({ pid }) => pid === selector.pid);
    if (!thread) throw new UserError(`there is no thread ${selector.pid}`);
    if (thread.mm === undefined) throw new UserError(`${thread.comm} (${thread.pid}) is a kernel thread: it has no address space of its own`);
    return thread.mm;
  }

  folio(pfn: number): Folio {
    return folio(this.#kernel, pfn);
  }

  migrc(): Migrc {
    return migrc(this.#kernel);
  }

  /** Calls by IPI that are not acknowledged, TLB flushes among them. */
  pendingCalls(): PendingCall[] {
    return pendingCalls(this.#kernel);
  }

  vmstat(): Record<string, number> {
    return vmstat(this.#kernel);
  }
}
