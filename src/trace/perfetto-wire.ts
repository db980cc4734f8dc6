// The messages of Perfetto's trace format, as far as a trace of this machine needs them: field numbers are those of
// protos/perfetto/trace (trace_packet.proto, track_event.proto, track_descriptor.proto, debug_annotation.proto,
// interned_data.proto).

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Values } from "./describe.js";
import { Interned } from "./interned.js";
import { ProtobufBytes } from "./protobuf-bytes.js";

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

/** Writes events: between `open` and `close` what there is to say of one, in any order. */
export class EventBytes extends ProtobufBytes implements Values {
  readonly #interned = new Interned();
  #packet = 0;
  #event = 0;

  open(type: (typeof TYPE)[keyof typeof TYPE], track: number, clock: number): void {
    this.begin();
    const cleared = this.#interned.begin();
    this.#packet = this.openMessage(PACKET);
    this.key(P.trustedPacketSequenceId, Varint);
    this.small(SEQUENCE);
    this.key(P.sequenceFlags, Varint);
    this.small(cleared ? CLEARED | NEEDS_INTERNED : NEEDS_INTERNED);
    this.key(P.timestamp, Varint);
    this.whole(clock);
    this.#event = this.openMessage(P.trackEvent);
    this.key(E.type, Varint);
    this.small(type);
    this.key(E.trackUuid, Varint);
    this.small(track);
  }

  close(): void {
    this.closeMessage(this.#event);
    if (this.#interned.hasFresh) {
      const data = this.openMessage(P.internedData);
      this.put(this.#interned.takeFresh());
      this.closeMessage(data);
    }
    this.closeMessage(this.#packet);
  }

  names(name: string, category: string): void {
    this.key(E.categoryIids, Varint);
    this.small(this.#interned.number("category", category));
    this.key(E.nameIid, Varint);
    this.small(this.#interned.number("name", name));
  }

  count(value: number): void {
    this.key(E.counterValue, Varint);
    this.small(value);
  }

  /** Arrows go from each event with an id to the next with the same, and end at one that terminates it. */
  flow(id: number): void {
    this.key(E.flowIds, Bit64);
    this.fixed64(id);
  }

  flowEnd(id: number): void {
    this.key(E.terminatingFlowIds, Bit64);
    this.fixed64(id);
  }

  number(name: string, value: number): void {
    const annotation = this.#annotation(name);
    this.key(A.intValue, Varint);
    this.whole(value);
    this.closeMessage(annotation);
  }

  hex(name: string, low: number, high: number): void {
    const annotation = this.#annotation(name);
    this.key(A.pointerValue, Varint);
    this.varint(low, high);
    this.closeMessage(annotation);
  }

  text(name: string, value: string): void {
    const annotation = this.#annotation(name);
    this.key(A.stringValueIid, Varint);
    this.small(this.#interned.number("text", value));
    this.closeMessage(annotation);
  }

  #annotation(name: string): number {
    const annotation = this.openMessage(E.debugAnnotations);
    this.key(A.nameIid, Varint);
    this.small(this.#interned.number("argument", name));
    return annotation;
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
