/*
 * signal.c - handlers for SIGSEGV and SIGBUS, so that a program can go on after a fault of
 * its own: Linux's arch/x86/kernel/signal_64.c for two signals, which are only ever
 * sent by the fault itself. So nothing is ever pending, and no mask exists.
 */
#include "irqflags.h"
#include "memlayout.h"
#include "printk.h"
#include "sched.h"
#include "segment.h"
#include "signal.h"
#include "string.h"
#include "traps.h"
#include "uaccess.h"

#define RED_ZONE 128		/* below RSP, the interrupted function's (psABI 3.2.2) */
#define X86_TRAP_PF 14
/* What a handler may change of the flags: the arithmetic ones, DF and AC. */
#define FIX_EFLAGS (X86_EFLAGS_AC | X86_EFLAGS_DF | 0x8d5UL)

struct rt_sigframe {
	u64 pretcode;
	struct ucontext uc;
	struct siginfo info;
};

static_assert(sizeof(struct ucontext) == 304, "Linux's struct ucontext, with a mask of 64 signals");
static_assert(sizeof(struct siginfo) == 128, "Linux's siginfo_t");

/* NULL: a signal that cannot be handled. */
static struct sigaction *action_of(struct signal_struct *sig_state, int sig)
{
	return sig == SIGSEGV ? &sig_state->sigsegv : sig == SIGBUS ? &sig_state->sigbus : NULL;
}

long do_rt_sigaction(int sig, const struct sigaction __user *new, struct sigaction __user *old,
		     unsigned long sigsetsize)
{
	struct signal_struct *sig_state = current->signal;
	struct sigaction *current_action = action_of(sig_state, sig), action;

	if (sigsetsize != sizeof(action.mask))
		return -EINVAL;
	if (!current_action) {
		printk("rt_sigaction: only SIGSEGV and SIGBUS can be handled, not signal %d\n", sig);
		return -EINVAL;
	}
	if (new) {
		if (copy_from_user(&action, new, sizeof(action)))
			return -EFAULT;
		if (action.handler && action.flags != (SA_SIGINFO | SA_RESTORER | SA_NODEFER)) {
			printk("rt_sigaction: only SA_SIGINFO | SA_RESTORER | SA_NODEFER exists (flags 0x%lx)\n",
			       action.flags);
			return -EINVAL;
		}
	}
	if (old && copy_to_user(old, current_action, sizeof(*old)))
		return -EFAULT;
	if (new) {
		spin_lock(&sig_state->lock);
		*current_action = action;
		spin_unlock(&sig_state->lock);
	}
	return 0;
}

static void save_context(struct sigcontext *sc, const struct pt_regs *regs)
{
	*sc = (struct sigcontext){
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10, .r11 = regs->r11,
		.r12 = regs->r12, .r13 = regs->r13, .r14 = regs->r14, .r15 = regs->r15,
		.di = regs->di, .si = regs->si, .bp = regs->bp, .bx = regs->bx,
		.dx = regs->dx, .ax = regs->ax, .cx = regs->cx, .sp = regs->sp,
		.ip = regs->ip, .flags = regs->flags, .cs = regs->cs, .ss = regs->ss,
	};
}

bool handle_fault_signal(struct pt_regs *regs, int sig, int si_code, u64 addr, u64 error_code)
{
	struct sigaction action;
	struct rt_sigframe frame;
	u64 sp = ALIGN_DOWN(regs->sp - RED_ZONE - sizeof(frame), 16UL) - 8;	/* as after a call (psABI 3.2.2) */

	spin_lock(&current->signal->lock);
	action = *action_of(current->signal, sig);
	spin_unlock(&current->signal->lock);
	if (!action.handler || action.handler >= TASK_SIZE)
		return false;

	memset(&frame, 0, sizeof(frame));
	frame.pretcode = action.restorer;
	save_context(&frame.uc.mcontext, regs);
	frame.uc.mcontext.err = error_code;
	frame.uc.mcontext.trapno = X86_TRAP_PF;
	frame.uc.mcontext.cr2 = addr;
	frame.info.signo = sig;
	frame.info.code = si_code;
	frame.info.addr = addr;
	if (copy_to_user((void *)sp, &frame, sizeof(frame)))
		return false;

	regs->sp = sp;
	regs->ip = action.handler;
	regs->di = sig;
	regs->si = sp + offsetof(struct rt_sigframe, info);
	regs->dx = sp + offsetof(struct rt_sigframe, uc);
	regs->ax = 0;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return true;
}

/* Returns what RAX becomes. The handler has popped pretcode. */
long do_rt_sigreturn(struct pt_regs *regs)
{
	struct sigcontext sc;
	u64 frame = regs->sp - 8;

	if (copy_from_user(&sc, (const void *)(frame + offsetof(struct rt_sigframe, uc.mcontext)), sizeof(sc)) ||
	    sc.ip >= TASK_SIZE) {
		printk("%s[%d]: bad frame in rt_sigreturn\n", current->comm, current->pid);
		do_group_exit(SIGSEGV);
	}
	regs->r8 = sc.r8;
	regs->r9 = sc.r9;
	regs->r10 = sc.r10;
	regs->r11 = sc.r11;
	regs->r12 = sc.r12;
	regs->r13 = sc.r13;
	regs->r14 = sc.r14;
	regs->r15 = sc.r15;
	regs->di = sc.di;
	regs->si = sc.si;
	regs->bp = sc.bp;
	regs->bx = sc.bx;
	regs->dx = sc.dx;
	regs->cx = sc.cx;
	regs->sp = sc.sp;
	regs->ip = sc.ip;
	regs->flags = (regs->flags & ~FIX_EFLAGS) | (sc.flags & FIX_EFLAGS);
	return sc.ax;
}
