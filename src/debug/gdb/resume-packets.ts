// What the packets that resume ask for: vCont, and the older c, C, s, S. Signals mean nothing to a machine,
// so C and S do what c and s do.

import { parseHexNumber } from "./bytes.js";
import type { Resume } from "./target.js";

/** A thread as packets name it. */
export type Thread = { readonly kind: "all" | "any" } | { readonly kind: "cpu"; readonly cpu: number };

/** -1 is all threads, 0 any; undefined if there is no such thread. */
export function parseThread(text: string, cpus: number): Thread | undefined {
  if (text === "-1") return { kind: "all" };
  const number = parseHexNumber(text);
  if (number === undefined || number > BigInt(cpus)) return undefined;
  return number === 0n ? { kind: "any" } : { kind: "cpu", cpu: Number(number) - 1 };
}

export const threadId = (cpu: number): string => (cpu + 1).toString(16);

interface Action {
  readonly verb: "c" | "s" | "r";
  readonly range?: readonly [bigint, bigint];
  /** Undefined: every thread that no action before this one names. */
  readonly cpu?: number;
}

function parseAction(text: string, cpus: number): Action | undefined {
  const match = /^(?:([cs])|[CS]([0-9a-f]{2})|r([0-9a-f]+),([0-9a-f]+))(?::(-?[0-9a-f]+))?$/i.exec(text);
  if (!match) return undefined;
  const [, plain, , from, to, named] = match;
  const thread = named === undefined ? undefined : parseThread(named, cpus);
  if (named !== undefined && (thread === undefined || thread.kind === "any")) return undefined;
  const cpu = thread?.kind === "cpu" ? { cpu: thread.cpu } : {};
  if (from === undefined) return { verb: (plain ?? text[0]!).toLowerCase() as "c" | "s", ...cpu };
  const range = [parseHexNumber(from), parseHexNumber(to!)] as const;
  if (range[0] === undefined || range[1] === undefined) return undefined;
  return { verb: "r", range: [range[0], range[1]], ...cpu };
}

/**
 * `;ACTION[:THREAD]...` as something that can be done; undefined if it cannot. Of threads that are named for
 * a step the first one counts: a run ends when one of them has stepped. `current` steps where all should.
 */
export function parseVCont(text: string, cpus: number, current: number): Resume | undefined {
  if (!text.startsWith(";")) return undefined;
  const actions = text.slice(1).split(";").map((action) => parseAction(action, cpus));
  if (!actions.every((action) => action !== undefined)) return undefined;
  const named = actions.filter((action) => action.cpu !== undefined);
  const others = actions.find((action) => action.cpu === undefined);
  const [first] = named;
  const held = others === undefined && new Set(named.map((action) => action.cpu)).size < 2;
  const stepping = named.find((action) => action.verb !== "c") ?? (others?.verb !== "c" ? others : undefined);
  if (stepping) {
    const cpu = stepping.cpu ?? current;
    if (!stepping.range) return { kind: "step", direction: 1, cpu, held };
    return { kind: "range", cpu, from: stepping.range[0], to: stepping.range[1], held };
  }
  return { kind: "continue", direction: 1, ...(held ? { only: first!.cpu! } : {}) };
}

/** The address in `c ADDRESS`, `C SIGNAL;ADDRESS` and so on; null if there is none, undefined if it is wrong. */
export function resumeAddress(letter: string, rest: string): bigint | null | undefined {
  const plain = letter === "c" || letter === "s";
  const match = (plain ? /^()([0-9a-f]*)$/i : /^([0-9a-f]{2})(?:;([0-9a-f]+))?$/i).exec(rest);
  if (!match) return undefined;
  return match[2] ? parseHexNumber(match[2]) : null;
}
