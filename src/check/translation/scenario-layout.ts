// Where a translation scenario has what programs do not have; the rest is where layout.ts says. A frame, a page and a
// column go by their numbers.

import { DISPATCH, DISPATCH_STRIDE, PAGE, PAGE_TABLE } from "./layout.js";

/** Code: a block for each event, and one for the end. */
const CODE = 0x10000;
const CODE_STRIDE = 0x4000;
export const BLOCK_SHIFT = 8;
export const BLOCK_BYTES = 1 << BLOCK_SHIFT;
/** The last bytes of a block go on to the next: a handler that skips an instruction goes there. */
export const BLOCK_EXIT = 248;
/** Handlers, which are at most so long. */
export const HANDLERS = 0x60000;
export const HANDLER_BYTES = 64;
export const FRAMES = 0x70000;
export const VARIABLES = 0x80000;
/** For each column: acknowledged flushes; then a word for each page that is 1 once it has faulted. */
const COUNTS = 0x81000;
const COUNTS_STRIDE = 128;
export const IMAGE_BYTES = 0x82000;

/** Interrupt vectors of flushes: 8 for each CPU that asks, one for each page, the last for everything. */
export const FLUSH_VECTOR = 0x40;
export const FLUSHES = 8;
export const EVERYTHING = FLUSHES - 1;

export const blockAt = (column: number, event: number): number => CODE + column * CODE_STRIDE + event * BLOCK_BYTES;
export const frameAt = (frame: number): number => FRAMES + frame * 0x1000;
/** A variable has a cache line of its own. */
export const variableAt = (variable: number): number => VARIABLES + variable * 64;
export const pageAt = (page: number): number => PAGE + page * 0x1000;
export const wordAt = (page: number): number => PAGE_TABLE + page * 8;
export const acksAt = (column: number): number => COUNTS + column * COUNTS_STRIDE;
export const faultAt = (column: number, page: number): number => acksAt(column) + 8 + page * 8;
export const startAt = (column: number): number => DISPATCH + column * DISPATCH_STRIDE;
export const flushVector = (sender: number, what: number): number => FLUSH_VECTOR + sender * FLUSHES + what;
export const handlerAt = (sender: number, what: number): number => HANDLERS + (1 + sender * FLUSHES + what) * HANDLER_BYTES;
