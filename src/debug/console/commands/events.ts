// `events`: what happened before this place. Nothing is recorded while the machine runs: the last stretch of the past
// is run once more with recording on.

import { EVENT_KINDS, type EventKind, type MachineEvent } from "../../../machine/index.js";
import { UserError } from "../../../errors.js";
import { splitWords } from "../arguments.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { columns } from "../text/columns.js";
import { eventText } from "../text/events.js";
import { plural, stepName } from "../text/numbers.js";

/** What tells most about translations, and is rare enough to read. */
const DEFAULT_KINDS: readonly EventKind[] = ["stale_use", "table_write", "invalidate", "ipi_send", "ipi_deliver", "cr3", "exception"];
const DEFAULT_COUNT = 16;
const MOST = 10_000;
/** Steps that are looked at first, and at the most. */
const FIRST_STRETCH = 65_536;
const LAST_STRETCH = 16 * 1024 * 1024;

/** The newest `count` events of `kinds` before the present, oldest first. The machine is where it was afterwards. */
function lastEvents({ session, machine }: Context, kinds: readonly EventKind[], count: number): MachineEvent[] {
  const { timeline } = session;
  const now = timeline.now;
  for (let stretch = FIRST_STRETCH; ; stretch *= 16) {
    const from = Math.max(timeline.start, now - stretch);
    timeline.travel(from);
    machine.recordEvents(kinds);
    machine.takeEvents();
    timeline.travel(now);
    const events = machine.takeEvents();
    machine.recordEvents([]);
    if (events.length >= count || from === timeline.start || stretch >= LAST_STRETCH) return events.slice(-count);
  }
}

const isKind = (name: string): name is EventKind => (EVENT_KINDS as readonly string[]).includes(name);

const events: Command = {
  name: "events", short: "ev", group: "tlb",
  args: [{ name: "COUNT", kind: "count", optional: true }, { name: "KINDS", kind: "text", optional: true, rest: true }],
  help: "the last events before this step",
  detail: `COUNT of them (${DEFAULT_COUNT}), oldest first. Nothing is recorded while the machine runs: the last stretch is run once more. Kinds: ${EVENT_KINDS.join(", ")}. Without names: ${DEFAULT_KINDS.join(", ")}.`,
  example: "events 8 table_write invalidate",
  run(context, args) {
    // `events walk` leaves the count out.
    const first = args.text("COUNT");
    const named = first !== undefined && isKind(first);
    const count = named || first === undefined ? DEFAULT_COUNT : args.count("COUNT", 1)!;
    if (count > MOST) throw new UserError(`at most ${MOST} events can be listed`);
    const words = [...(named ? [first] : []), ...splitWords(args.text("KINDS") ?? "").map(({ text }) => text)];
    const unknown = words.find((word) => !isKind(word));
    if (unknown !== undefined) throw new UserError(`there is no kind of event "${unknown}": ${EVENT_KINDS.join(", ")}`);
    const data = lastEvents(context, words.length === 0 ? DEFAULT_KINDS : words.filter(isKind), count);
    if (data.length === 0) return { data, text: `none in the last ${plural(LAST_STRETCH, "step")}` };
    const rows = data.map((event) => [stepName(event.step), `${event.cpu}`, event.kind, eventText(event.kind, event.values, context.symbols)]);
    return { data, text: columns(["step", "CPU", "kind", "what"], "lrll", rows) };
  },
};

export const EVENT_COMMANDS: readonly Command[] = [events];
