// Numbers by which the host names a CPU's registers in getRegister and setRegister. The host compiles this same
// file, so it holds nothing but exported u32 constants.

/** 0 to 15: the general registers in encoding order, RAX RCX RDX RBX RSP RBP RSI RDI R8 .. R15. */
export const REGISTER_RAX: u32 = 0;
export const REGISTER_RCX: u32 = 1;
export const REGISTER_RDX: u32 = 2;
export const REGISTER_RBX: u32 = 3;
export const REGISTER_RSP: u32 = 4;
export const REGISTER_RBP: u32 = 5;
export const REGISTER_RSI: u32 = 6;
export const REGISTER_RDI: u32 = 7;
export const REGISTER_R8: u32 = 8;
export const REGISTER_R9: u32 = 9;
export const REGISTER_R10: u32 = 10;
export const REGISTER_R11: u32 = 11;
export const REGISTER_R12: u32 = 12;
export const REGISTER_R13: u32 = 13;
export const REGISTER_R14: u32 = 14;
export const REGISTER_R15: u32 = 15;
export const REGISTER_RIP: u32 = 16;
export const REGISTER_RFLAGS: u32 = 17;

/** Selectors, and from REGISTER_ES_BASE on the bases: ES CS SS DS FS GS LDTR TR. */
export const REGISTER_ES: u32 = 18;
export const REGISTER_CS: u32 = 19;
export const REGISTER_SS: u32 = 20;
export const REGISTER_DS: u32 = 21;
export const REGISTER_FS: u32 = 22;
export const REGISTER_GS: u32 = 23;
export const REGISTER_LDTR: u32 = 24;
export const REGISTER_TR: u32 = 25;
export const REGISTER_ES_BASE: u32 = 26;
export const REGISTER_CS_BASE: u32 = 27;
export const REGISTER_SS_BASE: u32 = 28;
export const REGISTER_DS_BASE: u32 = 29;
export const REGISTER_FS_BASE: u32 = 30;
export const REGISTER_GS_BASE: u32 = 31;
export const REGISTER_LDTR_BASE: u32 = 32;
export const REGISTER_TR_BASE: u32 = 33;

export const REGISTER_CR0: u32 = 34;
export const REGISTER_CR2: u32 = 35;
export const REGISTER_CR3: u32 = 36;
export const REGISTER_CR4: u32 = 37;
export const REGISTER_CR8: u32 = 38;
export const REGISTER_EFER: u32 = 39;
export const REGISTER_DR0: u32 = 40;
export const REGISTER_DR1: u32 = 41;
export const REGISTER_DR2: u32 = 42;
export const REGISTER_DR3: u32 = 43;
export const REGISTER_DR6: u32 = 44;
export const REGISTER_DR7: u32 = 45;
export const REGISTER_GDT_BASE: u32 = 46;
export const REGISTER_GDT_LIMIT: u32 = 47;
export const REGISTER_IDT_BASE: u32 = 48;
export const REGISTER_IDT_LIMIT: u32 = 49;

/** MSRs. */
export const REGISTER_KERNEL_GS_BASE: u32 = 50;
export const REGISTER_STAR: u32 = 51;
export const REGISTER_LSTAR: u32 = 52;
export const REGISTER_SFMASK: u32 = 53;
export const REGISTER_TSC: u32 = 54;
export const REGISTER_APIC_BASE: u32 = 55;

/** What the CPU does, not architectural: RUNNING, HALTED, WAIT_SIPI, SHUTDOWN (cpu/state.ts); MODE_16 to MODE_64; CPL. */
export const REGISTER_ACTIVITY: u32 = 56;
export const REGISTER_MODE: u32 = 57;
export const REGISTER_CPL: u32 = 58;
/** Modelled cycles beyond one an instruction (probe/cost.ts). */
export const REGISTER_CYCLES: u32 = 59;
export const REGISTERS: u32 = 60;
