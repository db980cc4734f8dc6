// Numbers that the core and the host both know of an exploration. The host compiles this same file, so it holds nothing
// but exported u32 constants.

/** What a CPU is waiting for. */
export const PARKED: u32 = 0; // the next instruction accesses shared memory: it wants its turn
export const BLOCKED: u32 = 1; // the next instruction needs an empty store buffer
export const FINISHED: u32 = 2; // its program is over: HLT, or in a kernel run the place that the host named
export const FAULTED: u32 = 3; // an exception; it is delivered when the store buffer is empty
export const STOPPED: u32 = 4; // something that is not implemented, or shutdown: the stop record says what
export const ENDLESS: u32 = 5; // it ran as far as allowed without sharing anything
export const HALTED: u32 = 6; // a kernel's HLT: an interrupt ends it
export const YIELDING: u32 = 7; // it came to PAUSE twice without an access to what is shared between
export const OVER: u32 = 8; // a kernel run came to a place that the host named as the end of all: it gives up, or speaks

// A transition is CPU << CPU_SHIFT and one of these.
export const CPU_SHIFT: u32 = 6;
/** The waiting instruction goes on; before a tracked page: by a walk. 1 to OLD_VALUES: through that old value of its word. */
export const CHOICE_WALK: u32 = 0;
/** Eager form: the CPU fills its entry of tracked page 0, 1 ..., or evicts it. */
export const FILL: u32 = 16;
export const EVICT: u32 = 23;
/** The waiting instruction goes on with the #PF of an entry without W. */
export const CHOICE_SPURIOUS: u32 = 31;
/** The oldest buffered store reaches memory. */
export const DRAIN: u32 = 32;
/** The message at place 0 of the queue to the local APIC is delivered; further places follow. */
export const DELIVER: u32 = 33;

// Whether a state was seen.
export const VISITED_KNOWN: u32 = 0; // nothing is left to do there
export const VISITED_NEW: u32 = 1;
export const VISITED_WOKEN: u32 = 2; // it was, but transitions that slept there no longer do

// What an exploration cannot do, beside what the machine cannot (status STOPPED).
export const REFUSED_PORT: u32 = 1; // port I/O: devices have no way back
export const REFUSED_PCID: u32 = 2; // a PCID went to another address space, or one to another PCID, without a flush
export const REFUSED_GLOBAL: u32 = 3; // a tracked page is global
export const REFUSED_HUGE: u32 = 4; // a tracked page lies in a page of 1 GiB
export const REFUSED_ROOM: u32 = 5; // more address spaces or tracked pages than there is room for
export const REFUSED_WORDS: u32 = 6; // more frames were accessed than there is room for

// What uses of translations that memory no longer holds came to, as bits (explore/uses.ts).
export const USE_DIVERGED_READ: u32 = 1; // a load from a frame that is no longer mapped there, and the bytes differ
export const USE_LOST_WRITE: u32 = 2; // a store to a frame that is no longer mapped there: another one is
