/*
 * signal.h - SIGSEGV and SIGBUS, the signals that a program can handle: in the thread
 * that faulted, at once. Layouts and numbers are Linux's for x86-64.
 */
#ifndef GUEST_SIGNAL_H
#define GUEST_SIGNAL_H

#include "types.h"

#define SIGBUS 7
#define SIGSEGV 11
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRERR 2

#define SA_SIGINFO 0x00000004UL
#define SA_RESTORER 0x04000000UL
#define SA_NODEFER 0x40000000UL

struct sigaction {
	u64 handler;		/* void (*)(int signo, struct siginfo *, struct ucontext *); 0: the process dies */
	u64 flags;
	u64 restorer;		/* calls rt_sigreturn(2) */
	u64 mask;
};

struct sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;		/* NULL: there is none */
	u64 reserved[8];
};

struct ucontext {
	u64 flags, link;
	u64 stack_sp, stack_flags, stack_size;
	struct sigcontext mcontext;
	u64 sigmask;
};

struct siginfo {
	int signo, error, code, pad;
	u64 addr;
	u64 rest[13];
};

struct pt_regs;

long do_rt_sigaction(int sig, const struct sigaction *new, struct sigaction *old, unsigned long sigsetsize);
long do_rt_sigreturn(struct pt_regs *regs);

/*
 * Makes the current task go on in the process's handler for sig (SIGSEGV or SIGBUS). False if it has none, or
 * the task's stack takes no frame. regs are those of user mode; si_code is SEGV_* or BUS_*, error_code the page
 * fault's.
 */
bool handle_fault_signal(struct pt_regs *regs, int sig, int si_code, u64 addr, u64 error_code);

#endif
