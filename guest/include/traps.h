/* traps.h - the saved registers, vectors, and the way from a fault to its consequences. */
#ifndef GUEST_TRAPS_H
#define GUEST_TRAPS_H

#include "compiler.h"
#include "irqflags.h"

/* The order of entry.S's pushes; Linux's struct pt_regs. */
struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx;
	u64 r11, r10, r9, r8, ax, cx, dx, si, di;
	u64 orig_ax;	/* system call number, error code, or vector as ~n */
	u64 ip, cs, flags, sp, ss;
};

static inline bool user_mode(const struct pt_regs *regs)
{
	return regs->cs & 3;
}

/* #PF error code (SDM 3A figure 4-12). */
#define X86_PF_PROT 0x01
#define X86_PF_WRITE 0x02
#define X86_PF_USER 0x04
#define X86_PF_RSVD 0x08
#define X86_PF_INSTR 0x10

#define FIRST_EXTERNAL_VECTOR 0x20
#define ISA_IRQ_VECTOR_BASE 0x30	/* the PICs, masked; also COM1 through the I/O APIC */
#define SPURIOUS_APIC_VECTOR 0xff
#define ERROR_APIC_VECTOR 0xfe
#define RESCHEDULE_VECTOR 0xfd
#define CALL_FUNCTION_VECTOR 0xfc
#define REBOOT_VECTOR 0xf8		/* panic: stop this CPU */
#define LOCAL_TIMER_VECTOR 0xec

void trap_init(void);		/* fills the IDT, once */
void load_idt(void);		/* every CPU */

/*
 * Kernel faults: if regs->ip is in the exception table, regs is changed to the
 * fixup address and true returned.
 */
bool fixup_exception(struct pt_regs *regs);

/*
 * A #PF that handle_mm_fault cannot satisfy. User mode: the process's handler
 * of sig; without one, prints `name[pid]: segfault at ADDR ip IP error N`, and
 * the process dies of signal 11 at once (no return). sig is SIGSEGV or
 * SIGBUS, si_code SEGV_* or BUS_*. Kernel mode: the fixup, or a panic. Interrupts are on.
 */
void bad_area(struct pt_regs *regs, unsigned long addr, unsigned long error_code, int sig, int si_code);

/* Registers and a panic; for kernel faults that nothing can fix. */
void die(const char *what, struct pt_regs *regs, unsigned long error_code) __noreturn;
void show_regs(const struct pt_regs *regs);

#endif
