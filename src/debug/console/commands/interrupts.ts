// Commands that look at the interrupt controllers, and at IPIs under way.

import { UserError } from "../../../errors.js";
import type { Lapic } from "../../../machine/index.js";
import { Guest } from "../../guest/index.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { columns, pairs } from "../text/columns.js";
import { callText } from "../text/guest.js";
import { hex, plural, stepName } from "../text/numbers.js";

const vectors = (list: readonly number[]): string => (list.length === 0 ? "none" : list.map((vector) => hex(vector)).join(" "));

function lapicText(lapic: Lapic): string {
  const { timer } = lapic;
  const due = timer.due === undefined ? "not armed" : `fires at tick ${timer.due}`;
  return `${pairs([
    ["id", `${lapic.id}, ${lapic.access}, ${lapic.enabled ? "enabled" : "disabled"}, version ${hex(lapic.version)}, spurious vector ${hex(lapic.spurious)}`],
    ["priority", `TPR ${hex(lapic.tpr)}, PPR ${hex(lapic.ppr)}`],
    ["IRR", vectors(lapic.irr)],
    ["ISR", vectors(lapic.isr)],
    ["TMR", vectors(lapic.tmr)],
    ["ICR", hex(lapic.icr)],
    ["ESR", hex(lapic.esr)],
    ["timer", `${timer.mode}, ${due}, initial ${timer.initial}, current ${timer.current}, divided by ${timer.divisor}`],
    ["waiting", lapic.pending.length === 0 ? "nothing" : lapic.pending.join(" ")],
  ])}\n${columns(["LVT", "value", "vector", "mode", ""], "lrrll",
    lapic.lvt.map((entry) => [entry.name, hex(entry.value), hex(entry.vector), entry.mode, entry.masked ? "masked" : ""]))}`;
}

const lapic: Command = {
  name: "lapic", short: "la", also: ["info lapic"], group: "look", args: [{ name: "CPU", kind: "cpu", optional: true }],
  help: "a CPU's local APIC and its timer",
  example: "lapic cpu1",
  run(context, args) {
    const data = context.machine.lapic(args.cpu() ?? context.cpu);
    return { data, text: lapicText(data) };
  },
};

const ioapic: Command = {
  name: "ioapic", short: "io", also: ["info pic"], group: "look", args: [],
  help: "the I/O APIC's entries that are not masked",
  example: "ioapic",
  run({ machine }) {
    const data = machine.ioapic();
    const rows = data.filter((entry) => !entry.masked).map((entry) => [
      `${entry.pin}`, hex(entry.vector), entry.mode, `${entry.logical ? "logical" : "APIC"} ${entry.destination}`,
      `${entry.level ? "level" : "edge"} ${entry.activeLow ? "low" : "high"}`, entry.asserted ? "asserted" : "", entry.remoteIrr ? "waits for EOI" : "",
    ]);
    return { data, text: rows.length === 0 ? "every pin is masked" : columns(["pin", "vector", "mode", "to", "trigger", "line", ""], "rrlllll", rows) };
  },
};

/** Calls by IPI that the guest kernel still waits for; nothing where the guest is another one. */
export function kernelCalls(context: Context): ReturnType<Guest["pendingCalls"]> {
  if (!context.symbols) return [];
  try {
    return new Guest(context.machine, context.symbols).pendingCalls();
  } catch (error) {
    // Another kernel, or one that has not got so far, has none that could be known.
    if (error instanceof UserError || error instanceof RangeError) return [];
    throw error;
  }
}

const ipi: Command = {
  name: "ipi", short: "ip", also: ["info ipi"], group: "look", args: [],
  help: "IPIs in flight, and calls not acknowledged",
  example: "ipi",
  run(context) {
    const { machine } = context;
    const flights = machine.pendingIpis().map((one) => ({ ...one, age: machine.steps - one.sentAt }));
    const calls = kernelCalls(context);
    const rows = flights.map((one) => [
      `${one.from}`, `${one.to}`, hex(one.vector), one.mode, stepName(one.sentAt), plural(one.age, "step"),
      one.due > machine.clock ? `in ${one.due - machine.clock} ticks` : "due",
    ]);
    const text = [
      rows.length === 0 ? "no IPI is in flight" : columns(["from", "to", "vector", "mode", "sent at", "age", "arrives"], "rrrllrl", rows),
      ...calls.map(callText),
    ].join("\n");
    return { data: { flights, calls }, text };
  },
};

export const INTERRUPT_COMMANDS: readonly Command[] = [lapic, ioapic, ipi];
