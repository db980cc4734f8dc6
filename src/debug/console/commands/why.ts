// `why`: how a page came to be what it is, who still believes something else, and which flush is owed for it.

import type { Hit } from "../../../machine/index.js";
import { UserError } from "../../../errors.js";
import { Guest, type MigrcRequest } from "../../guest/index.js";
import { type TlbView, whyPage } from "../../look/index.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { callText } from "../text/guest.js";
import { hex, placeText, plural, stepName } from "../text/numbers.js";
import { wordText, walkText } from "../text/paging.js";
import { lastWriters } from "../writers.js";
import { kernelCalls } from "./interrupts.js";
import { tlbTable } from "./tlb.js";

const why: Command = {
  name: "why", short: "why", group: "tlb",
  args: [{ name: "VA", kind: "expression", rest: true }],
  help: "who made a page so, who holds something else",
  detail: "And which flush is owed for it. For each word of the walk: the store that wrote it last, found by searching the past. Then every CPU whose TLB says something else than the page tables do. Then what is on its way: IPIs in flight, calls that are not acknowledged, flushes that the kernel has put off.",
  example: "why $cr2",
  async run(context, args) {
    const { machine, symbols, cpu, style } = context;
    const page = whyPage(machine, cpu, args.number("VA")!, symbols);
    const writers = await lastWriters(context, page.words);
    const stale = page.holders.flatMap((holder) => holder.stale);
    const pending = pendingFlushes(context, stale);

    const walk = walkText(page.walk).split("\n");
    const lines = page.walk.levels.flatMap((word, i) => [walk[i] ?? wordText(word), `      ${writerText(context, writers.get(word.wordAddress))}`]);
    lines.push(...walk.slice(page.walk.levels.length));
    lines.push(stale.length === 0 ? "every CPU agrees with the page tables" : style.heading("held otherwise:"));
    if (stale.length > 0) lines.push(tlbTable(context, stale));
    lines.push(pending.lines.length === 0 ? "no flush is pending" : style.heading("pending:"), ...pending.lines.map((line) => `  ${line}`));
    const words = page.walk.levels.map((word) => ({ ...word, writer: writerData(context, writers.get(word.wordAddress)) }));
    return { data: { walk: { ...page.walk, levels: words }, stale, pending: pending.data }, text: lines.join("\n") };
  },
};

function writerText(context: Context, hit: Hit | undefined): string {
  if (!hit) return "not written by any store since power-on";
  const [, before, after] = hit.values;
  const { style, symbols } = context;
  const who = `written at ${style.step(stepName(hit.step))} by CPU ${hit.cpu} in ${style.symbol(placeText(hit.rip, symbols))}`;
  return `${who}\n      ${hex(before)} -> ${hex(after)}`;
}

const writerData = ({ symbols }: Context, hit: Hit | undefined): unknown =>
  hit && { step: hit.step, cpu: hit.cpu, rip: hit.rip, symbol: symbols?.at(hit.rip)?.name, old: hit.values[1], new: hit.values[2] };

/** Requests of a deferred flush that keep a frame which one of `stale` still translates to. */
function deferred(context: Context, stale: readonly TlbView[]): MigrcRequest[] {
  if (!context.symbols) return [];
  const frames = new Set(stale.map((view) => Number(view.physical >> 12n)));
  try {
    const { nodes, filling } = new Guest(context.machine, context.symbols).migrc();
    return [...nodes.flatMap((node) => node.requests), ...filling].filter((request) => request.folios.some(({ pfn }) => frames.has(pfn)));
  } catch (error) {
    // Another kernel defers nothing that could be known.
    if (error instanceof UserError || error instanceof RangeError) return [];
    throw error;
  }
}

function pendingFlushes(context: Context, stale: readonly TlbView[]): { data: unknown; lines: string[] } {
  const { machine } = context;
  const holders = new Set(stale.map((view) => view.cpu));
  const flights = machine.pendingIpis().filter((one) => holders.has(one.to));
  const calls = kernelCalls(context).filter((call) => holders.has(call.to));
  const requests = deferred(context, stale);
  const since = stale.map((view) => Number(view.changed!.atStep));
  const lines = [
    ...flights.map((one) => `IPI of vector ${hex(one.vector)} from CPU ${one.from} to CPU ${one.to}, sent at ${stepName(one.sentAt)}, ${plural(machine.steps - one.sentAt, "step")} ago`),
    ...calls.map(callText),
    ...requests.map((request) => `put off by migrc: request ${hex(request.request)}, CPUs ${request.owing.join(" ")} owe a flush`),
  ];
  if (lines.length === 0 && stale.length > 0) lines.push("nothing that is known of will flush it");
  if (stale.length > 0) lines.push(`since ${stepName(Math.min(...since))}, ${plural(machine.steps - Math.min(...since), "step")} ago`);
  return { data: { flights, calls, requests, since: since.length === 0 ? undefined : Math.min(...since) }, lines };
}

export const WHY_COMMANDS: readonly Command[] = [why];
