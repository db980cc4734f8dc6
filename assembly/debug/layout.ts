// Where hits lie, and how, in the DEBUG region. The host compiles this same file, so it holds nothing but exported
// u32 constants.
//
// A hit, HIT_BYTES long, in a ring of HIT_CAPACITY:
//
//    0 point  u32  the host's number for the stop point
//    4 cpu    u16  whose instruction, access or event
//    6 event  u8   EVENT_* of an event; HIT_INSTRUCTION; HIT_ACCESS
//    7 size   u8   bytes of an access
//    8 step   u64  the step about to run (instruction), or the one that did it
//   16 rip    u64  of the instruction
//   24 a      u64  an event's values; address, old and new value of an access
//   32 b      u64
//   40 c      u64

const KIB: u32 = 1024;

// Offsets are from DEBUG_BASE; the first page is debug/state.ts's.

export const HITS: u32 = 4 * KIB;
export const HIT_BYTES: u32 = 48;
export const HIT_CAPACITY: u32 = 4096;
export const HIT_INSTRUCTION: u32 = 0xff;
export const HIT_ACCESS: u32 = 0xfe;

/** Bit maps that say "nothing here" for most offsets in pages, pages and frames. */
export const MAPS: u32 = HITS + HIT_CAPACITY * HIT_BYTES;
export const MAP_BYTES: u32 = 512;

/** Tables of points; those of instructions ascend. */
export const INSTRUCTIONS: u32 = MAPS + 3 * MAP_BYTES;
export const INSTRUCTION_BYTES: u32 = 16;
export const INSTRUCTION_CAPACITY: u32 = 32 * KIB;
export const ACCESSES: u32 = INSTRUCTIONS + INSTRUCTION_CAPACITY * INSTRUCTION_BYTES;
export const ACCESS_BYTES: u32 = 32;
export const ACCESS_CAPACITY: u32 = 16 * KIB;
export const EVENTS: u32 = ACCESSES + ACCESS_CAPACITY * ACCESS_BYTES;
export const EVENT_POINT_BYTES: u32 = 64;
export const EVENT_POINT_CAPACITY: u32 = 8 * KIB;
export const DEBUG_END: u32 = EVENTS + EVENT_POINT_CAPACITY * EVENT_POINT_BYTES;

/** What a hit does: ends the run, or is noted while the run goes on, or nothing. */
export const MODE_STOP: u32 = 0;
export const MODE_NOTE: u32 = 1;
export const MODE_OFF: u32 = 2;

/** A point on any CPU. */
export const ANY_CPU: u32 = 0xffffffff;

/** An access point: which accesses, and whether its addresses are physical. */
export const ON_READ: u32 = 1;
export const ON_WRITE: u32 = 2;
export const PHYSICAL: u32 = 4;
