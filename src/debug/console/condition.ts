// The condition of a point: an expression that is evaluated whenever the point is reached.

import type { Hit } from "../../machine/index.js";
import type { Arguments } from "./arguments.js";
import type { Context } from "./context.js";
import { asNumber, evaluate } from "./expression/evaluate.js";

/**
 * The condition behind `if`, if there is one. Names in it are looked up now, so that a misspelled one is told now.
 * Where it cannot be evaluated, because it reads memory that is not mapped, the point counts: better one stop too many.
 */
export function conditionOf(context: Context, args: Arguments): ((hit: Hit) => boolean) | undefined {
  const node = args.node("EXPR");
  if (!node) return undefined;
  try {
    args.value("EXPR");
  } catch (error) {
    // Memory need not be mapped yet.
    if (!/is not mapped|not in RAM/.test((error as Error).message)) throw error;
  }
  return (hit) => {
    try {
      return asNumber(evaluate(node, context.scope(hit.cpu))) !== 0n;
    } catch {
      return true;
    }
  };
}
