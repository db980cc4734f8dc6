// The smallest guest that instruction tests need: page tables, descriptor tables, a handler for every exception and the
// code that enters long mode. Written straight into guest RAM by harness.ts.

export const PML4 = 0x1000;
export const PDPT = 0x2000;
export const PAGE_DIRECTORY = 0x3000;
/** 4 KiB pages of 2 to 4 MiB, where tests change mappings. */
export const PAGE_TABLE = 0x4000;
const GDT = 0x5000;
const TSS = 0x5800;
const TABLE_POINTERS = 0x5f00;
export const IDT = 0x6000;
export const ENTRY = 0x7000;
/** Top of the stack that every exception switches to (IST 1). */
export const EXCEPTION_STACK = 0x9000;
/** Handler of vector v: a jump to itself at HANDLERS + 16 v. */
export const HANDLERS = 0xa000;
/** Stack of code that brings none of its own. */
export const STACK_TOP = 0xe000;

export const CODE_64 = 0x18;
export const DATA = 0x20;
const TSS_SELECTOR = 0x30;
export const CODE_16 = 0x40;
export const DATA_16 = 0x48;
/** Vectors that push an error code (SDM 3A table 6-1). */
export const WITH_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

const PRESENT_WRITABLE_USER = 7n;
const LARGE = 0x80n;

export class ImageWriter {
  readonly #view: DataView;

  constructor(readonly ram: Uint8Array) {
    this.#view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  u64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }
}

/** All of RAM at its own address: 2 MiB pages, but 4 KiB pages from 2 to 4 MiB. */
function writePageTables(w: ImageWriter): void {
  w.u64(PML4, BigInt(PDPT) | PRESENT_WRITABLE_USER);
  w.u64(PDPT, BigInt(PAGE_DIRECTORY) | PRESENT_WRITABLE_USER);
  for (let i = 0; i < w.ram.length >>> 21; i++) {
    w.u64(PAGE_DIRECTORY + i * 8, (BigInt(i) << 21n) | LARGE | PRESENT_WRITABLE_USER);
  }
  w.u64(PAGE_DIRECTORY + 8, BigInt(PAGE_TABLE) | PRESENT_WRITABLE_USER);
  for (let i = 0; i < 512; i++) w.u64(PAGE_TABLE + i * 8, BigInt(0x200000 + i * 4096) | PRESENT_WRITABLE_USER);
}

function writeDescriptors(w: ImageWriter): void {
  w.u64(GDT + 0x08, 0x00cf9b000000ffffn); // flat 32-bit code
  w.u64(GDT + 0x10, 0x00cf93000000ffffn); // flat 32-bit data
  w.u64(GDT + CODE_64, 0x00af9b000000ffffn);
  w.u64(GDT + DATA, 0x00cf93000000ffffn);
  w.u64(GDT + TSS_SELECTOR, 0x0000890000000067n | (BigInt(TSS & 0xffffff) << 16n));
  w.u64(GDT + CODE_16, 0x00009b000000ffffn);
  w.u64(GDT + DATA_16, 0x000093000000ffffn);
  w.u64(TSS + 4, BigInt(EXCEPTION_STACK));
  w.u64(TSS + 0x24, BigInt(EXCEPTION_STACK));
  for (let vector = 0; vector < 256; vector++) {
    const handler = HANDLERS + (vector & 31) * 16;
    w.u32(IDT + vector * 16, (CODE_64 << 16) | handler);
    w.u32(IDT + vector * 16 + 4, 0x00008e01); // interrupt gate, IST 1
    w.u16(handler, 0xfeeb);
  }
  w.u16(TABLE_POINTERS, 0x7f);
  w.u32(TABLE_POINTERS + 2, GDT);
  w.u16(TABLE_POINTERS + 8, 0xfff);
  w.u32(TABLE_POINTERS + 10, IDT);
}

const dword = (v: number): number[] => [v & 0xff, (v >>> 8) & 0xff, (v >>> 16) & 0xff, v >>> 24];

/** Flat protected mode to long mode, ending in a jump to itself. `control4` goes into CR4. */
function entryCode(control4: number): number[] {
  const enter = [
    0x0f, 0x01, 0x15, ...dword(TABLE_POINTERS), // lgdt
    0x0f, 0x01, 0x1d, ...dword(TABLE_POINTERS + 8), // lidt
    0xb8, ...dword(control4), 0x0f, 0x22, 0xe0, // cr4
    0xb8, ...dword(PML4), 0x0f, 0x22, 0xd8, // cr3
    0xb9, ...dword(0xc0000080), 0x31, 0xd2, 0xb8, ...dword(0x901), 0x0f, 0x30, // EFER: NXE LME SCE
    0xb8, ...dword(0x80010031), 0x0f, 0x22, 0xc0, // cr0: PG WP NE ET PE
  ];
  const target = ENTRY + enter.length + 7;
  return [
    ...enter, 0xea, ...dword(target), CODE_64, 0,
    0xb8, ...dword(DATA), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, // ds es ss
    0xb8, ...dword(TSS_SELECTOR), 0x0f, 0x00, 0xd8, // ltr
    0xeb, 0xfe,
  ];
}

/** Steps of the entry code until it waits. */
export const ENTRY_STEPS = 20;

/** Writes everything; the guest then starts at ENTRY in flat protected mode. */
export function writeGuest(ram: Uint8Array, control4: number): void {
  const w = new ImageWriter(ram);
  writePageTables(w);
  writeDescriptors(w);
  ram.set(entryCode(control4), ENTRY);
}
