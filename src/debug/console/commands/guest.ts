// Commands that know the guest kernel, by its debug information: threads, address spaces, frames, deferred flushes.

import { Guest } from "../../guest/index.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { addressSpaceText, folioText, migrcText, threadsText } from "../text/guest.js";

const guestOf = (context: Context): Guest => new Guest(context.machine, context.needSymbols());

/** Numbers from here on are addresses of structures, not pids. */
const FIRST_ADDRESS = 1n << 32n;

const threads: Command = {
  name: "threads", short: "th", also: ["ps"], group: "guest", args: [],
  help: "the guest's threads, and where they are",
  example: "threads",
  run(context) {
    const data = guestOf(context).threads();
    return { data, text: threadsText(context, data) };
  },
};

const mm: Command = {
  name: "mm", short: "mm", group: "guest",
  args: [{ name: "CPU", kind: "cpu", optional: true, needsMore: true }, { name: "WHICH", kind: "expression", optional: true, rest: true }],
  help: "an address space and its TLB generations",
  detail: "That of this CPU, of cpuN, of a thread by its pid, or of a struct mm_struct at an address: its tlb_gen, and for each CPU up to which generation its TLB is believed to be current; flushes that are owed; areas.",
  example: "mm 2",
  run(context, args) {
    const which = args.number("WHICH");
    const selector = which === undefined ? { cpu: args.cpu() ?? context.cpu } : which < FIRST_ADDRESS ? { pid: Number(which) } : { mm: which };
    const data = guestOf(context).mm(selector);
    return { data, text: addressSpaceText(data) };
  },
};

const folio: Command = {
  name: "folio", short: "fo", group: "guest",
  args: [{ name: "PFN", kind: "count", rest: true }],
  help: "a page frame, who maps it, which TLBs hold it",
  example: "folio 0x17d",
  run(context, args) {
    const data = guestOf(context).folio(args.count("PFN")!);
    return { data, text: folioText(context, data) };
  },
};

const migrc: Command = {
  name: "migrc", short: "mig", group: "guest", args: [],
  help: "flushes that are put off, and who owes them",
  detail: "Which folios the deferred-flush policy keeps back, since when, where they are mapped now, and which CPUs have not flushed since.",
  example: "migrc",
  run(context) {
    const data = guestOf(context).migrc();
    return { data, text: migrcText(context, data) };
  },
};

export const GUEST_COMMANDS: readonly Command[] = [threads, mm, folio, migrc];
