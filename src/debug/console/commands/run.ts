// Commands that move the machine through its run.

import type { Command, Result } from "../command.js";
import type { Context } from "../context.js";
import type { Halt } from "../../session/types.js";
import { UserError } from "../../../errors.js";
import { formatSize } from "../../../units.js";
import { placeAddresses } from "../place.js";
import { haltData, haltText } from "../text/halt.js";
import { pairs } from "../text/columns.js";
import { plural, stepName } from "../text/numbers.js";

/** Runs `move` and says where it ended. The session's focus is then the CPU that halted. */
async function moved(context: Context, move: () => Promise<Halt>): Promise<Result> {
  context.rememberRegisters();
  const halt = await move();
  return { data: haltData(context, halt), text: haltText(context, halt) };
}

const go: Command = {
  name: "continue", short: "c", repeats: "line", also: ["g", "go"], group: "run", reversible: true,
  args: [{ name: "STEPS", kind: "count", optional: true, rest: true }],
  help: "run until a point is hit, or for STEPS steps",
  detail: "Or until the machine stops by itself. c- goes back to the newest place before this one where a point was hit. Ctrl-C stops it on the way.",
  example: "c-",
  run(context, args) {
    const limit = args.count("STEPS", 1);
    if (limit !== undefined && args.direction === -1) throw new UserError("continue- goes back to a point; for a number of steps there is tt $step-N");
    return moved(context, () => context.session.continue(args.direction, limit === undefined ? {} : { limit }));
  },
};

const step: Command = {
  name: "step", short: "s", repeats: "line", also: ["si", "stepi", "t"], group: "run", reversible: true,
  args: [
    { name: "CPU", kind: "cpu", optional: true, needsMore: true }, { name: "COUNT", kind: "count", optional: true, rest: true },
  ],
  help: "one instruction of this CPU, or COUNT of them",
  detail: "With a CPU it is that CPU that is stepped. An interrupt or exception that is delivered counts as a step of its own. What other CPUs do meanwhile is said by set scheduler. s- goes to before the last step of this CPU.",
  example: "s cpu1 5",
  run: (context, args) =>
    moved(context, () => context.session.step(args.cpu() ?? context.cpu, args.count("COUNT", 1) ?? 1, args.direction)),
};

const next: Command = {
  name: "next", short: "n", repeats: "line", also: ["ni", "nexti"], group: "run", reversible: true, args: [],
  help: "as step, but a call runs until it returns",
  example: "n",
  run: (context, args) => moved(context, () => context.session.stepOver(args.direction)),
};

const finish: Command = {
  name: "finish", short: "fin", repeats: "line", group: "run", reversible: true, args: [],
  help: "run until this function returns; -: to its call",
  example: "finish",
  run: (context, args) => moved(context, () => context.session.finish(args.direction)),
};

const until: Command = {
  name: "until", short: "u", also: ["advance"], group: "run",
  args: [{ name: "PLACE", kind: "place", rest: true }],
  help: "run until this CPU is at PLACE",
  example: "until do_wp_page",
  run(context, args) {
    const [first, ...others] = placeAddresses(context, args, "PLACE");
    if (others.length > 0) throw new UserError(`${args.text("PLACE")} is in ${others.length + 1} places: give an address`);
    return moved(context, () => context.session.until(first!));
  },
};

const travel: Command = {
  name: "tt", short: "tt", also: ["travel", "goto"], group: "run",
  args: [{ name: "STEP", kind: "count", rest: true }],
  help: "travel to a step, in the past or the future",
  detail: "The machine is then just before that step. tt 0 is power-on; tt $step-1000 goes back a thousand steps.",
  example: "tt #1842",
  run: (context, args) => moved(context, () => context.session.travel(args.count("STEP")!)),
};

const ptime: Command = {
  name: "ptime", short: "pt", also: ["position"], group: "run", args: [],
  help: "where this is, and how far the future is known",
  example: "ptime",
  run({ session, machine }) {
    const { furthest } = session.timeline;
    const data = { step: machine.steps, clock: machine.clock, furthest };
    return {
      data,
      text: pairs([
        ["step", `${stepName(data.step)}, ${data.step.toLocaleString("en-US")} steps from power-on`],
        ["virtual time", `${(Number(data.clock) / 1e6).toLocaleString("en-US", { maximumFractionDigits: 3 })} ms`],
        ["known until", `${stepName(furthest)}${furthest > data.step ? `, ${plural(furthest - data.step, "step")} ahead` : ", which is here"}`],
      ]),
    };
  },
};

const recordInfo: Command = {
  name: "record-info", short: "rec", also: ["info record"], group: "run", args: [],
  help: "how much of the past is kept",
  example: "record-info",
  run({ session }) {
    const data = session.timeline.figures;
    return {
      data,
      text: pairs([
        ["snapshots", `${data.snapshots}${data.thinned > 0 ? `, ${data.thinned} more were thinned out` : ""}`],
        ["memory", `${formatSize(data.bytes)} of ${formatSize(data.limit)} (--history)`],
        ["inputs", `${data.inputs}`],
      ]),
    };
  },
};

export const RUN_COMMANDS: readonly Command[] = [go, step, next, finish, until, travel, ptime, recordInfo];
