// The messages of Perfetto's trace format, as far as a trace of this machine needs them: field numbers are those of
// protos/perfetto/trace (trace_packet.proto, track_event.proto, track_descriptor.proto, debug_annotation.proto,
// interned_data.proto).

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Piece, Pieces } from "./bytes.js";
import type { Values } from "./describe.js";
import { Interned } from "./interned.js";
import { key, messageKey, ProtobufBytes, varint } from "./protobuf-bytes.js";

const { Varint, Bit64, LengthDelimited } = WireType;

/** Trace.packet. */
const PACKET = 1;
/** Fields of TracePacket. */
const P = { timestamp: 8, trustedPacketSequenceId: 10, trackEvent: 11, internedData: 12, sequenceFlags: 13, trackDescriptor: 60 } as const;
/** TracePacket.SequenceFlags: no interned text of before holds; the packet has interned texts. */
const CLEARED = 1;
const NEEDS_INTERNED = 2;
/** Fields of TrackEvent. */
const E = {
  categoryIids: 3, debugAnnotations: 4, type: 9, nameIid: 10, trackUuid: 11, counterValue: 30, flowIds: 47, terminatingFlowIds: 48,
} as const;
/** Fields of DebugAnnotation. A pointer is shown in hexadecimal. */
const A = { nameIid: 1, intValue: 4, pointerValue: 7, stringValueIid: 17 } as const;
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

const packetHead = (flags: number): Piece =>
  new Piece([
    ...messageKey(PACKET), ...key(P.trustedPacketSequenceId, Varint), SEQUENCE, ...key(P.sequenceFlags, Varint), flags,
    ...key(P.timestamp, Varint),
  ]);
const FIRST_HEAD = packetHead(CLEARED | NEEDS_INTERNED);
const HEAD = packetHead(NEEDS_INTERNED);
/** The packet's own messageKey, in front of its content. */
const PACKET_KEY = messageKey(PACKET).length;
const EVENT_KEY = messageKey(P.trackEvent).length;
/** By the type of the event. */
const EVENTS = [0, 1, 2, 3, 4].map((type) =>
  new Piece([...messageKey(P.trackEvent), ...key(E.type, Varint), type, ...key(E.trackUuid, Varint)]));
const COUNT = new Piece(key(E.counterValue, Varint));
const FLOW = new Piece(key(E.flowIds, Bit64));
const FLOW_END = new Piece(key(E.terminatingFlowIds, Bit64));
const INTERNED_DATA = new Piece(messageKey(P.internedData));

/** Writes events: between `open` and `close` what there is to say of one, in any order. */
export class EventBytes extends ProtobufBytes implements Values {
  readonly #interned = new Interned();
  readonly #categories = new Pieces((text) => [...key(E.categoryIids, Varint), ...varint(this.#interned.number("category", text))]);
  readonly #names = new Pieces((text) => [...key(E.nameIid, Varint), ...varint(this.#interned.number("name", text))]);
  readonly #numbers = new Pieces((name) => this.#annotation(name, key(A.intValue, Varint)));
  readonly #addresses = new Pieces((name) => this.#annotation(name, key(A.pointerValue, Varint)));
  readonly #texts = new Pieces((name) => this.#annotation(name, key(A.stringValueIid, Varint)));
  readonly #values = new Pieces((value) => varint(this.#interned.number("text", value)));
  #head = FIRST_HEAD;
  #packet = 0;
  #event = 0;

  open(type: (typeof TYPE)[keyof typeof TYPE], track: number, clock: number): void {
    this.begin();
    this.#packet = this.used + PACKET_KEY;
    this.copy(this.#head);
    this.#head = HEAD;
    this.whole(clock);
    this.#event = this.used + EVENT_KEY;
    this.copy(EVENTS[type]!);
    this.varint(track, 0);
  }

  close(): void {
    this.endMessage(this.#event);
    if (this.#interned.hasFresh) {
      this.copy(INTERNED_DATA);
      const data = this.used;
      this.put(this.#interned.takeFresh());
      this.endMessage(data);
    }
    this.endMessage(this.#packet);
  }

  names(name: string, category: string): void {
    this.copy(this.#categories.of(category));
    this.copy(this.#names.of(name));
  }

  count(value: number): void {
    this.copy(COUNT);
    this.varint(value, 0);
  }

  /** Arrows go from each event with an id to the next with the same, and end at one that terminates it. */
  flow(id: number): void {
    this.copy(FLOW);
    this.fixed64(id);
  }

  flowEnd(id: number): void {
    this.copy(FLOW_END);
    this.fixed64(id);
  }

  number(name: string, value: number): void {
    const start = this.used;
    this.copy(this.#numbers.of(name));
    this.whole(value);
    this.#endAnnotation(start);
  }

  hex(name: string, low: number, high: number): void {
    const start = this.used;
    this.copy(this.#addresses.of(name));
    this.varint(low, high);
    this.#endAnnotation(start);
  }

  text(name: string, value: string): void {
    const start = this.used;
    this.copy(this.#texts.of(name));
    this.copy(this.#values.of(value));
    this.#endAnnotation(start);
  }

  /** An annotation up to its value. It has less than 128 bytes: one is left for the length. */
  #annotation(name: string, valueKey: readonly number[]): number[] {
    const number = varint(this.#interned.number("argument", name));
    return [...key(E.debugAnnotations, LengthDelimited), 0, ...key(A.nameIid, Varint), ...number, ...valueKey];
  }

  #endAnnotation(start: number): void {
    this.view.setUint8(start + 1, this.used - start - 2);
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
