// What core and compiler (src/machine/compiler) share, so both compile this file: the header of a block, the list of blocks to
// compile, and what a compiled function returns. cpu/compiled.ts tells what it is for.

/** Before the first record of a block lies its header. */
export const HEADER_BYTES: usize = 32;
export const HEADER_HEAT: usize = 0; // u32: steps of the slices that ended before the block
export const HEADER_FUNCTION: usize = 4; // u32: of a compiled block, place in the function table
export const HEADER_ENTRY: usize = 8; // u32: what that function is called with
export const HEADER_KIND: usize = 12; // u16: the kind that its first record had
export const HEADER_TIMES: usize = 14; // u8: how often it was compiled
export const HEADER_BALANCE: usize = 16; // i32: of a compiled block, steps gained by calling the function, less what leaving it cost

/** At COMPILER_BASE, all u32: */
export const COMPILER_HOT_AT: usize = 0; // heat of a block that is to be compiled, 0 if none is: set by the host
export const COMPILER_GENERATION: usize = 4; // how often all decoded code was dropped
export const COMPILER_ASKED: usize = 8; // blocks to compile: how many ...
export const COMPILER_LIST: usize = 16; // ... and which: first records
export const COMPILER_MOST: u32 = 128;

/** A compiled function returns the record that it stopped at and, in the upper 32 bits, what to do there: */
export const THEN_NEXT: u32 = 0; // go on with it, in the hot loop or in another function
export const THEN_HOT: u32 = 1; // do it slowly, and go on behind it in the hot loop
export const THEN_CALL: u32 = 2; // do it slowly, and go on behind it by calling the function again, with this number less THEN_CALL
