// Numbers of DWARF 5 (chapter 7) that this reader knows, and GNU's where compilers use them.

export const TAG = {
  array: 0x01, class: 0x02, enumeration: 0x04, lexicalBlock: 0x0b, member: 0x0d, pointer: 0x0f, reference: 0x10,
  compileUnit: 0x11, structure: 0x13, subroutineType: 0x15, typedef: 0x16, union: 0x17, inlined: 0x1d, subrange: 0x21,
  base: 0x24, const: 0x26, enumerator: 0x28, subprogram: 0x2e, parameter: 0x05, variable: 0x34, volatile: 0x35,
  restrict: 0x37, atomic: 0x47, unspecifiedType: 0x3b,
} as const;

export const AT = {
  sibling: 0x01, location: 0x02, name: 0x03, byteSize: 0x0b, bitOffset: 0x0c, bitSize: 0x0d, stmtList: 0x10,
  lowPc: 0x11, highPc: 0x12, compDir: 0x1b, constValue: 0x1c, upperBound: 0x2f, abstractOrigin: 0x31, count: 0x37,
  memberLocation: 0x38, declaration: 0x3c, encoding: 0x3e, external: 0x3f, specification: 0x47, type: 0x49,
  ranges: 0x55, callFile: 0x58, callLine: 0x59, dataBitOffset: 0x6b, strOffsetsBase: 0x72, addrBase: 0x73, rnglistsBase: 0x74,
} as const;

export const FORM = {
  addr: 0x01, block2: 0x03, block4: 0x04, data2: 0x05, data4: 0x06, data8: 0x07, string: 0x08, block: 0x09,
  block1: 0x0a, data1: 0x0b, flag: 0x0c, sdata: 0x0d, strp: 0x0e, udata: 0x0f, refAddr: 0x10, ref1: 0x11, ref2: 0x12,
  ref4: 0x13, ref8: 0x14, refUdata: 0x15, indirect: 0x16, secOffset: 0x17, exprloc: 0x18, flagPresent: 0x19,
  strx: 0x1a, addrx: 0x1b, refSup4: 0x1c, strpSup: 0x1d, data16: 0x1e, lineStrp: 0x1f, refSig8: 0x20,
  implicitConst: 0x21, loclistx: 0x22, rnglistx: 0x23, refSup8: 0x24, strx1: 0x25, strx2: 0x26, strx3: 0x27,
  strx4: 0x28, addrx1: 0x29, addrx2: 0x2a, addrx3: 0x2b, addrx4: 0x2c, gnuRefAlt: 0x1f20, gnuStrpAlt: 0x1f21,
} as const;

export const ENCODING: Readonly<Record<number, "signed" | "unsigned" | "boolean" | "character" | "float">> = {
  0x02: "boolean", 0x03: "float", 0x04: "float", 0x05: "signed", 0x06: "character", 0x07: "unsigned", 0x08: "character",
  0x10: "character",
};

/** Unit types (7.5.1). */
export const UT = { compile: 1, type: 2, partial: 3, skeleton: 4, splitCompile: 5, splitType: 6 } as const;
