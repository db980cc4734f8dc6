// Numbers that the core and the host both know of an exploration. The host compiles this same file, so it holds nothing
// but exported u32 constants.

/** What a CPU is waiting for. */
export const PARKED: u32 = 0; // the next instruction accesses shared memory: it wants its turn
export const BLOCKED: u32 = 1; // the next instruction needs an empty store buffer
export const FINISHED: u32 = 2; // HLT
export const FAULTED: u32 = 3; // an exception; it is delivered when the store buffer is empty
export const STOPPED: u32 = 4; // something that is not implemented, or shutdown: the stop record says what
export const ENDLESS: u32 = 5; // it ran as far as allowed without sharing anything

// A transition is CPU << CPU_SHIFT and one of these.
export const CPU_SHIFT: u32 = 6;
/** The waiting instruction goes on; before a tracked page: by a walk. 1 to OLD_VALUES: through that old value of its word. */
export const CHOICE_WALK: u32 = 0;
/** ... with the #PF of an entry without W. */
export const CHOICE_SPURIOUS: u32 = 31;
/** The oldest buffered store reaches memory. */
export const DRAIN: u32 = 32;
/** The message at place 0 of the queue to the local APIC is delivered; further places follow. */
export const DELIVER: u32 = 33;
