// The messages of Perfetto's trace format, as far as a trace of this machine needs them: field numbers are those of
// protos/perfetto/trace (trace_packet.proto, track_event.proto, track_descriptor.proto, debug_annotation.proto).

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Value } from "./describe.js";
import { PacketBuffer, varintLength } from "./packet-buffer.js";

const { Varint, Bit64, LengthDelimited } = WireType;

/** Trace.packet. */
const PACKET = 1;
/** Fields of TracePacket. */
const P = { timestamp: 8, trustedPacketSequenceId: 10, trackEvent: 11, trackDescriptor: 60 } as const;
/** Fields of TrackEvent. */
const E = {
  debugAnnotations: 4, type: 9, trackUuid: 11, categories: 22, name: 23, counterValue: 30, flowIds: 47, terminatingFlowIds: 48,
} as const;
/** Fields of DebugAnnotation. A pointer is shown in hexadecimal. */
const A = { intValue: 4, stringValue: 6, pointerValue: 7, name: 10 } as const;
/** Fields of TrackDescriptor, ProcessDescriptor, ThreadDescriptor and CounterDescriptor. */
const D = { uuid: 1, name: 2, process: 3, thread: 4, parentUuid: 5, counter: 8 } as const;
const PROCESS = { pid: 1, name: 6 } as const;
const THREAD = { pid: 1, tid: 2, name: 5 } as const;
const COUNTER = { unit: 3 } as const;
const UNIT_COUNT = 2;

/** All packets are of one sequence: its number may be any but 0. */
const SEQUENCE = 1;

/** TrackEvent.Type. */
export const TYPE = { begin: 1, end: 2, instant: 3, counter: 4 } as const;

export interface TrackEvent {
  readonly type: (typeof TYPE)[keyof typeof TYPE];
  readonly track: number;
  readonly clock: bigint;
  readonly name?: string;
  readonly category?: string;
  readonly values?: Readonly<Record<string, Value>>;
  /** Arrows go from each event with an id to the next with the same, and end at one that terminates it. */
  readonly flows?: readonly bigint[];
  readonly ends?: readonly bigint[];
  readonly count?: number;
}

export interface Track {
  readonly uuid: number;
  readonly name: string;
  readonly parent?: number;
  /** What the track is besides a place for slices. */
  readonly is?: { readonly kind: "process"; readonly pid: number } | { readonly kind: "thread"; readonly pid: number; readonly tid: number } | { readonly kind: "counter" };
}

/** One packet of a Trace: a file is any number of them, one behind the other. */
function packet(fill: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter().tag(PACKET, LengthDelimited).fork();
  fill(writer);
  return writer.tag(P.trustedPacketSequenceId, Varint).uint32(SEQUENCE).join().finish();
}

/** Encodes events: the largest part of a trace, so their repeated pieces are encoded once (packet-buffer.ts). */
export class EventEncoder {
  readonly #event = new PacketBuffer();
  readonly #packet = new PacketBuffer();
  readonly #sequence = new BinaryWriter().tag(P.trustedPacketSequenceId, Varint).uint32(SEQUENCE).finish();

  /** The packet of `event`; valid until the next. */
  encode(event: TrackEvent): Uint8Array {
    this.#body(event);
    const body = this.#event.bytes;
    const packet = this.#packet;
    const content = 1 + varintLength(event.clock) + 1 + varintLength(BigInt(body.length)) + body.length + this.#sequence.length;
    packet.begin();
    packet.putKey(PACKET, LengthDelimited);
    packet.putLength(content);
    packet.putKey(P.timestamp, Varint);
    packet.putVarint(event.clock);
    packet.putKey(P.trackEvent, LengthDelimited);
    packet.putLength(body.length);
    packet.put(body);
    packet.put(this.#sequence);
    return packet.bytes;
  }

  #body({ type, track, name, category, count, values, flows, ends }: TrackEvent): void {
    const out = this.#event;
    out.begin();
    out.putKey(E.type, Varint);
    out.putLength(type);
    out.putKey(E.trackUuid, Varint);
    out.putLength(track);
    if (category !== undefined) out.put(out.piece(`category ${category}`, (w) => w.tag(E.categories, LengthDelimited).string(category)));
    if (name !== undefined) out.put(out.piece(`name ${name}`, (w) => w.tag(E.name, LengthDelimited).string(name)));
    if (count !== undefined) {
      out.putKey(E.counterValue, Varint);
      out.putLength(count);
    }
    for (const [argument, value] of Object.entries(values ?? {})) this.#annotate(argument, value);
    for (const id of flows ?? []) this.#flow(E.flowIds, id);
    for (const id of ends ?? []) this.#flow(E.terminatingFlowIds, id);
  }

  #flow(field: number, id: bigint): void {
    this.#event.putKey(field, Bit64);
    this.#event.putFixed64(id);
  }

  #annotate(name: string, value: Value): void {
    const out = this.#event;
    if (typeof value === "string") {
      out.put(out.piece(`${name}=${value}`, (writer) =>
        writer.tag(E.debugAnnotations, LengthDelimited).fork()
          .tag(A.name, LengthDelimited).string(name).tag(A.stringValue, LengthDelimited).string(value).join()));
      return;
    }
    const named = out.piece(`argument ${name}`, (writer) => writer.tag(A.name, LengthDelimited).string(name));
    const number = typeof value === "bigint" ? value : BigInt(value);
    out.putKey(E.debugAnnotations, LengthDelimited);
    out.putLength(named.length + 1 + varintLength(number));
    out.put(named);
    out.putKey(typeof value === "bigint" ? A.pointerValue : A.intValue, Varint);
    out.putVarint(number);
  }
}

export function trackPacket({ uuid, name, parent, is }: Track): Uint8Array {
  return packet((writer) => {
    writer.tag(P.trackDescriptor, LengthDelimited).fork().tag(D.uuid, Varint).uint64(uuid).tag(D.name, LengthDelimited).string(name);
    if (parent !== undefined) writer.tag(D.parentUuid, Varint).uint64(parent);
    if (is?.kind === "process") {
      writer.tag(D.process, LengthDelimited).fork();
      writer.tag(PROCESS.pid, Varint).int32(is.pid).tag(PROCESS.name, LengthDelimited).string(name).join();
    } else if (is?.kind === "thread") {
      writer.tag(D.thread, LengthDelimited).fork();
      writer.tag(THREAD.pid, Varint).int32(is.pid).tag(THREAD.tid, Varint).int64(is.tid);
      writer.tag(THREAD.name, LengthDelimited).string(name).join();
    } else if (is?.kind === "counter") {
      writer.tag(D.counter, LengthDelimited).fork().tag(COUNTER.unit, Varint).int32(UNIT_COUNT).join();
    }
    writer.join();
  });
}
