// Traces of runs: every event is in the file, Perfetto's form says what the JSON lines say, and recording changes nothing.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { DEFAULT_TRACE_KINDS, EVENT_KINDS, Machine, MiB, parseTraceKinds, Pc, Tracer, traceFileFor, UserError } from "shootdown";
import { scratch } from "./guest.ts";

const KERNEL = readFileSync("dist/guest/kernel.elf");
const STEPS = 12_000_000;

/** A run of the kernel under migrc, whose TLBs are stale on purpose; recorded to `file` if that is given. */
async function run(file?: string, kinds = DEFAULT_TRACE_KINDS, steps = STEPS): Promise<{ machine: Machine; events: number }> {
  const { machine, load } = await start();
  load();
  const tracer = file === undefined ? undefined : await Tracer.open(machine, { file: join(scratch, file), kinds });
  for (let done = 0; done < steps; done += 1_000_000) {
    machine.run(1_000_000);
    await tracer?.flush();
  }
  await tracer?.close();
  return { machine, events: tracer?.events ?? 0 };
}

async function start() {
  const pc = await Pc.create({ cpus: 4, memory: 128 * MiB });
  return { machine: pc.machine, load: () => pc.load(KERNEL, { commandLine: "init=churn tlb=migrc-v3 -- size=4M" }) };
}

const lines = (file: string): Record<string, any>[] =>
  readFileSync(join(scratch, file), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));

/** A message's fields by number, in order: varints and fixed ones as bigints, the rest as bytes. */
type Fields = Map<number, (bigint | Uint8Array)[]>;

function fields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const found: Fields = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === WireType.Varint ? BigInt(reader.uint64()) : type === WireType.Bit64 ? BigInt(reader.fixed64()) : reader.bytes();
    const before = found.get(number);
    if (before) before.push(value);
    else found.set(number, [value]);
  }
  return found;
}

const message = (of: Fields, number: number): Fields | undefined => {
  const [bytes] = of.get(number) ?? [];
  return bytes instanceof Uint8Array ? fields(bytes) : undefined;
};
const numbers = (of: Fields, number: number): bigint[] => (of.get(number) ?? []) as bigint[];
const text = (of: Fields, number: number): string | undefined => {
  const [bytes] = of.get(number) ?? [];
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : undefined;
};

type Argument = string | bigint;

interface Slice {
  readonly type: bigint;
  readonly track: bigint;
  readonly clock: bigint;
  readonly name: string | undefined;
  readonly category: string | undefined;
  readonly values: Record<string, Argument>;
  readonly flows: bigint[];
  readonly ends: bigint[];
  readonly count: bigint | undefined;
}

/** What a number stands for, by the field of InternedData and the number. */
type Texts = Map<string, string>;

function learn(texts: Texts, packet: Fields): void {
  if (((numbers(packet, 13)[0] ?? 0n) & 1n) !== 0n) texts.clear();
  for (const [index, entries] of message(packet, 12) ?? []) {
    for (const entry of entries) {
      const of = fields(entry as Uint8Array);
      texts.set(`${index} ${numbers(of, 1)[0]}`, text(of, 2)!);
    }
  }
}

function argumentsOf(event: Fields, texts: Texts): Record<string, Argument> {
  return Object.fromEntries((event.get(4) ?? []).map((bytes) => {
    const of = fields(bytes as Uint8Array);
    const [iid] = numbers(of, 17);
    const value = iid === undefined ? (numbers(of, 4)[0] ?? numbers(of, 7)[0]!) : texts.get(`29 ${iid}`)!;
    return [texts.get(`3 ${numbers(of, 1)[0]}`)!, value];
  }));
}

function perfetto(file: string): { tracks: Map<bigint, string>; slices: Slice[] } {
  const tracks = new Map<bigint, string>();
  const slices: Slice[] = [];
  const texts: Texts = new Map();
  for (const bytes of fields(readFileSync(join(scratch, file))).get(1)!) {
    const packet = fields(bytes as Uint8Array);
    assert.deepEqual(numbers(packet, 10), [1n], "a packet is of no sequence");
    learn(texts, packet);
    const track = message(packet, 60);
    if (track) tracks.set(numbers(track, 1)[0]!, text(track, 2)!);
    const event = message(packet, 11);
    if (!event) continue;
    assert.ok((numbers(packet, 13)[0]! & 2n) !== 0n, "a packet does not say that it refers to texts of others");
    slices.push({
      type: numbers(event, 9)[0]!, track: numbers(event, 11)[0]!, clock: numbers(packet, 8)[0]!,
      name: texts.get(`2 ${numbers(event, 10)[0]}`), category: texts.get(`1 ${numbers(event, 3)[0]}`), values: argumentsOf(event, texts),
      flows: numbers(event, 47), ends: numbers(event, 48), count: numbers(event, 30)[0],
    });
  }
  return { tracks, slices };
}

test("a trace as JSON lines has every event, with step, CPU and addresses, and the run is the same as without", async () => {
  const [plain, traced] = [await run(), await run("run.jsonl")];
  assert.equal(traced.machine.stateHash(), plain.machine.stateHash());
  const told = lines("run.jsonl");
  assert.equal(told.length, traced.events);
  for (const kind of ["table_write", "syscall", "exception", "cr3", "ipi_send", "ipi_deliver", "interrupt", "eoi", "halt", "invalidate", "mark", "unmark"]) {
    assert.ok(told.some((line) => line["kind"] === kind), `there is no ${kind}`);
  }
  assert.ok(told.every((line) => Number.isInteger(line["step"]) && Number.isInteger(line["clock"]) && line["cpu"] < 4));
  assert.ok(told.every((line, i) => i === 0 || line["step"] >= told[i - 1]!["step"]));
  const write = told.find((line) => line["kind"] === "table_write")!;
  assert.match(`${write["word"]} ${write["old"]} ${write["new"]} ${write["at"]}`, /^(0x[0-9a-f]+ ?){4}$/);
  assert.deepEqual(told.filter((line) => line["kind"] === "walk"), []);
});

test("the live count of stale entries in a trace is that of the TLBs, and so is what the core counts", async () => {
  const { machine } = await run("live.jsonl", parseTraceKinds("mark,unmark"), 20_000_000);
  const stale = (cpu: number) => machine.tlb(cpu).filter((entry) => entry.stale);
  const listed = new Set([0, 1, 2, 3].flatMap((cpu) => stale(cpu).map((e) => `${cpu} ${e.kind} ${e.linear} ${e.pcid}`)));
  assert.equal(lines("live.jsonl").at(-1)!["live"], listed.size);
});

test("in Perfetto's form slices end after they begin, one after the other on each track, and each track is described", async () => {
  const { tracks, slices } = await run("run.pftrace").then(() => perfetto("run.pftrace"));
  const open = new Map<bigint, bigint[]>();
  const inOrder = slices.map((slice, i) => ({ slice, i })).sort((a, b) => Number(a.slice.clock - b.slice.clock) || a.i - b.i);
  for (const { slice } of inOrder) {
    assert.ok(tracks.has(slice.track), `track ${slice.track} has no descriptor`);
    const stack = open.get(slice.track) ?? [];
    open.set(slice.track, stack);
    if (slice.type === 1n) stack.push(slice.clock);
    if (slice.type === 2n) assert.ok(stack.pop()! <= slice.clock, `a slice ends on "${tracks.get(slice.track)}" that has not begun`);
  }
  assert.deepEqual([...tracks.values()].slice(0, 6), ["machine", "live stale entries", "CPU 0", "CPU 1", "CPU 2", "CPU 3"]);
  const spans = slices.filter((slice) => slice.name?.startsWith("stale since"));
  assert.ok(spans.length > 0);
  const counted = slices.filter((slice) => slice.type === 4n);
  assert.ok(counted.length > 0 && counted.every((slice) => slice.count! >= 0n));
});

test("Perfetto's form says of each event what the JSON lines say, value by value", () => {
  const { slices } = perfetto("run.pftrace");
  const told = slices.filter(({ type, track, name }) => track >= 100n && track < 1000n && type !== 2n && name !== undefined);
  const keys = new Set(["step", "clock", "cpu", "by", "at", "kind", "live", "changed_word", "changed_step", "entries"]);
  const same = (value: unknown) => (typeof value === "string" && value.startsWith("0x") ? BigInt(value) : typeof value === "number" ? BigInt(value) : value);
  const expected = lines("run.jsonl");
  assert.equal(told.length, expected.length);
  for (const [i, { track, clock, category, values }] of told.entries()) {
    const line = expected[i]!;
    const { step, by = track - 100n, ...rest } = values;
    assert.deepEqual([step, clock, track - 100n, by], [line["step"], line["clock"], line["cpu"], line["by"] ?? line["cpu"]].map(BigInt));
    assert.ok(category, `event ${i} has no category`);
    const own = Object.entries(line).filter(([key]) => !keys.has(key)).map(([key, value]) => [key, same(value)]);
    assert.deepEqual(Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, same(value)])), Object.fromEntries(own));
  }
});

test("arrows lead from each IPI's sending over its delivery to its EOI, in this order", async () => {
  const { slices } = perfetto("run.pftrace");
  const ways = new Map<bigint, string[]>();
  for (const { name, flows, ends } of slices) for (const id of [...flows, ...ends]) ways.set(id, [...(ways.get(id) ?? []), name!.split(" ").slice(0, -1).join(" ")]);
  const complete = [...ways.values()].filter((way) => way.at(-1) === "EOI");
  assert.ok(complete.length > 2, `${complete.length} complete ways`);
  for (const way of complete) assert.deepEqual(way, ["IPI send", "IPI deliver", "interrupt", "EOI"]);
});

test("more events than the core's ring holds are all there", async () => {
  const { machine, events } = await run("many.jsonl", EVENT_KINDS, 4_000_000);
  const told = lines("many.jsonl");
  assert.equal(told.length, events);
  assert.ok(events > 0);
  const pc = await Pc.create({ cpus: 1, memory: 64 * MiB });
  const counted: number[] = [];
  pc.machine.onEvents((batch) => counted.push(batch.length));
  pc.machine.recordEvents(["walk"]);
  pc.load(readFileSync("dist/guest/bench/chase.elf"), { commandLine: "n=1000000" });
  pc.machine.run(20_000_000);
  pc.machine.drainEvents();
  const total = counted.reduce((sum, n) => sum + n, 0);
  const counters = pc.machine.counters();
  assert.ok(total > 32_768 * 2, `${total} events`);
  assert.equal(total, counters.walks_data + counters.walks_instruction);
  assert.ok(machine.steps > 0);
});

test("endings and kinds that do not exist are refused with one line", async () => {
  assert.throws(() => parseTraceKinds("walk,fly"), UserError);
  assert.deepEqual(parseTraceKinds("walk, walk"), ["walk"]);
  assert.deepEqual(parseTraceKinds("all"), EVENT_KINDS);
  assert.equal(traceFileFor("a.b.pftrace", "sync"), "a.b.sync.pftrace");
  for (const [args, expected] of [
    [["--trace", "x.json"], /^shootdown: .*x\.json/],
    [["--trace-kinds", "walk"], /^shootdown: .*--trace/],
    [["--trace", "/nowhere/x.jsonl"], /^shootdown: the trace cannot be written: /],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, ["dist/shootdown.js", "boot", "dist/guest/kernel.elf", ...args], { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, expected);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  }
});
