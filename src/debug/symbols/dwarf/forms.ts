// Values of attributes (DWARF 5, 7.5.6): each form as a value of one TypeScript type, or skipped. For this folder only.

import { type Cursor, textAt } from "../cursor.js";
import { FORM } from "./constants.js";
import type { Unit } from "./units.js";

/** DW_AT_high_pc is an end if it is an address, and a length if it is a constant: so the two are told apart. */
export interface Address {
  readonly address: bigint;
}

/** Constants are bigints; offsets and references, from the start of their section, are numbers; blocks and expressions are bytes. */
export type FormValue = bigint | number | string | boolean | Uint8Array | Address;

/** The sections that forms refer to. */
export interface FormSections {
  readonly str: Uint8Array;
  readonly lineStr: Uint8Array;
  readonly strOffsets: Uint8Array;
  readonly addr: Uint8Array;
  readonly rnglists: Uint8Array;
}

/** Reads a value of `form` and leaves `c` behind it. */
export function readForm(c: Cursor, form: number, unit: Unit, implicit: bigint): FormValue {
  switch (form) {
    case FORM.addr:
      return { address: c.unsigned(unit.addressSize) };
    case FORM.data1:
      return BigInt(c.u8());
    case FORM.data2:
      return BigInt(c.u16());
    case FORM.data4:
      return BigInt(c.u32());
    case FORM.data8:
      return c.u64();
    case FORM.data16:
      return c.take(16);
    case FORM.sdata:
      return c.sleb();
    case FORM.udata:
      return c.ulebBig();
    case FORM.implicitConst:
      return implicit;
    case FORM.flag:
      return c.u8() !== 0;
    case FORM.flagPresent:
      return true;
    case FORM.string:
      return c.text();
    case FORM.strp:
      return textAt(unit.sections.str, c.offset(unit.dwarf64), c.what);
    case FORM.lineStrp:
      return textAt(unit.sections.lineStr, c.offset(unit.dwarf64), c.what);
    case FORM.exprloc:
    case FORM.block:
      return c.take(c.uleb());
    case FORM.block1:
      return c.take(c.u8());
    case FORM.block2:
      return c.take(c.u16());
    case FORM.block4:
      return c.take(c.u32());
    case FORM.secOffset:
      return c.offset(unit.dwarf64);
    case FORM.indirect:
      return readIndirect(c, unit);
    default:
      return readReference(c, form, unit) ?? readIndexed(c, form, unit) ?? readElsewhere(c, form, unit);
  }
}

function readIndirect(c: Cursor, unit: Unit): FormValue {
  const form = c.uleb();
  if (form === FORM.indirect || form === FORM.implicitConst) throw c.malformed("an indirect form names another");
  return readForm(c, form, unit, 0n);
}

function readReference(c: Cursor, form: number, unit: Unit): FormValue | undefined {
  switch (form) {
    case FORM.ref1:
      return unit.offset + c.u8();
    case FORM.ref2:
      return unit.offset + c.u16();
    case FORM.ref4:
      return unit.offset + c.u32();
    case FORM.ref8:
      return unit.offset + c.size64();
    case FORM.refUdata:
      return unit.offset + c.uleb();
    case FORM.refAddr:
      // In DWARF 2 an address' size, since then an offset's.
      return unit.version <= 2 ? Number(c.unsigned(unit.addressSize)) : c.offset(unit.dwarf64);
    case FORM.refSig8:
      return unit.typeUnitOf(c.u64());
    default:
      return undefined;
  }
}

const INDEX_SIZES: Readonly<Record<number, number>> = {
  [FORM.strx1]: 1, [FORM.strx2]: 2, [FORM.strx3]: 3, [FORM.strx4]: 4,
  [FORM.addrx1]: 1, [FORM.addrx2]: 2, [FORM.addrx3]: 3, [FORM.addrx4]: 4,
};

function readIndex(c: Cursor, form: number): number {
  const size = INDEX_SIZES[form];
  if (size === undefined) return c.uleb();
  return size === 3 ? c.u24() : Number(c.unsigned(size));
}

function readIndexed(c: Cursor, form: number, unit: Unit): FormValue | undefined {
  if (form === FORM.rnglistx) return unit.indexedRanges(c.uleb());
  // Lists of locations are of variables that move: nobody here asks for them.
  if (form === FORM.loclistx) return c.uleb();
  if (form === FORM.strx || (form >= FORM.strx1 && form <= FORM.strx4)) return unit.indexedString(readIndex(c, form));
  if (form === FORM.addrx || (form >= FORM.addrx1 && form <= FORM.addrx4)) {
    return { address: unit.indexedAddress(readIndex(c, form)) };
  }
  return undefined;
}

/** What is in a supplementary file (7.3.6) is passed over: the file is not here. */
function readElsewhere(c: Cursor, form: number, unit: Unit): FormValue {
  switch (form) {
    case FORM.refSup4:
      c.skip(4);
      return false;
    case FORM.refSup8:
      c.skip(8);
      return false;
    case FORM.strpSup:
    case FORM.gnuRefAlt:
    case FORM.gnuStrpAlt:
      c.skip(unit.dwarf64 ? 8 : 4);
      return false;
    default:
      throw c.malformed(`attribute form 0x${form.toString(16)} is not known`);
  }
}

const FIXED: Readonly<Record<number, number>> = {
  [FORM.data1]: 1, [FORM.data2]: 2, [FORM.data4]: 4, [FORM.data8]: 8, [FORM.data16]: 16, [FORM.flag]: 1,
  [FORM.flagPresent]: 0, [FORM.implicitConst]: 0, [FORM.ref1]: 1, [FORM.ref2]: 2, [FORM.ref4]: 4, [FORM.ref8]: 8,
  [FORM.refSig8]: 8, [FORM.strx1]: 1, [FORM.strx2]: 2, [FORM.strx3]: 3, [FORM.strx4]: 4, [FORM.addrx1]: 1,
  [FORM.addrx2]: 2, [FORM.addrx3]: 3, [FORM.addrx4]: 4,
};

/** Leaves `c` behind a value of `form` without looking at what it refers to. */
export function skipForm(c: Cursor, form: number, unit: Unit): void {
  const size = FIXED[form];
  if (size !== undefined) return c.skip(size);
  switch (form) {
    case FORM.addr:
      return c.skip(unit.addressSize);
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.secOffset:
      return c.skip(unit.dwarf64 ? 8 : 4);
    case FORM.strx:
    case FORM.addrx:
    case FORM.udata:
    case FORM.refUdata:
      c.uleb();
      return undefined;
    default:
      readForm(c, form, unit, 0n);
      return undefined;
  }
}
