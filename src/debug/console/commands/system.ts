// Commands that look at the tables and counters of a CPU: GDT, IDT, counters.

import { COUNTER_HELP, COUNTER_NAMES, isModelled } from "../../../machine/index.js";
import { gdt, idt } from "../../look/index.js";
import type { Argument, Command } from "../command.js";
import { columns } from "../text/columns.js";
import { hex, placeText, symbolText } from "../text/numbers.js";

const CPU: Argument = { name: "CPU", kind: "cpu", optional: true };

const gdtCommand: Command = {
  name: "gdt", short: "gd", also: ["info gdt"], group: "look", args: [CPU],
  help: "the segment descriptors of a CPU",
  example: "gdt cpu1",
  run(context, args) {
    const data = gdt(context.machine, args.cpu() ?? context.cpu).filter((entry) => entry.kind !== "null");
    const rows = data.map((entry) => [
      hex(entry.selector), entry.kind, hex(entry.base), hex(entry.limit), `${entry.dpl}`, entry.present ? "yes" : "no", entry.flags.join(" "),
    ]);
    return { data, text: columns(["selector", "kind", "base", "limit", "DPL", "present", "flags"], "rlrrrll", rows) };
  },
};

const idtCommand: Command = {
  name: "idt", short: "id", also: ["info idt"], group: "look", args: [CPU],
  help: "the interrupt gates of a CPU",
  detail: "Runs of gates that differ only by their vector take one line.",
  example: "idt",
  run(context, args) {
    const all = idt(context.machine, args.cpu() ?? context.cpu, context.symbols).filter((gate) => gate.present);
    const data = all.map((gate) => ({ ...gate, symbol: gate.symbol && symbolText(gate.symbol) }));
    const rows: string[][] = [];
    for (let i = 0; i < all.length; ) {
      const gate = all[i]!;
      const name = (n: number) => all[n]!.symbol?.name ?? hex(all[n]!.offset);
      const alike = (n: number) => all[n]!.vector === gate.vector + n - i && name(n) === name(i) && all[n]!.kind === gate.kind
        && all[n]!.dpl === gate.dpl && all[n]!.ist === gate.ist && all[n]!.selector === gate.selector;
      let end = i + 1;
      while (end < all.length && alike(end)) end++;
      const vectors = end === i + 1 ? hex(gate.vector) : `${hex(gate.vector)}-${hex(all[end - 1]!.vector)}`;
      const target = end === i + 1 ? placeText(gate.offset, context.symbols) : `${name(i)} and on`;
      rows.push([vectors, gate.kind, hex(gate.selector), `${gate.dpl}`, gate.ist === 0 ? "" : `${gate.ist}`, target]);
      i = end;
    }
    return { data, text: rows.length === 0 ? "no gate is present" : columns(["vector", "kind", "selector", "DPL", "IST", "target"], "llrrrl", rows) };
  },
};

const counters: Command = {
  name: "counters", short: "cou", also: ["info counters"], group: "look",
  args: [{ name: "SINCE", kind: "choice", optional: true, choices: ["-d"] }, CPU],
  help: "the machine's counters; -d: since the last look",
  example: "counters -d",
  run(context, args) {
    const cpu = args.cpu();
    const now = context.machine.counters(cpu);
    const key = cpu ?? "all";
    const before = args.has("SINCE") ? context.countersBefore.get(key) : undefined;
    context.countersBefore.set(key, now);
    const shown = COUNTER_NAMES.map((name) => ({ name, value: now[name] - (before?.[name] ?? 0) })).filter(({ value }) => value !== 0);
    const rows = shown.map(({ name, value }) => [name, value.toLocaleString("en-US"), shorten(COUNTER_HELP[name], isModelled(name))]);
    return {
      data: Object.fromEntries(shown.map(({ name, value }) => [name, value])),
      text: rows.length === 0 ? "nothing has been counted" : columns(["counter", before ? "added" : "count", "what it counts"], "lrl", rows),
    };
  },
};

/** The help of counters is longer than a line here. */
function shorten(help: string, modelled: boolean): string {
  const first = help.split(/[:;(]/, 1)[0]!.trim();
  const text = first.length > 44 ? `${first.slice(0, 43)}…` : first;
  return modelled ? text.replace(/^modelled cycles /, "modelled: ") : text;
}

export const SYSTEM_COMMANDS: readonly Command[] = [counters, gdtCommand, idtCommand];
