// What the core asks of its host: port I/O that no core device claims, and room for events. Nothing else.

/** Reads `size` (1, 2, 4) bytes from I/O port `port`; unclaimed ports read as all ones. */
@external("host", "portIn")
export declare function hostPortIn(port: u32, size: u32): u32;

/** Writes the low `size` bytes of `value` to I/O port `port`. */
@external("host", "portOut")
export declare function hostPortOut(port: u32, size: u32, value: u32): void;

/** The ring of events is full of what the host has not taken yet: it takes all of it now. Only if it wants every event. */
@external("host", "eventsFull")
export declare function eventsFull(): void;
