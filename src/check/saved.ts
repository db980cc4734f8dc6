// A search in a file, to be taken up again later:
//
//     shootdown search 1 SHA256       of all that follows
//     {"scenario": ..., "strategy": ..., "found": ..., "data": ...}
//     hashes of the states that were seen, with their sleep sets, 24 bytes each
//
// The scenario is named by a hash of its text and of what else decides which executions there are.

import { createHash } from "node:crypto";
import { UserError } from "../errors.js";
import type { SavedSearch } from "./explore/strategy.js";

const MAGIC = "shootdown search";
const VERSION = 1;
const NEWLINE = 10;

export interface SavedRun<Found> {
  /** By `scenarioHash`. */
  readonly scenario: string;
  /** The title of the strategy. */
  readonly strategy: string;
  /** What was found so far, as the scenario's own kind has it: JSON. */
  readonly found: Found;
  readonly search: SavedSearch;
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** Names a scenario in a saved search: its text, and what is explored of it, such as `store buffers on`. */
export const scenarioHash = (text: string, space: string): string => sha256(`${space}\n${text}`);

export function encodeSearch({ scenario, strategy, found, search }: SavedRun<unknown>): Uint8Array {
  const body = Buffer.concat([Buffer.from(`${JSON.stringify({ scenario, strategy, found, data: search.data })}\n`), search.states]);
  return Buffer.concat([Buffer.from(`${MAGIC} ${VERSION} ${sha256(body)}\n`), body]);
}

/** What follows the first line that ends before `limit` bytes, and the line. */
function takeLine(bytes: Uint8Array, limit: number): [string, Uint8Array] {
  const end = bytes.subarray(0, limit).indexOf(NEWLINE);
  return [new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0))), bytes.subarray(end + 1)];
}

/** Reads a saved search, whose file is `name`; throws a UserError if it is not one of `scenario` by `strategy`. */
export function decodeSearch<Found>(name: string, bytes: Uint8Array, scenario: string, strategy: string): SavedRun<Found> {
  const [head, body] = takeLine(bytes, 128);
  const [, version, sum] = /^shootdown search (\d+) ([0-9a-f]{64})$/.exec(head) ?? [];
  if (version === undefined) throw new UserError(`${name} is not a saved search`);
  if (Number(version) !== VERSION) throw new UserError(`${name} is a saved search of version ${version}; this program reads version ${VERSION}`);
  if (sha256(body) !== sum) throw new UserError(`${name} is damaged: its checksum does not fit`);
  const [line, states] = takeLine(body, body.length);
  const saved = JSON.parse(line) as Omit<SavedRun<Found>, "search"> & { readonly data: unknown };
  if (saved.scenario !== scenario) throw new UserError(`${name} was saved of another scenario, or of other options`);
  if (saved.strategy !== strategy) throw new UserError(`${name} was saved by the strategy "${saved.strategy}", not "${strategy}"`);
  return { scenario, strategy, found: saved.found, search: { data: saved.data, states } };
}
