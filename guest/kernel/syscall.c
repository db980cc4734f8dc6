/* syscall.c - the system call table and the calls that are a few lines each. */
#include "aio.h"
#include "bitops.h"
#include "clone.h"
#include "fs.h"
#include "futex.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "rq.h"
#include "sched.h"
#include "syscall.h"
#include "uaccess.h"

#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_CMD_MASK (~(128 | 256))	/* FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME */

#define SYSCALL(name) \
	static long __x64_sys_##name(u64 a __maybe_unused, u64 b __maybe_unused, u64 c __maybe_unused, \
			       u64 d __maybe_unused, u64 e __maybe_unused, u64 f __maybe_unused)

SYSCALL(read) { return ksys_read(a, (void *)b, c); }
SYSCALL(write) { return ksys_write(a, (const void *)b, c); }
SYSCALL(pread64) { return ksys_pread64(a, (void *)b, c, d); }
SYSCALL(pwrite64) { return ksys_pwrite64(a, (const void *)b, c, d); }
SYSCALL(close) { return do_close(a); }
SYSCALL(memfd_create) { return ksys_memfd_create((const char *)a, b); }
SYSCALL(ftruncate) { return ksys_ftruncate(a, b); }

SYSCALL(mmap)
{
	if ((a | f) & ~PAGE_MASK)
		return -EINVAL;
	return ksys_mmap(a, b, c, d, e, f >> PAGE_SHIFT);
}

SYSCALL(mprotect) { return do_mprotect(a, b, c); }
SYSCALL(mremap) { return do_mremap(a, b, c, d, e); }
SYSCALL(munmap) { return do_munmap(a, b); }
SYSCALL(rt_sigaction)
{
	return do_rt_sigaction(a, (const struct sigaction *)b, (struct sigaction *)c, d);
}

SYSCALL(brk) { return do_brk(a); }
SYSCALL(madvise) { return do_madvise(a, b, c); }

SYSCALL(mbind) { return do_mbind(a, b, c, f); }

SYSCALL(io_setup) { return sys_io_setup(a, (u64 *)b); }
SYSCALL(io_destroy) { return sys_io_destroy(a); }
SYSCALL(io_submit) { return sys_io_submit(a, b, (struct iocb **)c); }
SYSCALL(io_getevents) { return sys_io_getevents(a, b, c, (struct io_event *)d, (void *)e); }

SYSCALL(move_pages)
{
	return sys_move_pages(a, b, (const void *const *)c, (const int *)d, (int *)e, f);
}

SYSCALL(sched_yield)
{
	yield();
	return 0;
}

static long get_timeout(u64 uptr, long *ticks)
{
	struct timespec64 ts;
	u64 ns;

	*ticks = MAX_SCHEDULE_TIMEOUT;
	if (!uptr)
		return 0;
	if (copy_from_user(&ts, (const void *)uptr, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec >= 1000000000)
		return 0;
	ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	/* Rounded up, and one more: the first tick comes at any moment. */
	*ticks = DIV_ROUND_UP(ns, NSEC_PER_SEC / HZ) + (ns ? 1 : 0);
	return 0;
}

SYSCALL(nanosleep)
{
	long ticks, err;

	if (!a)
		return -EFAULT;
	err = get_timeout(a, &ticks);
	if (err)
		return err;
	while (ticks && !fatal_signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		ticks = schedule_timeout(ticks);
	}
	return ticks ? -EINTR : 0;
}

SYSCALL(clock_gettime)
{
	u64 ns = sched_clock();
	struct timespec64 ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	if (a != CLOCK_MONOTONIC && a != CLOCK_REALTIME)
		return -EINVAL;
	return copy_to_user((void *)b, &ts, sizeof(ts)) ? -EFAULT : 0;
}

SYSCALL(getpid) { return current->tgid; }
SYSCALL(gettid) { return current->pid; }

SYSCALL(set_tid_address)
{
	current->clear_child_tid = (u32 *)a;
	return current->pid;
}

SYSCALL(fork) { return kernel_clone(0, 0, NULL, NULL, 0); }
SYSCALL(clone) { return kernel_clone(a, b, (u32 *)c, (u32 *)d, e); }

SYSCALL(exit) { do_exit((a & 0xff) << 8); }
SYSCALL(exit_group) { do_group_exit((a & 0xff) << 8); }

SYSCALL(wait4)
{
	return d ? -EINVAL : kernel_wait4(a, (u32 *)b, c);	/* no resource usage is kept */
}

SYSCALL(futex)
{
	long ticks, err;

	switch (b & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		err = get_timeout(d, &ticks);
		return err ? err : futex_wait((u32 *)a, c, ticks);
	case FUTEX_WAKE:
		return futex_wake((u32 *)a, c);
	}
	return -ENOSYS;
}

SYSCALL(sched_setaffinity)
{
	struct task_struct *p;
	cpumask_t mask = CPU_MASK_NONE;
	long err;

	if (copy_from_user(&mask, (const void *)c, min(b, sizeof(mask))))
		return -EFAULT;
	p = find_get_task(a);
	if (!p)
		return -ESRCH;
	err = p->flags & PF_KTHREAD ? -EINVAL : set_cpus_allowed(p, &mask);
	put_task_struct(p);
	return err;
}

SYSCALL(sched_getaffinity)
{
	struct task_struct *p;
	cpumask_t mask;

	if (b < sizeof(mask) || (b & 7))
		return -EINVAL;
	p = find_get_task(a);
	if (!p)
		return -ESRCH;
	cpumask_and(&mask, &p->cpus_mask, &cpu_online_mask);
	put_task_struct(p);
	return copy_to_user((void *)c, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

/* Every CPU is on the fast node: the slow one is memory alone. */
SYSCALL(getcpu)
{
	if (a && put_user(this_cpu_id(), (u32 *)a))
		return -EFAULT;
	if (b && put_user(0, (u32 *)b))
		return -EFAULT;
	return 0;
}

SYSCALL(arch_prctl)
{
	switch (a) {
	case ARCH_SET_FS:
		if (b >= TASK_SIZE)
			return -EPERM;
		current->thread.fsbase = b;
		wrmsr(MSR_FS_BASE, b);
		return 0;
	case ARCH_GET_FS:
		return put_user(rdmsr(MSR_FS_BASE), (u64 *)b);
	}
	return -EINVAL;
}

static const sys_call_ptr_t sys_call_table[NR_SYSCALLS] = {
#define ENTRY(name) [__NR_##name] = __x64_sys_##name
	ENTRY(read), ENTRY(write), ENTRY(close), ENTRY(mmap), ENTRY(mprotect), ENTRY(munmap), ENTRY(brk),
	ENTRY(rt_sigaction), ENTRY(pread64), ENTRY(pwrite64),
	ENTRY(mremap), ENTRY(sched_yield), ENTRY(madvise), ENTRY(nanosleep), ENTRY(getpid), ENTRY(clone), ENTRY(fork),
	ENTRY(exit), ENTRY(wait4), ENTRY(arch_prctl), ENTRY(gettid), ENTRY(futex),
	ENTRY(ftruncate), ENTRY(memfd_create), ENTRY(sched_setaffinity), ENTRY(sched_getaffinity),
	ENTRY(io_setup), ENTRY(io_destroy), ENTRY(io_submit), ENTRY(io_getevents), ENTRY(set_tid_address),
	ENTRY(clock_gettime), ENTRY(exit_group), ENTRY(mbind), ENTRY(move_pages), ENTRY(getcpu),
};

static unsigned long unknown_logged[BITS_TO_LONGS(NR_SYSCALLS)];

static long unknown_syscall(u64 nr)
{
	if (nr >= NR_SYSCALLS || !test_and_set_bit(nr, unknown_logged))
		printk("%s[%d]: unknown system call %lu\n", current->comm, current->pid, nr);
	return -ENOSYS;
}

/* False: the registers are not those that SYSRET can bring back, so the way out is IRET. */
bool do_syscall_64(struct pt_regs *regs)
{
	u64 nr = regs->orig_ax;

	local_irq_enable();
	if (nr == __NR_rt_sigreturn)
		regs->ax = do_rt_sigreturn(regs);
	else if (nr < NR_SYSCALLS && sys_call_table[nr])
		regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9);
	else
		regs->ax = unknown_syscall(nr);
	local_irq_disable();
	exit_to_user_mode();
	return nr != __NR_rt_sigreturn;
}
