// The messages of Perfetto's trace format, as far as a trace of this machine needs them: field numbers are those of
// protos/perfetto/trace (trace_packet.proto, track_event.proto, track_descriptor.proto, debug_annotation.proto).

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Value } from "./describe.js";

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

function annotate(writer: BinaryWriter, name: string, value: Value): void {
  writer.tag(E.debugAnnotations, LengthDelimited).fork().tag(A.name, LengthDelimited).string(name);
  if (typeof value === "bigint") writer.tag(A.pointerValue, Varint).uint64(value);
  else if (typeof value === "number") writer.tag(A.intValue, Varint).int64(value);
  else writer.tag(A.stringValue, LengthDelimited).string(value);
  writer.join();
}

export function eventPacket(event: TrackEvent): Uint8Array {
  return packet((writer) => {
    writer.tag(P.timestamp, Varint).uint64(event.clock);
    writer.tag(P.trackEvent, LengthDelimited).fork();
    writer.tag(E.type, Varint).int32(event.type).tag(E.trackUuid, Varint).uint64(event.track);
    if (event.category !== undefined) writer.tag(E.categories, LengthDelimited).string(event.category);
    if (event.name !== undefined) writer.tag(E.name, LengthDelimited).string(event.name);
    if (event.count !== undefined) writer.tag(E.counterValue, Varint).int64(event.count);
    for (const [name, value] of Object.entries(event.values ?? {})) annotate(writer, name, value);
    for (const id of event.flows ?? []) writer.tag(E.flowIds, Bit64).fixed64(id);
    for (const id of event.ends ?? []) writer.tag(E.terminatingFlowIds, Bit64).fixed64(id);
    writer.join();
  });
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
