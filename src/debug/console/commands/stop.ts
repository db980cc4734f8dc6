// Commands that say where to stop: breakpoints, events. Watchpoints are in watch.ts, the list of points in points.ts.

import { UserError } from "../../../errors.js";
import type { Arguments } from "../arguments.js";
import type { Argument, Command, Result } from "../command.js";
import type { Context } from "../context.js";
import { placeAddresses } from "../place.js";
import type { StopPoint } from "../../../machine/index.js";
import { conditionOf } from "../condition.js";
import { exceptionName, exceptionVector, STALE_CLASSES } from "../text/events.js";
import { hex } from "../text/numbers.js";

export const ONLY_CPU: Argument = { name: "CPU", kind: "cpu", optional: true };
export const CONDITION: Argument = { name: "EXPR", kind: "condition", optional: true };

/** What is left out of a stop point where no CPU is named. */
export const onCpu = (args: Arguments): { readonly cpu?: number } => {
  const cpu = args.cpu();
  return cpu === undefined ? {} : { cpu };
};

/** Sets a point and says so. */
export function addPoint(context: Context, args: Arguments, what: string, stops: readonly StopPoint[], temporary = false): Result {
  const cpu = args.cpu();
  const condition = args.text("EXPR");
  const text = [what, cpu === undefined ? "" : `cpu${cpu}`, condition === undefined ? "" : `if ${condition.trim()}`].filter(Boolean).join(" ");
  const holds = conditionOf(context, args);
  const point = context.session.points.add({ stops, text, temporary, ...(holds ? { condition: holds } : {}) });
  return { data: { id: point.id, text, stops }, text: `point ${point.id}: ${text}` };
}

const breakAt = (temporary: boolean) => (context: Context, args: Arguments): Result => {
  const addresses = placeAddresses(context, args, "PLACE");
  const stops = addresses.map((address): StopPoint => ({ kind: "instruction", address, ...onCpu(args) }));
  const result = addPoint(context, args, `${temporary ? "tbreak" : "break"} ${args.text("PLACE")}`, stops, temporary);
  const at = addresses.map((address) => hex(address)).join(" ");
  return { ...result, text: `${result.text} at ${at}` };
};

const PLACE: Argument = { name: "PLACE", kind: "place", rest: true };

const breakPlace: Command = {
  name: "break", short: "b", group: "stop", args: [PLACE, ONLY_CPU, CONDITION],
  help: "stop before an address, a symbol, or FILE:LINE",
  detail: "On any CPU, or on the one that is named. The condition is evaluated with the registers of the CPU that comes there.",
  example: "break do_wp_page cpu1 if $rdi != 0",
  run: breakAt(false),
};

const tbreak: Command = {
  name: "tbreak", short: "tb", group: "stop", args: [PLACE, ONLY_CPU, CONDITION],
  help: "as break, but only for the first hit",
  example: "tbreak start_kernel",
  run: breakAt(true),
};

const breakStale: Command = {
  name: "break stale", short: "b stale", group: "stop",
  args: [{ name: "CLASS", kind: "choice", optional: true, choices: STALE_CLASSES }, ONLY_CPU, CONDITION],
  help: "stop after a stale translation was used",
  detail: "The page tables hold something else by then. Classes: benign (no difference could be seen), permission (a right that is gone), diverged-read (the bytes differ from those that are mapped now), lost-write (a store went to the old frame), reused-frame (the frame is something else's by now).",
  example: "break stale diverged-read",
  run(context, args) {
    const wanted = args.text("CLASS");
    const number = STALE_CLASSES.findIndex((name) => name === wanted);
    const match: StopPoint & { kind: "event" } = { kind: "event", event: "stale_use", ...onCpu(args) };
    const stop = number < 0 ? match : { ...match, match: [undefined, undefined, { mask: 0xffn, value: BigInt(number) }] as const };
    return addPoint(context, args, `break stale${wanted === undefined ? "" : ` ${wanted}`}`, [stop]);
  },
};

const breakFlush: Command = {
  name: "break flush", short: "b flush", group: "stop", args: [ONLY_CPU, CONDITION],
  help: "stop after a CPU invalidates TLB entries",
  detail: "By INVLPG, INVPCID, or a change of CR3 or CR4.",
  example: "break flush cpu2",
  run: (context, args) => addPoint(context, args, "break flush", [{ kind: "event", event: "invalidate", ...onCpu(args) }]),
};

const breakIpi: Command = {
  name: "break ipi", short: "b ipi", group: "stop",
  args: [{ name: "VECTOR", kind: "count" }, ONLY_CPU, CONDITION],
  help: "stop after an IPI is sent, and after it arrives",
  example: "break ipi 0xfc",
  run(context, args) {
    const vector = args.count("VECTOR")!;
    if (vector > 255) throw new UserError("a vector is a number from 0 to 255");
    const match = [{ mask: 0xffn, value: BigInt(vector) }] as const;
    return addPoint(context, args, `break ipi ${hex(vector)}`, [
      { kind: "event", event: "ipi_send", match, ...onCpu(args) }, { kind: "event", event: "ipi_deliver", match, ...onCpu(args) },
    ]);
  },
};

const breakFault: Command = {
  name: "break fault", short: "b fault", also: ["catch fault"], group: "stop",
  args: [{ name: "VECTOR", kind: "text" }, ONLY_CPU, CONDITION],
  help: "stop after an exception, such as 14 or #PF",
  example: "break fault #PF if $cr2 < 0x1000",
  run(context, args) {
    const text = args.text("VECTOR")!;
    const vector = /^\d+$/.test(text) ? Number(text) : exceptionVector(text);
    if (vector === undefined || vector > 31) throw new UserError(`"${text}" is not an exception: give 0 to 31, or a name such as #PF`);
    return addPoint(context, args, `break fault ${exceptionName(vector)}`,
      [{ kind: "event", event: "exception", match: [{ mask: ~0n, value: BigInt(vector) }], ...onCpu(args) }]);
  },
};

const breakSyscall: Command = {
  name: "break syscall", short: "b syscall", also: ["catch syscall"], group: "stop",
  args: [{ name: "NUMBER", kind: "count", optional: true }, ONLY_CPU, CONDITION],
  help: "stop after SYSCALL, of any number or of this one",
  example: "break syscall 279",
  run(context, args) {
    const number = args.count("NUMBER");
    const stop: StopPoint = { kind: "event", event: "syscall", ...onCpu(args) };
    const exact = number === undefined ? stop : { ...stop, match: [{ mask: ~0n, value: BigInt(number) }] as const };
    return addPoint(context, args, `break syscall${number === undefined ? "" : ` ${number}`}`, [exact]);
  },
};

export const STOP_COMMANDS: readonly Command[] = [breakPlace, tbreak, breakStale, breakFlush, breakIpi, breakFault, breakSyscall];
