// m, x, M and X: memory by linear address of the selected CPU, as its page tables are now.

import { fromBinary, fromHex, parseHexNumber, toBinary, toHex } from "./bytes.js";
import { PACKET_SIZE } from "./framing.js";
import { insertedPoints } from "./point-packets.js";
import { type Handler, INVALID, NOT_THERE, OK, type StubState } from "./replies.js";

interface Place {
  readonly address: bigint;
  readonly length: number;
}

/** `ADDRESS,LENGTH`, both hexadecimal. */
export function parsePlace(text: string): Place | undefined {
  const comma = text.indexOf(",");
  const address = parseHexNumber(text.slice(0, Math.max(comma, 0)));
  const length = parseHexNumber(text.slice(comma + 1));
  if (address === undefined || length === undefined || length > 0xffff_ffffn) return undefined;
  return { address, length: Number(length) };
}

/** A reply may be shorter than what was asked for, but not longer than a packet. */
const LARGEST_READ = PACKET_SIZE / 2 - 16;

function read(state: StubState, text: string): Uint8Array | string {
  const place = parsePlace(text);
  if (place === undefined) return INVALID;
  const bytes = state.target.readMemory(state.selected, place.address, Math.min(place.length, LARGEST_READ));
  return bytes.length === 0 && place.length > 0 ? NOT_THERE : bytes;
}

const readHex: Handler = (state, rest) => {
  const bytes = read(state, rest);
  return typeof bytes === "string" ? bytes : toHex(bytes);
};

const readBinary: Handler = (state, rest) => {
  const bytes = read(state, rest);
  return typeof bytes === "string" ? bytes : `b${toBinary(bytes)}`;
};

const INT3 = 0xcc;

/**
 * A client without Z writes int3 itself. The guest's own handler would have it, so such an address is also
 * made a point to stop at, until something else is written there.
 */
function noteBreakpoint(state: StubState, address: bigint, bytes: Uint8Array): void {
  const before = state.written.size;
  const end = address + BigInt(bytes.length);
  for (const at of state.written.keys()) if (at >= address && at < end) state.written.delete(at);
  const inserted = bytes.length === 1 && bytes[0] === INT3;
  if (inserted) state.written.set(address, { type: "swbreak", address, length: 1 });
  if (inserted || state.written.size !== before) state.target.setPoints(insertedPoints(state));
}

function write(state: StubState, text: string, decode: (data: string) => Uint8Array | undefined): string {
  const colon = text.indexOf(":");
  const place = parsePlace(text.slice(0, Math.max(colon, 0)));
  const bytes = decode(text.slice(colon + 1));
  if (place === undefined || bytes === undefined || bytes.length !== place.length) return INVALID;
  if (bytes.length === 0) return OK;
  if (!state.target.writeMemory(state.selected, place.address, bytes)) return NOT_THERE;
  noteBreakpoint(state, place.address, bytes);
  return OK;
}

export const MEMORY_PACKETS: Readonly<Record<string, Handler>> = {
  m: readHex,
  x: readBinary,
  M: (state, rest) => write(state, rest, fromHex),
  X: (state, rest) => write(state, rest, fromBinary),
};
