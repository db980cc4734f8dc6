// The list of points: show, delete, switch off and on, pass over.

import { UserError } from "../../../errors.js";
import type { Arguments } from "../arguments.js";
import { splitWords } from "../arguments.js";
import type { Argument, Command, Result } from "../command.js";
import type { Context } from "../context.js";
import type { Point } from "../../session/types.js";
import { columns } from "../text/columns.js";
import { plural } from "../text/numbers.js";

const NUMBERS: Argument = { name: "NUMBERS", kind: "text", optional: true, rest: true };

/** The points whose numbers were given, or all. */
function chosen(context: Context, args: Arguments): Point[] {
  const { points } = context.session;
  const text = args.text("NUMBERS");
  if (text === undefined) return [...points.list()];
  return splitWords(text.replaceAll(",", " ")).map(({ text: number }) => {
    const point = /^\d+$/.test(number) ? points.get(Number(number)) : undefined;
    if (!point) throw new UserError(`there is no point ${number}; info break lists them`);
    return point;
  });
}

const data = ({ id, text, enabled, temporary, hits, ignore }: Point) => ({ id, text, enabled, temporary, hits, ignore });

const remove: Command = {
  name: "delete", short: "d", group: "stop", args: [NUMBERS],
  help: "remove points, or all of them",
  example: "delete 2 3",
  run(context, args): Result {
    const gone = chosen(context, args);
    for (const { id } of gone) context.session.points.remove(id);
    return { data: gone.map(data), text: gone.length === 0 ? "there are no points" : `${plural(gone.length, "point")} removed` };
  },
};

const switched = (name: string, short: string, on: boolean): Command => ({
  name, short, group: "stop", args: [NUMBERS],
  help: on ? "switch points on again" : "switch points off, and keep them in the list",
  example: `${name} 1`,
  run(context, args) {
    const points = chosen(context, args);
    for (const { id } of points) context.session.points.enable(id, on);
    return { data: points.map(data), text: "" };
  },
});

const ignore: Command = {
  name: "ignore", short: "ig", group: "stop",
  args: [{ name: "NUMBER", kind: "count" }, { name: "COUNT", kind: "count" }],
  help: "pass over the next COUNT hits of a point",
  example: "ignore 1 100",
  run(context, args) {
    const point = context.session.points.get(args.count("NUMBER")!);
    if (!point) throw new UserError(`there is no point ${args.text("NUMBER")}; info break lists them`);
    point.ignore = args.count("COUNT")!;
    return { data: data(point), text: `the next ${plural(point.ignore, "hit")} of point ${point.id} will be passed over` };
  },
};

const infoBreak: Command = {
  name: "info break", short: "i b", also: ["info breakpoints", "info watchpoints", "points", "bl"], group: "stop", args: [],
  help: "list the points",
  example: "info break",
  run({ session }) {
    const points = session.points.list();
    const rows = points.map((point) => [
      `${point.id}`, point.enabled ? "on" : "off", `${point.hits}`, point.ignore > 0 ? `${point.ignore}` : "",
      `${point.text}${point.temporary ? " (once)" : ""}`,
    ]);
    return {
      data: points.map(data),
      text: rows.length === 0 ? "there are no points" : columns(["point", "is", "hits", "ignore", "what"], "llrrl", rows),
    };
  },
};

export const POINT_COMMANDS: readonly Command[] = [
  remove, switched("disable", "dis", false), switched("enable", "en", true), ignore, infoBreak,
];
