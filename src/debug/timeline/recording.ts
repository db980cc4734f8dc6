// Recordings: a whole run as lines of JSON, of which docs/recordings.md is the specification. This file is the format:
// what a line may be, and one line about what is wrong with one that may not. recorder.ts writes them, replay.ts runs
// them again.

import { createHash } from "node:crypto";
import { UserError } from "../../errors.js";
import { Fields } from "../../fields.js";
import { type Machine, REGISTER_NAMES, TLB_PRESETS, type TlbPreset } from "../../machine/index.js";

export const RECORDING_VERSION = 1;

/** A file that the run began with, by name and by content. */
export interface RecordedFile {
  readonly file: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** The first line: all that the run is a function of, but its inputs. */
export interface RecordingHeader {
  readonly cpus: number;
  readonly memory: number;
  readonly fastMemory: number;
  readonly tlb: TlbPreset;
  /** A decimal number of up to 64 bits. */
  readonly seed: string;
  readonly image: RecordedFile;
  readonly modules: readonly (RecordedFile & { readonly commandLine: string })[];
  readonly commandLine: string;
}

/** The other lines, in order of their steps. */
export type RecordingLine =
  /** Bytes for the serial line; `idle` if the machine had been run until it was idle. */
  | { readonly kind: "input"; readonly step: number; readonly idle: boolean; readonly bytes: Uint8Array }
  /** A digest of each CPU's registers and the clock. */
  | { readonly kind: "digest"; readonly step: number; readonly digests: readonly string[] }
  /** Of the whole state. */
  | { readonly kind: "hash"; readonly step: number; readonly hash: string }
  /** The last line: why the run ended. `end` is the kind of a stop, or of an end that came from outside. */
  | { readonly kind: "end"; readonly step: number; readonly idle: boolean; readonly end: string; readonly hash: string };

export interface Recording {
  readonly header: RecordingHeader;
  readonly lines: readonly RecordingLine[];
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Modelled cycles depend on how a run is cut into pieces, where the preset has no TLBs. */
const DIGESTED = REGISTER_NAMES.filter((name) => name !== "cycles");

/** What a `digest` line says of each CPU. */
export function digestsOf(machine: Machine): string[] {
  return Array.from({ length: machine.options.cpus }, (_, cpu) => {
    const values = BigUint64Array.from([machine.clock, ...DIGESTED.map((name) => machine.register(cpu, name))]);
    return sha256(new Uint8Array(values.buffer)).slice(0, 16);
  });
}

export const hashOf = (machine: Machine): string => machine.stateHash().toString(16).padStart(16, "0");

export function writeHeader(header: RecordingHeader): string {
  return JSON.stringify({ recording: RECORDING_VERSION, ...header });
}

export function writeLine(line: RecordingLine): string {
  const { kind, step } = line;
  switch (kind) {
    case "input":
      return JSON.stringify({ kind, step, idle: line.idle, bytes: Buffer.from(line.bytes).toString("base64") });
    case "digest":
      return JSON.stringify({ kind, step, digests: line.digests });
    case "hash":
      return JSON.stringify({ kind, step, hash: line.hash });
    case "end":
      return JSON.stringify({ kind, step, idle: line.idle, end: line.end, hash: line.hash });
  }
}

/** The recording in `bytes`, of file `name`. */
export function readRecording(bytes: Uint8Array, name: string): Recording {
  const texts = new TextDecoder().decode(bytes).split("\n");
  // A recording whose writer was killed may end amid a line: what was complete before counts.
  if (texts.at(-1) !== "" && !isJson(texts.at(-1)!)) texts.pop();
  const lines: RecordingLine[] = [];
  let header: RecordingHeader | undefined;
  texts.forEach((text, i) => {
    if (text === "" && i === texts.length - 1) return;
    const fields = new Fields(text, `${name}, line ${i + 1}`);
    if (header) lines.push(readLine(fields, lines.at(-1), header.cpus));
    else header = readHeader(fields);
  });
  if (!header) throw new UserError(`${name} is empty: it is no recording`);
  return { header, lines };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readHeader(fields: Fields): RecordingHeader {
  if (!fields.has("recording")) throw fields.wrong("this is no recording");
  const version = fields.number("recording");
  if (version !== RECORDING_VERSION) {
    throw fields.wrong(`this is a recording of version ${version}, and version ${RECORDING_VERSION} is known here`);
  }
  const tlb = fields.text("tlb") as TlbPreset;
  if (!TLB_PRESETS.includes(tlb)) throw fields.wrong(`there is no TLB preset "${tlb}"`);
  return {
    cpus: fields.number("cpus"),
    memory: fields.number("memory"),
    fastMemory: fields.number("fastMemory"),
    tlb,
    seed: fields.text("seed", /^\d{1,20}$/),
    image: readFile(fields.object("image")),
    modules: fields.objects("modules").map((each) => ({ ...readFile(each), commandLine: each.text("commandLine") })),
    commandLine: fields.text("commandLine"),
  };
}

function readFile(fields: Fields): RecordedFile {
  return { file: fields.text("file"), sha256: fields.text("sha256", /^[0-9a-f]{64}$/) };
}

const HEX64 = /^[0-9a-f]{16}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readLine(fields: Fields, before: RecordingLine | undefined, cpus: number): RecordingLine {
  if (before?.kind === "end") throw fields.wrong("the recording has ended before this line");
  const kind = fields.text("kind");
  const step = fields.number("step");
  if (before && step < before.step) throw fields.wrong(`step ${step} comes after step ${before.step}`);
  switch (kind) {
    case "input":
      return { kind, step, idle: fields.flag("idle"), bytes: Buffer.from(fields.text("bytes", BASE64), "base64") };
    case "digest": {
      const digests = fields.texts("digests", HEX64);
      if (digests.length !== cpus) throw fields.wrong(`"digests" is of ${digests.length} CPUs, not of ${cpus}`);
      return { kind, step, digests };
    }
    case "hash":
      return { kind, step, hash: fields.text("hash", HEX64) };
    case "end":
      return { kind, step, idle: fields.flag("idle"), end: fields.text("end", /^[a-z-]{1,20}$/), hash: fields.text("hash", HEX64) };
    default:
      throw fields.wrong(`there is no line of kind "${kind.slice(0, 20)}"`);
  }
}
