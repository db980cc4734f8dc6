// What is known of the guest kernel, as text.

import type { AddressSpace, Folio, Migrc, MigrcRequest, PendingCall, Thread } from "../../guest/index.js";
import type { Context } from "../context.js";
import { columns, cutLast, pairs } from "./columns.js";
import { hex, placeText, plural, stepName, symbolText } from "./numbers.js";
import { wordText } from "./paging.js";

const list = (numbers: readonly number[]): string => (numbers.length === 0 ? "none" : numbers.join(" "));

export function threadsText(context: Context, threads: readonly Thread[]): string {
  const rows = threads.map((thread) => [
    `${thread.pid}`, thread.comm, thread.state, `${thread.cpu}`, thread.mm === undefined ? "" : hex(thread.mm),
    thread.saved ? placeText(thread.saved.rip, context.symbols) : "",
  ]);
  const head = ["pid", "name", "state", "CPU", "mm", "will go on at"];
  return columns(head, "rllrll", cutLast(head, rows));
}

export function addressSpaceText(space: AddressSpace): string {
  const head = pairs([
    ["mm", `${hex(space.mm)}, root table ${hex(space.root)}, context ${space.contextId}, threads ${list(space.threads)}`],
    ["tlb_gen", `${space.tlbGen}`],
    ["mm_cpumask", list(space.cpumask)],
    ["owed", owed(space)],
    ["pages", `${space.rssPages} mapped, ${space.tablePages} of tables`],
  ]);
  const cpus = space.cpus.map((cpu) => [
    `${cpu.cpu}`, cpu.inMask ? "yes" : "no", cpu.loaded ? (cpu.lazy ? "lazy" : "yes") : "no", cpu.pcid === undefined ? "" : `${cpu.pcid}`,
    cpu.generation === undefined ? "" : `${cpu.generation}`, cpu.behind === undefined ? "" : cpu.behind === 0n ? "current" : `${cpu.behind} behind`,
  ]);
  const areas = space.vmas.map((vma) => [hex(vma.start), hex(vma.end - 1n), vma.flags.join(" ")]);
  return [
    head, columns(["CPU", "in mask", "loaded", "PCID", "tlb_gen", "which is"], "rllrrl", cpus), columns(["from", "to", "flags"], "rrl", areas),
  ].join("\n");
}

function owed({ flushPending, batched }: AddressSpace): string {
  const parts: string[] = [];
  if (flushPending > 0) parts.push(`${plural(flushPending, "change")} under way that will flush`);
  if (batched.pending !== batched.flushed) parts.push("batched unmaps that are not flushed");
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

export function folioText(context: Context, folio: Folio): string {
  const head = pairs([
    ["pfn", `${hex(folio.pfn)}, physical ${hex(folio.physical)}, node ${folio.node}, order ${folio.order}, ${hex(folio.folio)}`],
    ["flags", folio.flags.length === 0 ? "none" : folio.flags.join(" ")],
    ["references", `${folio.references}, mapped ${plural(folio.mapCount, "time")}`],
  ]);
  const mappings = folio.mappings.map((mapping) =>
    `${hex(mapping.address)} in mm ${hex(mapping.mm)}: ${RELATIONS[mapping.relation]}${mapping.relation === "elsewhere" && mapping.pfn !== undefined ? ` ${hex(mapping.pfn)}` : ""}\n  ${wordText(mapping.word)}`);
  const held = folio.held.map((view) =>
    `CPU ${view.cpu} ${view.structure} holds ${hex(view.linear)} -> this frame, filled at ${stepName(view.filledAt)}${view.changed ? `, ${context.style.alarm("STALE")} since ${stepName(view.changed.atStep)}` : ""}`);
  return [head, ...mappings, ...(held.length === 0 ? ["no TLB translates to it"] : held)].join("\n");
}

const RELATIONS = {
  mapped: "maps it", "no-access": "maps it, but allows no access (a NUMA hint)", migrating: "a migration entry for it",
  elsewhere: "maps another frame now",
} as const;

export function migrcText(context: Context, migrc: Migrc): string {
  const requests = [...migrc.nodes.flatMap((node) => node.requests), ...migrc.filling];
  const pending = migrc.nodes.map((node) => `node ${node.node}: ${plural(node.pendingFolios, "folio")}`).join(", ");
  const head = pairs([
    ["policy", migrc.policy],
    ["generation", `${migrc.generation}${migrc.paused > 0 ? ", paused: contiguous memory is wanted" : ""}`],
    ["flushed since", migrc.done.map(({ cpu, generation }) => `CPU ${cpu}: ${generation}`).join(", ")],
    ["kept back", pending],
  ]);
  return [head, ...requests.map((request) => requestText(context, request))].join("\n");
}

const MOST_FOLIOS = 12;

function requestText(context: Context, request: MigrcRequest): string {
  const state = request.filledBy ? `being filled by ${request.filledBy.comm} (${request.filledBy.pid})` : "published";
  const head = `request ${hex(request.request)}, node ${request.node}, generation ${request.generation}, ${state}
  CPUs that may hold it: ${list(request.cpumask)}; of these owe a flush: ${list(request.owing)}`;
  const rows = request.folios.slice(0, MOST_FOLIOS).map((folio) => [
    hex(folio.pfn), folio.address === undefined ? "" : hex(folio.address), folio.nowPfn === undefined ? "" : hex(folio.nowPfn),
    folio.heldBy.length === 0 ? "" : context.style.alarm(`CPU ${folio.heldBy.join(" ")}`), folio.sinceStep === undefined ? "" : stepName(folio.sinceStep),
  ]);
  const more = request.folios.length > MOST_FOLIOS ? `\n  ${plural(request.folios.length - MOST_FOLIOS, "more folio")}` : "";
  if (rows.length === 0) return head;
  return `${head}\n${columns(["old frame", "address", "frame now", "stale on", "since"], "rrrll", rows)}${more}`;
}

/** A flush by IPI, or another call, that is not acknowledged. */
export function callText(call: PendingCall): string {
  const what = call.symbol ? symbolText(call.symbol) : hex(call.function);
  const flush = call.flush
    ? `: ${call.flush.all ? "everything" : `${hex(call.flush.start)} to ${hex(call.flush.end - 1n)}`}${call.flush.mm === undefined ? "" : ` of mm ${hex(call.flush.mm)}`}, tlb_gen ${call.flush.generation}`
    : "";
  return `CPU ${call.from} asks CPU ${call.to} for ${what}${flush}${call.waits ? "; it waits" : ""}`;
}
