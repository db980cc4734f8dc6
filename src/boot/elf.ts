// Reads ELF executables for x86, strictly: whatever a later step relies on has been checked here.
// (System V ABI, "Object Files"; only what a boot loader needs.)

import { UserError } from "../errors.js";
import { Reader } from "./bytes.js";

export interface Segment {
  /** Where its bytes are in the file. */
  readonly offset: number;
  readonly fileSize: number;
  readonly virtual: bigint;
  readonly physical: number;
  readonly memorySize: number;
  readonly executable: boolean;
}

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly descriptor: Uint8Array;
}

export interface Elf {
  readonly bits: 32 | 64;
  /** Entry as a physical address. */
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly notes: readonly Note[];
}

const EM_386 = 3;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;

/** Names of architectures that people may have images for by mistake. */
const ARCHITECTURES: Readonly<Record<number, string>> = {
  2: "SPARC", 8: "MIPS", 20: "PowerPC", 21: "64-bit PowerPC", 22: "s390", 40: "32-bit ARM", 43: "SPARC V9",
  50: "Itanium", 183: "AArch64", 243: "RISC-V", 258: "LoongArch",
};

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Parses `bytes`, which `name` is the file name of. */
export function parseElf(bytes: Uint8Array, name: string): Elf {
  if (!isElf(bytes)) throw new UserError(`${name} is not an ELF file`);
  const file = new Reader(bytes, name);
  const bits = elfClass(file, name);
  checkHeader(file, bits, name);
  const headers = programHeaders(file, bits, name);
  const segments = headers.filter((h) => h.type === PT_LOAD && h.memorySize > 0);
  if (segments.length === 0) throw new UserError(`${name} has nothing to load`);
  for (const segment of segments) checkSegment(segment, name);
  const notes = headers.filter((h) => h.type === PT_NOTE).flatMap((h) => readNotes(file, h, name));
  const entry = bits === 64 ? file.big(24) : BigInt(file.u32(24));
  return { bits, entry: physicalEntry(entry, segments), segments, notes };
}

function elfClass(file: Reader, name: string): 32 | 64 {
  const elfClass = file.u8(4);
  if (elfClass !== 1 && elfClass !== 2) throw new UserError(`${name} is a malformed ELF file: class ${elfClass}`);
  if (file.u8(5) === 2) throw new UserError(`${name} is big-endian: this machine is an x86`);
  if (file.u8(5) !== 1) throw new UserError(`${name} is a malformed ELF file: byte order ${file.u8(5)}`);
  return elfClass === 2 ? 64 : 32;
}

function checkHeader(file: Reader, bits: 32 | 64, name: string): void {
  const machine = file.u16(18);
  if (machine !== EM_386 && machine !== EM_X86_64) {
    const what = ARCHITECTURES[machine] ?? `architecture ${machine}`;
    throw new UserError(`${name} is for ${what}: this machine is an x86-64`);
  }
  if (bits === 64 && machine === EM_386) throw new UserError(`${name} is a malformed ELF file: 64-bit i386`);
  const type = file.u16(16);
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw new UserError(`${name} is not an executable: ELF type ${type}${type === 1 ? " (an object file)" : ""}`);
  }
}

interface ProgramHeader extends Segment {
  readonly type: number;
  readonly alignment: number;
}

function programHeaders(file: Reader, bits: 32 | 64, name: string): ProgramHeader[] {
  const offset = bits === 64 ? file.u64(32) : file.u32(28);
  const size = file.u16(bits === 64 ? 54 : 42);
  const count = file.u16(bits === 64 ? 56 : 44);
  if (count === 0) throw new UserError(`${name} has nothing to load`);
  if (size < (bits === 64 ? 56 : 32)) throw new UserError(`${name} is a malformed ELF file: program headers of ${size} bytes`);
  return Array.from({ length: count }, (_, i) => {
    const at = offset + i * size;
    return bits === 64
      ? {
          type: file.u32(at), executable: (file.u32(at + 4) & PF_X) !== 0, offset: file.u64(at + 8),
          virtual: file.big(at + 16), physical: file.u64(at + 24), fileSize: file.u64(at + 32),
          memorySize: file.u64(at + 40), alignment: file.u64(at + 48),
        }
      : {
          type: file.u32(at), offset: file.u32(at + 4), virtual: BigInt(file.u32(at + 8)), physical: file.u32(at + 12),
          fileSize: file.u32(at + 16), memorySize: file.u32(at + 20),
          executable: (file.u32(at + 24) & PF_X) !== 0, alignment: file.u32(at + 28),
        };
  }).map((header) => {
    if (header.type === PT_LOAD || header.type === PT_NOTE) file.slice(header.offset, header.fileSize);
    return header;
  });
}

function checkSegment(segment: Segment, name: string): void {
  if (segment.fileSize > segment.memorySize) {
    throw new UserError(`${name} is a malformed ELF file: a segment is larger in the file than in memory`);
  }
}

function readNotes(file: Reader, header: ProgramHeader, name: string): Note[] {
  const align = header.alignment === 8 ? 8 : 4;
  const up = (n: number) => Math.ceil(n / align) * align;
  const notes: Note[] = [];
  const end = header.offset + header.fileSize;
  for (let at = header.offset; at + 12 <= end; ) {
    const nameSize = file.u32(at);
    const descriptorAt = at + up(12 + nameSize);
    const descriptorSize = file.u32(at + 4);
    if (descriptorAt + descriptorSize > end) throw new UserError(`${name} is a malformed ELF file: a note leaves its segment`);
    const text = new TextDecoder("latin1").decode(file.slice(at + 12, nameSize));
    notes.push({
      name: text.replace(/\0.*$/s, ""),
      type: file.u32(at + 8),
      descriptor: file.slice(descriptorAt, descriptorSize),
    });
    at = descriptorAt + up(descriptorSize);
  }
  return notes;
}

/** The entry point is a virtual address; loaders that start without paging need the physical one. */
function physicalEntry(entry: bigint, segments: readonly Segment[]): number {
  const home = segments.find((s) => s.executable && entry >= s.virtual && entry < s.virtual + BigInt(s.fileSize));
  return home ? Number(entry - home.virtual) + home.physical : Number(entry);
}
