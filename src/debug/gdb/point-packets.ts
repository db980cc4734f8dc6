// Z and z: breakpoints and watchpoints. gdb takes them all out when the machine stops and puts them back
// before it goes on, so to insert one twice, or to remove one that is not there, is no error.

import { parseHexNumber } from "./bytes.js";
import { type Handler, INVALID, OK, type StubState, UNSUPPORTED } from "./replies.js";
import { POINT_TYPES, type TargetPoint } from "./target.js";

/** The largest object to watch, in bytes. */
const LARGEST_WATCH = 1n << 20n;

/** All points of the client. */
export const insertedPoints = (state: StubState): TargetPoint[] => [...state.points, ...state.written.values()];

/** `TYPE,ADDRESS,KIND`; of breakpoints the kind is the length of the instruction that gdb would write. */
function parsePoint(text: string): TargetPoint | string {
  // Conditions and commands that the stub would evaluate are not offered.
  const [number = "", address = "", kind = "", ...more] = text.split(/[,;]/);
  const type = /^[0-9a-f]$/i.test(number) ? POINT_TYPES[Number.parseInt(number, 16)] : undefined;
  const at = parseHexNumber(address);
  const size = parseHexNumber(kind);
  if (/^[0-9a-f]$/i.test(number) && type === undefined) return UNSUPPORTED;
  if (type === undefined || at === undefined || size === undefined || more.length > 0) return INVALID;
  const breakpoint = type === "swbreak" || type === "hwbreak";
  if (!breakpoint && (size === 0n || size > LARGEST_WATCH || at + size > 1n << 64n)) return INVALID;
  return { type, address: at, length: breakpoint ? 1 : Number(size) };
}

const same = (a: TargetPoint, b: TargetPoint): boolean => a.type === b.type && a.address === b.address && a.length === b.length;

function change(state: StubState, text: string, insert: boolean): string {
  const point = parsePoint(text);
  if (typeof point === "string") return point;
  const others = state.points.filter((other) => !same(other, point));
  if (insert && others.length === state.points.length) state.points = [...others, point];
  else if (!insert && others.length < state.points.length) state.points = others;
  else return OK;
  state.target.setPoints(insertedPoints(state));
  return OK;
}

export const POINT_PACKETS: Readonly<Record<string, Handler>> = {
  Z: (state, rest) => change(state, rest, true),
  z: (state, rest) => change(state, rest, false),
};
