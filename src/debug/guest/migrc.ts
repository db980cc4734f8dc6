// The deferred flushes of guest/mm/policy/migrc_req.c, under either policy: which source folios are kept, for which CPUs' sake, since when.

import { isStale, type TlbView, type TypedValue } from "../look/index.js";
import { addressOfFolio, addressSpacesOf, allEntries, mappingAt, pfnOfFolio } from "./folio.js";
import { type Kernel, pointer } from "./kernel.js";
import { threads } from "./threads.js";
import type { Migrc, MigrcRequest, PendingFolio } from "./types.js";

/** `migrc_before` of migrc.h: generations are compared by their distance, so that they may wrap. */
const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;

class Reader {
  readonly kernel: Kernel;
  readonly done: ReadonlyMap<number, number>;
  readonly entries: readonly TlbView[];

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.done = new Map(kernel.cpus().map((cpu) => [cpu, kernel.perCpu("migrc_done", cpu)?.number() ?? 0]));
    this.entries = allEntries(kernel, true).filter(isStale);
  }

  #folio(value: TypedValue): PendingFolio {
    const pfn = pfnOfFolio(this.kernel, value.address);
    const address = addressOfFolio(this.kernel, value);
    const physical = BigInt(pfn) << 12n;
    const stale = this.entries.filter((entry) => entry.physical === physical && entry.covers === 0x1000n);
    const since = stale.map((entry) => entry.changed!.atStep).sort((a, b) => (a < b ? -1 : 1))[0];
    const anonmm = address === undefined ? undefined : pointer(value.member("anonmm"));
    const spaces = anonmm === undefined ? [] : addressSpacesOf(this.kernel, anonmm);
    const now = spaces.flatMap((mm) => mappingAt(this.kernel, mm, address!, pfn)?.pfn ?? [])[0];
    return {
      pfn, heldBy: [...new Set(stale.map((entry) => entry.cpu))].sort((a, b) => a - b),
      ...(address === undefined ? {} : { address }), ...(now === undefined ? {} : { nowPfn: now }),
      ...(since === undefined ? {} : { sinceStep: since }),
    };
  }

  request(request: TypedValue, filledBy?: MigrcRequest["filledBy"]): MigrcRequest {
    const generation = request.member("gen").number();
    const cpumask = this.kernel.bits(request.member("arch.cpumask").big());
    const folios = [...this.kernel.list(request.member("folios"), "struct folio", "lru")];
    return {
      request: request.address, node: request.member("node").number(), generation, cpumask,
      // What migrc_adj() would leave.
      owing: cpumask.filter((cpu) => before(this.done.get(cpu) ?? 0, generation)),
      folios: folios.map((folio) => this.#folio(folio)),
      ...(filledBy ? { filledBy } : {}),
    };
  }
}

export function migrc(kernel: Kernel): Migrc {
  const reader = new Reader(kernel);
  const policy = kernel.variable("flush_policy");
  const nodes = Array.from({ length: kernel.variable("nr_online_nodes").number() }, (_, node) => {
    const data = kernel.variable("node_data").at(node);
    const requests = [...kernel.list(data.member("migrc_reqs"), "struct migrc_req", "link")];
    return {
      node, pendingFolios: data.member("migrc_pending_nr").number(), requests: requests.map((request) => reader.request(request)),
    };
  });
  const filling = threads(kernel).flatMap(({ task, pid, comm }) => {
    const request = kernel.value(task, "struct task_struct").member("mm_state.mreq");
    // Where the task is declared its type is not, so it is said here.
    return request.flag() ? [reader.request(kernel.value(request.big(), "struct migrc_req"), { pid, comm })] : [];
  });
  return {
    policy: policy.flag() ? kernel.textAt(policy.target().member("name").big()) : "none yet",
    generation: kernel.variable("migrc_gen").number(), paused: kernel.variable("migrc_pause_cnt").number(),
    done: [...reader.done].map(([cpu, generation]) => ({ cpu, generation })), nodes, filling,
  };
}
