// A schedule as a JSON file and as a short string to paste; docs/schedules.md is the specification. Both hold the same
// object. Whatever is wrong with one is told in one line.

import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { UserError } from "../../errors.js";
import { Fields } from "../../fields.js";
import { readTransitions, writeTransitions } from "./notation.js";
import { DIGEST_DIGITS, DIGEST_EVERY, type Schedule, type Start } from "./schedule.js";

export const SCHEDULE_VERSION = 1;

/** What a pasted schedule begins with: the name and the version. */
export const PASTED = "SD1:";

/** Bytes of SHA-256 before the compressed object, by which damage is found. */
const CHECK_BYTES = 4;
const MOST_BYTES = 64 * 1024 * 1024;

interface Written {
  readonly schedule: number;
  readonly scenario: Start["scenario"];
  readonly options: { readonly storeBuffers: boolean };
  readonly kernel?: Start["kernel"];
  readonly shows: string;
  readonly steps: readonly string[];
  readonly digests: readonly string[];
  readonly hash: string;
}

function writtenForm({ start, shows, transitions, digests, hash }: Schedule): Written {
  const { scenario, storeBuffers, kernel } = start;
  return {
    schedule: SCHEDULE_VERSION, scenario, options: { storeBuffers }, ...(kernel ? { kernel } : {}), shows, steps: writeTransitions(transitions), digests, hash,
  };
}

/** The schedule as a file. */
export const writeSchedule = (schedule: Schedule): string => `${JSON.stringify(writtenForm(schedule), null, 2)}\n`;

const checkOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest().subarray(0, CHECK_BYTES);

/** The text of a scenario without what only people need: comments, the sentence on what is at stake, aligned columns. */
const bare = (text: string): string =>
  text.replaceAll(/\(\*[\s\S]*?\*\)/g, " ").replace(/\n\s*"[^"]*"[ \t]*(?=\n)/, "").replaceAll(/[ \t]*\n[ \t]*/g, "\n").replaceAll(/[ \t]+/g, " ");

/** The schedule as one word of letters, digits, - and _, which holds a scenario's text without its comments. */
export function pasteSchedule(schedule: Schedule): string {
  const { start } = schedule;
  const short = { ...schedule, start: { ...start, scenario: bare(start.scenario) } };
  const bytes = brotliCompressSync(JSON.stringify(writtenForm(short)), {
    params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
  return PASTED + Buffer.concat([checkOf(bytes), bytes]).toString("base64url");
}

/** Whether `text` is meant to be a pasted schedule, and no name of a file. */
export const isPasted = (text: string): boolean => /^SD\d+:/.test(text);

/** The schedule in a pasted string. */
export function readPasted(text: string): Schedule {
  const where = "the pasted schedule";
  if (!text.startsWith(PASTED)) throw new UserError(`${where} is of another version: ${PASTED} is known here, not ${/^SD\d{1,9}/.exec(text)?.[0] ?? "this"}`);
  // Mail programs break long lines.
  const code = text.slice(PASTED.length).replaceAll(/\s/g, "");
  const all = Buffer.from(code, "base64url");
  const bytes = all.subarray(CHECK_BYTES);
  // What is no letter of the code is skipped when it is decoded: comparing finds it.
  if (all.toString("base64url") !== code || !checkOf(bytes).equals(all.subarray(0, CHECK_BYTES))) {
    throw new UserError(`${where} is damaged: its check sum is wrong`);
  }
  let json: Buffer;
  try {
    json = brotliDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new UserError(`${where} is damaged: it cannot be unpacked`);
  }
  return readSchedule(json, where);
}

function readKernel(fields: Fields): NonNullable<Start["kernel"]> {
  return {
    image: fields.text("image", /^[0-9a-f]{64}$/), policy: fields.text("policy", /^[\w-]+$/), append: fields.texts("append"),
    tlbAdversary: fields.flag("tlbAdversary"), words: fields.numbers("words"),
  };
}

/** The schedule in the bytes of a file, which messages call `name`. */
export function readSchedule(bytes: Uint8Array, name: string): Schedule {
  const fields = new Fields(new TextDecoder().decode(bytes), name);
  if (!fields.has("schedule")) throw fields.wrong("this is no schedule");
  const version = fields.number("schedule");
  if (version !== SCHEDULE_VERSION) throw fields.wrong(`this is a schedule of version ${version}, and version ${SCHEDULE_VERSION} is known here`);
  const transitions = readTransitions(fields.texts("steps"), name);
  const digests = fields.texts("digests", new RegExp(`^[0-9a-f]{${DIGEST_DIGITS}}$`));
  const wanted = Math.floor(transitions.length / DIGEST_EVERY);
  if (digests.length !== wanted) throw fields.wrong(`"digests" has ${digests.length} of ${wanted}, one for every ${DIGEST_EVERY} steps`);
  return {
    start: {
      scenario: fields.text("scenario"),
      storeBuffers: fields.object("options").flag("storeBuffers"),
      ...(fields.has("kernel") ? { kernel: readKernel(fields.object("kernel")) } : {}),
    },
    shows: fields.text("shows"),
    transitions, digests,
    hash: fields.text("hash", /^[0-9a-f]{32}$/),
  };
}
