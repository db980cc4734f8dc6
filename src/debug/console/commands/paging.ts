// Commands that look at page tables as they are now: page, vmmap, info mem.

import { UserError } from "../../../errors.js";
import { formatSize } from "../../../units.js";
import { mappings, walk } from "../../look/index.js";
import type { Command } from "../command.js";
import { columns } from "../text/columns.js";
import { mappingRow, walkText } from "../text/paging.js";
import { hex, plural } from "../text/numbers.js";

const MOST = 500;

const page: Command = {
  name: "page", short: "pa", group: "look",
  args: [{ name: "VA", kind: "expression", rest: true }],
  help: "the walk of an address, as the page tables are now",
  detail: "What the TLBs hold is another matter: see tlb and why.",
  example: "page $rip",
  run({ machine, cpu }, args) {
    const data = walk(machine, cpu, args.number("VA")!);
    return { data, text: walkText(data) };
  },
};

const vmmap: Command = {
  name: "vmmap", short: "vm", also: ["info tab"], group: "look",
  args: [{ name: "FROM", kind: "expression", optional: true }, { name: "TO", kind: "expression", optional: true }],
  help: "what is mapped, in runs of equal rights",
  detail: "Rights: r w x, u for user or s for supervisor, g for global.",
  example: "vmmap 0 0x7fffffffffff",
  run({ machine, cpu }, args) {
    const from = args.number("FROM");
    const to = args.number("TO");
    if (from !== undefined && to !== undefined && to < from) throw new UserError(`the range ends at ${hex(to)}, before it begins`);
    const data = mappings(machine, cpu, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to: to + 1n }) });
    if (data.length === 0) return { data, text: machine.register(cpu, "cr0") >> 31n ? "nothing is mapped there" : "paging is off" };
    const shown = columns(["from", "to", "size", "rights", "pages", "physical"], "rrrllr", data.slice(0, MOST).map(mappingRow));
    const more = data.length > MOST ? `\n${plural(data.length - MOST, "more run")}: give a range` : "";
    return { data, text: `${shown}${more}` };
  },
};

const infoMem: Command = {
  name: "info mem", short: "i m", group: "look", args: [],
  help: "how much is mapped, by rights; control registers",
  example: "info mem",
  run({ machine, cpu }) {
    const sums = new Map<string, { bytes: bigint; runs: number }>();
    for (const run of mappings(machine, cpu)) {
      const key = `${run.start >> 63n ? "kernel" : "user"} ${mappingRow(run)[3]!}`;
      const sum = sums.get(key) ?? { bytes: 0n, runs: 0 };
      sums.set(key, { bytes: sum.bytes + run.end - run.start, runs: sum.runs + 1 });
    }
    const control = (name: "cr0" | "cr3" | "cr4" | "efer") => `${name.toUpperCase()} ${hex(machine.register(cpu, name))}`;
    const rows = [...sums].map(([key, { bytes, runs }]) => [key, formatSize(Number(bytes)), `${runs}`]);
    const head = `${control("cr0")}  ${control("cr3")}  ${control("cr4")}  ${control("efer")}`;
    const data = { cr3: machine.register(cpu, "cr3"), sums: [...sums].map(([what, sum]) => ({ what, ...sum })) };
    return { data, text: rows.length === 0 ? `${head}\npaging is off` : `${head}\n${columns(["where and rights", "mapped", "runs"], "lrr", rows)}` };
  },
};

export const PAGING_COMMANDS: readonly Command[] = [page, vmmap, infoMem];
