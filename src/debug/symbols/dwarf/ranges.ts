// Which addresses a unit's code has (DWARF 5, 2.17): one range, or a list in .debug_rnglists or .debug_ranges. For this
// folder only.

import { Cursor } from "../cursor.js";
import { AT } from "./constants.js";
import type { Entry } from "./info.js";

export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Ranges of the code that `entry` is of; undefined if it does not say. `ranges` is the section .debug_ranges; lists are
 * relative to the address of `root`, the unit's first entry.
 */
export function rangesOf(entry: Entry, ranges: Uint8Array, root = entry): AddressRange[] | undefined {
  const low = entry.address(AT.lowPc);
  if (entry.value(AT.ranges) !== undefined) {
    const base = root.address(AT.lowPc) ?? 0n;
    return entry.unit.version >= 5 ? readRnglist(entry, base) : readRanges(entry, ranges, base);
  }
  const length = entry.big(AT.highPc);
  const end = entry.address(AT.highPc) ?? (low !== undefined && length !== undefined ? low + length : undefined);
  return low === undefined || end === undefined ? undefined : [{ start: low, end }];
}

/** DWARF 2 to 4: pairs of addresses, relative to a base. */
function readRanges(entry: Entry, section: Uint8Array, unitBase: bigint): AddressRange[] {
  const { addressSize, what } = entry.unit;
  const c = new Cursor(section, what);
  c.seek(entry.number(AT.ranges)!);
  const newBase = (1n << BigInt(addressSize * 8)) - 1n;
  const found: AddressRange[] = [];
  let base = unitBase;
  for (;;) {
    const start = c.unsigned(addressSize);
    const end = c.unsigned(addressSize);
    if (start === 0n && end === 0n) return found;
    if (start === newBase) base = end;
    else found.push({ start: start + base, end: end + base });
  }
}

const RLE = {
  end: 0, baseAddressx: 1, startxEndx: 2, startxLength: 3, offsetPair: 4, baseAddress: 5, startEnd: 6, startLength: 7,
} as const;

/** DWARF 5, 7.25. */
function readRnglist(entry: Entry, unitBase: bigint): AddressRange[] {
  const { unit } = entry;
  const c = new Cursor(unit.sections.rnglists, unit.what);
  c.seek(entry.number(AT.ranges)!);
  const found: AddressRange[] = [];
  let base = unitBase;
  const address = () => c.unsigned(unit.addressSize);
  const indexedAddress = () => unit.indexedAddress(c.uleb());
  const add = (start: bigint, end: bigint) => void found.push({ start, end });
  for (;;) {
    const kind = c.u8();
    if (kind === RLE.end) return found;
    if (kind === RLE.baseAddressx) base = indexedAddress();
    else if (kind === RLE.baseAddress) base = address();
    else if (kind === RLE.startxEndx) add(indexedAddress(), indexedAddress());
    else if (kind === RLE.offsetPair) add(base + c.ulebBig(), base + c.ulebBig());
    else if (kind === RLE.startEnd) add(address(), address());
    else if (kind === RLE.startxLength || kind === RLE.startLength) {
      const start = kind === RLE.startxLength ? indexedAddress() : address();
      add(start, start + c.ulebBig());
    } else throw c.malformed(`range list entry ${kind} is not known`);
  }
}
