// One decoded instruction: 32 bytes, made by cpu/decode.ts, run by the hot loop and by cold handlers.
// Fields are read with `load` at these offsets because the hot loop keeps only the address.
//
//    0 kind    u16  case of the hot switch; 0 runs the cold handler
//    2 cold    u16  function-table index of the cold handler: (cpu: Cpu, rec: usize) => i32
//    4 dst     u8   byte offset in Cpu of the destination (or only) register; +1 for AH CH DH BH
//    5 src     u8   byte offset of the source register
//    6 base    u8   slot of the address form's base, SLOT_ZERO if none, SLOT_PAGE if RIP-relative
//    7 index   u8   slot of its index, SLOT_ZERO if none
//    8 scale   u8   log2 of the factor
//    9 size    u8   operand size in bytes: 1, 2, 4, 8 (16 for CMPXCHG16B)
//   10 before  u8   instructions before this one in its block
//   11 total   u8   instructions of the block up to and with this record
//   12 start   u16  offset in the page of the first byte
//   14 length  u8   bytes; of a fused pair, both together
//   15 block   u8   in the first record of a block: instructions in the block
//   16 disp    i32  displacement; for RIP-relative forms relative to the page, not to RIP
//   20 info    u32  the bits below; for jumps in 64-bit mode, i32 target relative to the page
//   24 imm     i64  immediate, sign-extended to 64 bits; for jumps two links (below)

export const REC_KIND: usize = 0;
export const REC_COLD: usize = 2;
export const REC_DST: usize = 4;
export const REC_SRC: usize = 5;
export const REC_BASE: usize = 6;
export const REC_INDEX: usize = 7;
export const REC_SCALE: usize = 8;
export const REC_SIZE: usize = 9;
export const REC_BEFORE: usize = 10;
export const REC_TOTAL: usize = 11;
export const REC_START: usize = 12;
export const REC_LENGTH: usize = 14;
export const REC_BLOCK: usize = 15;
export const REC_DISP: usize = 16;
export const REC_INFO: usize = 20;
export const REC_IMM: usize = 24;
export const REC_BYTES: usize = 32;

/** Jumps: target relative to the page, then records to go on with, taken and not taken. */
export const REC_TARGET: usize = 20;
export const REC_TAKEN: usize = 24;
export const REC_FALL: usize = 28;
/** A stub: what a link leads to until it is known. Which record's link (one of the two above) it stands for. */
export const STUB_ORIGIN: usize = 24;
export const STUB_LINK: usize = 28;

/** Where in a code page (cpu/code.ts) its entry table of 4096 u32 begins. */
export const CP_ENTRIES: usize = 64;

/** Two instructions in one record: bytes of the first. Of a compare and jump the immediate is in REC_DISP; of a MOV and operation
 *  the operation's source register is in REC_BASE. */
export const REC_FIRST: usize = REC_SCALE;

/** Bytes of an instruction at the most (SDM vol. 2 2.3.11). */
export const MAX_LENGTH: u32 = 15;

/** Instructions in a block at the most. */
export const MAX_BLOCK: u32 = 32;

/** info: where the operands are. Without any of these all operands are registers. */
export const F_MEM_DST: u32 = 1; // the destination (r/m as first operand) is in memory
export const F_MEM_SRC: u32 = 2; // the source (r/m as second operand) is in memory
export const F_MEM: u32 = 3;
export const F_IMM: u32 = 4; // the source is the immediate
/** info: how the address is formed beyond base + (index << scale) + disp. */
export const F_A32: u32 = 0x8; // wraps at 32 bits
export const F_A16: u32 = 0x10; // wraps at 16 bits
export const F_SEG: u32 = 0x20; // a segment base must be added: its number is in bits 8..10 (limit check outside 64-bit mode)
export const F_RIP_RAW: u32 = 0x40; // RIP-relative whose folded displacement would not fit: add `next` too
/** info: prefixes and encoding. */
export const F_LOCK: u32 = 0x80;
export const F_SEG_SHIFT: u32 = 8; // 3 bits: ES CS SS DS FS GS
export const F_REP: u32 = 0x800; // F3
export const F_REPNE: u32 = 0x1000; // F2
export const F_66: u32 = 0x2000;
export const F_REX_W: u32 = 0x4000;
export const F_REX: u32 = 0x8000;
export const F_REG_SHIFT: u32 = 16; // 4 bits: modrm.reg with REX.R (control, debug, segment register numbers)
export const F_RM_SHIFT: u32 = 20; // 4 bits: modrm.rm with REX.B when the operand is a register
export const F_OPCODE_SHIFT: u32 = 24; // 8 bits: last opcode byte (condition codes, digit-less groups)

/** What a cold handler returns. With `cpu.fault` set the value does not matter. */
export const NEXT: i32 = 0; // the next record follows
export const JUMP: i32 = 1; // `cpu.rip` was set; go on from there (also after anything that changes mode, mapping or interrupts)
export const CHECKED: i32 = 2; // it was no instruction (debug/instruction.ts): nothing retired, the next record follows
