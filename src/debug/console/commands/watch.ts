// Watchpoints: on memory by linear or physical address, and on what the TLBs hold of a page.

import { UserError } from "../../../errors.js";
import { sizeOfType } from "../../symbols/index.js";
import type { Arguments } from "../arguments.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import type { Match, StopPoint } from "../../../machine/index.js";
import { walk } from "../../look/index.js";
import { hex } from "../text/numbers.js";
import { addPoint, CONDITION, ONLY_CPU, onCpu } from "./stop.js";

const MOST = 4096;

/** Where the expression lies, and how long it is; or the number that it is, and a word. */
function watched(args: Arguments): { address: bigint; length: number } {
  const value = args.value("ADDRESS")!;
  const { address } = value;
  const own = address === undefined ? 8 : sizeOfType(value.type) || 8;
  const length = args.count("LENGTH", 1) ?? own;
  if (length > MOST) throw new UserError(`at most ${MOST} bytes can be watched, not ${length}`);
  return { address: address ?? BigInt.asUintN(64, value.number!), length };
}

/** The last word of the walk of `address`: what maps it, or is to say that nothing does. */
function tableWord({ machine, cpu }: Context, address: bigint): { address: bigint; length: number } {
  const word = walk(machine, cpu, address).levels.at(-1);
  if (!word) throw new UserError("paging is off: no page-table word maps this address");
  return { address: BigInt(word.wordAddress), length: 8 };
}

const watch: Command = {
  name: "watch", short: "wa", group: "stop",
  args: [
    { name: "KIND", kind: "choice", optional: true, choices: ["w", "r", "rw"] },
    { name: "SPACE", kind: "choice", optional: true, choices: ["phys", "pte"] },
    { name: "ADDRESS", kind: "expression" },
    { name: "LENGTH", kind: "count", optional: true }, ONLY_CPU, CONDITION,
  ],
  help: "stop after memory is written (w), read (r), or rw",
  detail:
    "ADDRESS is a variable, whose place and size are taken, or a number; the length is then 8 bytes unless it is "
    + "given. With phys it is a physical address: an access counts under whatever linear address it is made. With "
    + "pte it is a linear address, and what is watched is the page-table word that maps it now. Page walks are not "
    + "accesses.",
  example: "watch w pte $cr2",
  run(context: Context, args: Arguments) {
    const kind = args.text("KIND") ?? "w";
    const { address, length } = args.text("SPACE") === "pte" ? tableWord(context, args.number("ADDRESS")!) : watched(args);
    const space = args.has("SPACE") ? "physical" : "linear";
    if (space === "physical" && address + BigInt(length) > BigInt(context.machine.options.memory)) {
      throw new UserError(`${hex(address)} is not in RAM`);
    }
    const stop: StopPoint = {
      kind: "access", space, address, length, read: kind.includes("r"), write: kind.includes("w"), ...onCpu(args),
    };
    const text = ["watch", kind, args.text("SPACE"), args.text("ADDRESS")].filter(Boolean).join(" ");
    const result = addPoint(context, args, text, [stop]);
    return {
      ...result,
      text: `${result.text}: ${length} bytes at ${hex(address)}${space === "physical" ? " physical" : ""}`,
    };
  },
};

/** Sizes of pages, in the order of TLB_KINDS. */
const PAGE_SIZES = [4096n, 2n ** 21n, 2n ** 30n] as const;

/** Matches addresses in the same page of `size`. */
const within = (address: bigint, size: bigint): Match => ({
  mask: BigInt.asUintN(64, -size),
  value: BigInt.asUintN(64, address & -size),
});

const watchTlb: Command = {
  name: "watch tlb", short: "wa tlb", group: "stop",
  args: [{ name: "ADDRESS", kind: "expression" }, ONLY_CPU, CONDITION],
  help: "stop when a TLB's translation of a page changes",
  detail:
    "A TLB gets, loses, or is left with a stale translation of this page: fills; evictions and replacements; "
    + "invalidations; and changes of the page-table word that leave an entry stale. All structures count.",
  example: "watch tlb $cr2 cpu1",
  run(context, args) {
    const address = args.number("ADDRESS")!;
    const on = onCpu(args);
    const { outcome } = walk(context.machine, args.cpu() ?? context.cpu, address);
    // A large page is filled by an access to any part of it.
    const filled = outcome.kind === "mapped" ? BigInt(outcome.pageSize) : PAGE_SIZES[0];
    const stops: StopPoint[] = [{ kind: "event", event: "fill", match: [within(address, filled)], ...on }];
    PAGE_SIZES.forEach((size, kind) => {
      const match = [within(address, size), undefined, { mask: 0xffn, value: BigInt(kind) }] as const;
      for (const event of ["drop", "mark"] as const) stops.push({ kind: "event", event, match, ...on });
    });
    return addPoint(context, args, `watch tlb ${hex(address & ~0xfffn)}`, stops);
  },
};

export const WATCH_COMMANDS: readonly Command[] = [watch, watchTlb];
