// What raises a vector, for everything that takes part in its delivery.

/** What raised a vector: decides the EXT bit of error codes and whether the gate's DPL is checked. */
export const FROM_HARDWARE: u32 = 1; // exceptions, external interrupts, NMI, INT1: EXT = 1, no DPL check
export const FROM_SOFTWARE: u32 = 0; // INT n, INT3, INTO: EXT = 0, gate DPL >= CPL

/** Value for `code` that means: this vector pushes none. */
export const NO_CODE: i64 = -1;
