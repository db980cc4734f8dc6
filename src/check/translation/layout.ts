// Where the parts of a translation program's machine are: physical addresses, which are linear ones too, but for page p.

export const PML4 = 0x1000;
export const PDPT = 0x2000;
export const PAGE_DIRECTORY = 0x3000;
/** Its first word maps page p: it is the word that programs change. */
export const PAGE_TABLE = 0x4000;
export const PTE_WORD = PAGE_TABLE;
export const GDT = 0x5000;
export const TABLE_POINTERS = 0x5f00;
export const IDT = 0x6000;
export const HANDLERS = 0x8000;
export const SETUP = 0x9000;
/** For each column the addresses of its events' code, in order, and of the end. */
export const DISPATCH = 0xa000;
export const DISPATCH_STRIDE = 0x100;
export const BLOCKS = 0x10000;
export const BLOCK_BYTES = 64;
/** The last bytes of a block jump to the next event: a handler that skips an instruction goes there. */
export const BLOCK_EXIT = 56;
/** Top of the first CPU's stack. */
export const STACK_TOP = 0x41000;
export const STACK_STRIDE = 0x1000;
export const FRAME_0 = 0x50000;
export const FRAME_1 = 0x51000;
export const FLAG = 0x52000;
/** Acknowledged flushes of each CPU, a cache line each. */
export const ACKS = 0x53000;
export const ACK_STRIDE = 64;
/** What every CPU waits at between two programs. */
export const GATE = 0x54000;
/** Page p: the second 2 MiB of linear addresses are mapped by PAGE_TABLE. */
export const PAGE = 0x200000;
export const MEMORY = 2 * 1024 * 1024;

/** What the frames hold at first: a and b. */
export const INITIAL_0 = 0xa;
export const INITIAL_1 = 0xb;
/** In a result register: the access faulted; the store was done. */
export const MARK_FAULT = 0xf;
export const MARK_DONE = 0xe;

/** Result registers of the events of a column, by encoding number: RBX RSI RDI RBP R8 R9 R10 R11. */
export const RESULTS = [3, 6, 7, 5, 8, 9, 10, 11] as const;

/** Interrupt vector of a flush that CPU n asks for. */
export const FLUSH_VECTOR = 0x40;
