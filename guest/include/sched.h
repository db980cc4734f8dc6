/*
 * sched.h - tasks and the scheduler's interface. A task is a thread; threads
 * that share a signal_struct are a process (its tgid is the leader's pid).
 */
#ifndef GUEST_SCHED_H
#define GUEST_SCHED_H

#include "cpumask.h"
#include "errno.h"
#include "fs.h"
#include "list.h"
#include "mm_types.h"
#include "preempt.h"
#include "signal.h"
#include "smp.h"
#include "spinlock.h"
#include "time.h"
#include "traps.h"
#include "wait.h"

/* Enums rather than macros, so that a debugger has their names. */
enum task_state {
	TASK_RUNNING = 0x0,
	TASK_INTERRUPTIBLE = 0x1,
	TASK_UNINTERRUPTIBLE = 0x2,
	TASK_WAKEKILL = 0x4,
	TASK_DEAD = 0x8,
	TASK_NEW = 0x10,
};

#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define TASK_COMM_LEN 16

enum task_flags {
	PF_KTHREAD = 0x1,
	PF_IDLE = 0x2,
	PF_MEMALLOC = 0x4,	/* may dip below the watermarks: the page reclaimer itself */
	PF_EXITING = 0x8,
};

/* What the threads of a process share besides the mm. `lock` protects all of it. */
struct signal_struct {
	spinlock_t lock;
	atomic_t refs;			/* one per task_struct */
	pid_t tgid;
	int nr_threads;			/* alive; the last to exit makes the process a zombie */
	struct list_head threads;	/* task_struct.thread_node */
	bool group_exit;		/* every thread is to die with group_exit_code */
	int group_exit_code;		/* as wait4 reports it: (status << 8) | signal */
	bool zombie;
	struct signal_struct *parent;	/* NULL for init and for kernel threads */
	struct list_head children;	/* signal_struct.sibling */
	struct list_head sibling;
	wait_queue_head_t wait_chldexit;
	struct sigaction sigbus, sigsegv;	/* kernel/signal.c */
	struct files_struct files;
};

struct thread_struct {
	unsigned long sp;		/* kernel stack pointer while switched out */
	unsigned long fsbase;
	unsigned long gsbase;		/* the user's; live in MSR_KERNEL_GS_BASE while in the kernel */
};

struct task_struct {
	/* Scheduling: under the run queue's lock, see kernel/sched.c. */
	unsigned int __state;
	bool on_rq;
	unsigned int cpu;
	unsigned int slice;		/* ticks left of this turn */
	struct list_head run_list;
	spinlock_t pi_lock;		/* serialises wake-ups and affinity changes; outside rq->lock */
	cpumask_t cpus_mask;

	struct thread_struct thread;
	void *stack;			/* THREAD_SIZE bytes; pt_regs of user mode at its top */
	unsigned int flags;
	atomic_t usage;

	struct mm_struct *mm;		/* NULL for kernel threads */
	struct mm_struct *active_mm;	/* what CR3 holds while this task runs */
	struct mm_task_state mm_state;	/* the mm's per-task data: unmap batches, NUMA scanning */

	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	struct signal_struct *signal;
	struct list_head thread_node;	/* signal->threads */
	struct list_head task_node;	/* all tasks with a pid */
	u32 __user *set_child_tid;
	u32 __user *clear_child_tid;
	struct callback_head *task_works;

	u64 utime, stime;		/* ticks */
	unsigned long nvcsw, nivcsw;

	int (*kthread_fn)(void *);
	void *kthread_arg;
};

DECLARE_PER_CPU(struct task_struct *, current_task);
#define current this_cpu_read(current_task)

static inline struct pt_regs *task_pt_regs(const struct task_struct *p)
{
	return (struct pt_regs *)((char *)p->stack + THREAD_SIZE) - 1;
}

/* Ordered before the next read of the wait condition; see ___wait_event. */
#define set_current_state(state) xchg(&current->__state, (unsigned int)(state))
#define __set_current_state(state) WRITE_ONCE(current->__state, (state))

void sched_init(void);			/* boot CPU, once */
void init_idle(struct task_struct *idle, int cpu);
void cpu_startup_entry(void) __noreturn;	/* the idle loop */

void schedule(void);
/* Sleeps in the state set before, at most `timeout` ticks; returns the ticks left. */
long schedule_timeout(long timeout);
void cond_resched(void);
void yield(void);
int wake_up_process(struct task_struct *p);
int wake_up_state(struct task_struct *p, unsigned int state);
void wake_up_new_task(struct task_struct *p);
void resched_curr(int cpu);
void scheduler_tick(bool user);
int set_cpus_allowed(struct task_struct *p, const cpumask_t *mask);
bool task_is_running(const struct task_struct *p);

/* Forking; the task half. Flags are Linux's CLONE_*. */
struct task_struct *alloc_task(const char *comm);
struct task_struct *find_get_task(pid_t pid);	/* 0 is current; drop with put_task_struct() */
void get_task_struct(struct task_struct *p);
void put_task_struct(struct task_struct *p);
long kernel_clone(unsigned long flags, unsigned long newsp, u32 __user *parent_tid,
		  u32 __user *child_tid, unsigned long tls);

void do_exit(int code) __noreturn;		/* this thread */
void do_group_exit(int code) __noreturn;	/* every thread of the process */
long kernel_wait4(pid_t pid, u32 __user *status, int options);

static inline bool fatal_signal_pending(const struct task_struct *p)
{
	return p->signal && READ_ONCE(p->signal->group_exit);
}

/*
 * Runs work->func(work) in p's context, interrupts on, before p next returns to
 * user mode. Any context. Returns false if p is exiting and will not run it.
 */
bool task_work_add(struct task_struct *p, struct callback_head *work);
void task_work_run(void);
void exit_task_work(void);	/* runs the last of it; later additions fail */

/* The tail of every task's first switch, from switch.S. */
void schedule_tail(struct task_struct *prev);
/* What is left to do on the way to user mode: rescheduling, dying, task work. Interrupts off. */
void exit_to_user_mode(void);

/* A first kernel stack frame for `p`: it begins in fn(arg), or with fn NULL in user mode with *regs. */
void copy_thread(struct task_struct *p, const struct pt_regs *regs, void (*fn)(void *), void *arg);
void kernel_execve(const char *name, const char *args);	/* init only; panics if it cannot */

/* The value of machine_exit() for a wait status: 128 + signal, or the status itself. */
static inline int exit_value(int code)
{
	return code & 0x7f ? 128 + (code & 0x7f) : code >> 8;
}

#endif
