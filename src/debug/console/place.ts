// Places in code as a person names them: an expression, a symbol, or FILE:LINE.

import { UserError } from "../../errors.js";
import type { Arguments } from "./arguments.js";
import type { Context } from "./context.js";

const FILE_LINE = /^([\w./+-]*[A-Za-z][\w./+-]*):(\d+)$/;

/** Addresses of the place that argument `name` says: several if code of that line is in several places. */
export function placeAddresses(context: Context, args: Arguments, name: string): bigint[] {
  const text = args.text(name)!;
  const line = FILE_LINE.exec(text);
  if (!line) return [args.number(name)!];
  const found = context.needSymbols().addressesOf(line[1]!, Number(line[2]));
  if (found.length === 0) throw new UserError(`no code of ${line[1]} is at line ${line[2]}`);
  return [...new Set(found.map(({ address }) => address))];
}
