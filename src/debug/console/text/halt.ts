// Where the machine has come to rest, and why: for people and as data.

import { describeStop } from "../../../machine/index.js";
import type { Halt } from "../../session/types.js";
import type { Hit } from "../../../machine/index.js";
import type { Context } from "../context.js";
import { eventText } from "./events.js";
import { currentLine } from "./location.js";
import { hex } from "./numbers.js";

export function haltData(context: Context, halt: Halt): unknown {
  const { kind, cpu, step, rip, stop, note } = halt;
  const hits = halt.hits.map(({ point, hit }) => ({
    point: point.id, text: point.text, cpu: hit.cpu, step: hit.step, rip: hit.rip, event: hit.event,
    values: hit.values, size: hit.size, what: hitText(context, hit, accessOf(point.spec.stops, hit)),
  }));
  return { kind, cpu, step, rip, symbol: context.symbols?.at(rip)?.name, hits, stop, note };
}

export function haltText(context: Context, halt: Halt): string {
  const lines: string[] = [];
  if (halt.note !== undefined) lines.push(halt.note);
  if (halt.kind === "start-of-history") lines.push("the beginning of the run: nothing was hit on the way back");
  if (halt.kind === "interrupted") lines.push("interrupted");
  if (halt.kind === "machine" && halt.stop) lines.push(context.style.alarm(describeStop(halt.stop)));
  for (const { point, hit } of halt.hits) {
    const what = hitText(context, hit, accessOf(point.spec.stops, hit));
    lines.push(`point ${point.id}: ${point.text}`);
    if (what !== "") lines.push(`CPU ${hit.cpu}: ${what}`);
    // Forwards the machine is behind the instruction that did it, so its place is not the one shown below.
    if (what !== "" && hit.rip !== halt.rip) lines.push(`by ${currentLine(context, hit.cpu, hit.rip, hit.step)}`);
  }
  lines.push(currentLine(context, halt.cpu, halt.rip, halt.step));
  return lines.join("\n");
}

type Stops = readonly { readonly kind: string; readonly read?: boolean; readonly write?: boolean }[];

/** How the point of a hit was set, if it watches memory. */
function accessOf(stops: Stops, hit: Hit): "access" | undefined {
  return hit.event === undefined && stops.some((stop) => stop.kind === "access") ? "access" : undefined;
}

/** What happened there; nothing for a breakpoint, whose place says all. */
function hitText(context: Context, hit: Hit, access: "access" | undefined): string {
  if (hit.event !== undefined) return eventText(hit.event, hit.values, context.symbols);
  if (access === undefined) return "";
  const [address, before, after] = hit.values;
  const what = before === after ? hex(after) : `${hex(before)} -> ${hex(after)}`;
  return `${hex(address)}, ${hit.size ?? 8} bytes: ${what}`;
}
