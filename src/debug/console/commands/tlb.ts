// `tlb`: what the CPUs hold of translations, whatever the page tables say meanwhile.

import { isStale, tlbView, type TlbView } from "../../look/index.js";
import { TLB_STRUCTURES, type TlbStructure } from "../../../machine/index.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { columns, cutLast } from "../text/columns.js";
import { plural } from "../text/numbers.js";
import { filler, staleText, TLB_ALIGN, TLB_HEAD, tlbRow } from "../text/paging.js";

const MOST = 60;

/** The table of `views`; what is stale has the reason below it. */
export function tlbTable(context: Context, views: readonly TlbView[]): string {
  const rows = views.map((view) => [...tlbRow(view, context.style), filler(view, context.symbols)]);
  const titles = [...TLB_HEAD, "by"];
  const [head, ...lines] = columns(titles, `${TLB_ALIGN}l`, cutLast(titles, rows)).split("\n");
  return [head!, ...lines.flatMap((line, i) => {
    const reason = staleText(views[i]!, context.style);
    return reason === "" ? [line] : [line, reason];
  })].join("\n");
}

const tlb: Command = {
  name: "tlb", short: "tl", also: ["info tlb"], group: "tlb",
  args: [
    { name: "CPU", kind: "cpu", optional: true },
    { name: "WHICH", kind: "choice", optional: true, choices: ["stale", ...TLB_STRUCTURES] },
    { name: "VA", kind: "expression", optional: true, rest: true },
  ],
  help: "what the TLBs hold, of all CPUs or one, or of VA",
  detail: "A line for each entry: structure (l1d, l1i: first level; l2; psc: paging-structure cache), page, frame, size, rights (r w x, u or s, g for global, d for dirty), PCID, at which step it was filled, and by the instruction at which address. An entry that the page tables no longer hold is STALE, with the word as it is now, when it changed, and who changed it. With stale only such entries are listed.",
  example: "tlb cpu1 $rip",
  run(context, args) {
    const only = args.cpu();
    const which = args.text("WHICH");
    const address = args.number("VA");
    const cpus = only === undefined ? Array.from({ length: context.cpus }, (_, cpu) => cpu) : [only];
    const all = cpus.flatMap((cpu) => tlbView(context.machine, cpu, {
      ...(address === undefined ? {} : { address }), stale: which === "stale", symbols: context.symbols,
      ...(which === undefined || which === "stale" ? {} : { structures: [which as TlbStructure] }),
    }));
    const views = which === "stale" ? all.filter(isStale) : all;
    const data = views.map((view) => ({ ...view, stale: isStale(view), filledAtSymbol: view.filledAtSymbol?.name }));
    if (views.length === 0) return { data, text: which === "stale" ? "no CPU holds a stale translation" : "no CPU holds such a translation" };
    const more = views.length > MOST ? `\n${plural(views.length - MOST, "more entry", "more entries")}: name a CPU, a structure or an address` : "";
    return { data, text: `${tlbTable(context, views.slice(0, MOST))}${more}` };
  },
};

export const TLB_COMMANDS: readonly Command[] = [tlb];
