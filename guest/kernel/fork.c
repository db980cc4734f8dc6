/* fork.c - making tasks: fork, clone, and kernel threads. The mm half of fork is dup_mm(). */
#include "clone.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "rq.h"
#include "sched.h"
#include "string.h"
#include "uaccess.h"

#define STACK_END_MAGIC 0x57ac6e9d57ac6e9dUL

DEFINE_SPINLOCK(tasklist_lock);
static LIST_HEAD(tasks);
static atomic_t last_pid;

/* What __switch_to_asm pops, lowest address first. */
struct inactive_task_frame {
	u64 r15, r14, r13, r12, bx, bp, ret_addr;
};

extern char ret_from_fork[];

struct task_struct *alloc_task(const char *comm)
{
	struct task_struct *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->stack = __get_free_pages(GFP_KERNEL, THREAD_ORDER);
	if (!p->stack) {
		kfree(p);
		return NULL;
	}
	*(u64 *)p->stack = STACK_END_MAGIC;
	p->__state = TASK_NEW;
	p->cpu = this_cpu_id();
	p->cpus_mask = CPU_MASK_ALL;
	INIT_LIST_HEAD(&p->run_list);
	INIT_LIST_HEAD(&p->thread_node);
	INIT_LIST_HEAD(&p->task_node);
	spin_lock_init(&p->pi_lock);
	atomic_set(&p->usage, 1);	/* the scheduler's, dropped after the last switch away */
	strscpy(p->comm, comm, sizeof(p->comm));
	return p;
}

void get_task_struct(struct task_struct *p)
{
	atomic_inc(&p->usage);
}

void put_signal_struct(struct signal_struct *sig)
{
	if (atomic_dec_and_test(&sig->refs))
		kfree(sig);
}

void put_task_struct(struct task_struct *p)
{
	if (!atomic_dec_and_test(&p->usage))
		return;
	BUG_ON(*(u64 *)p->stack != STACK_END_MAGIC);
	if (p->signal)
		put_signal_struct(p->signal);
	free_pages(p->stack, THREAD_ORDER);
	kfree(p);
}

void copy_thread(struct task_struct *p, const struct pt_regs *regs, void (*fn)(void *), void *arg)
{
	struct pt_regs *childregs = task_pt_regs(p);
	struct inactive_task_frame *frame = (struct inactive_task_frame *)childregs - 1;

	if (regs)
		*childregs = *regs;
	else
		memset(childregs, 0, sizeof(*childregs));
	*frame = (struct inactive_task_frame){
		.bx = (u64)fn, .r12 = (u64)arg, .ret_addr = (u64)ret_from_fork,
	};
	p->thread.sp = (unsigned long)frame;
}

void ret_from_fork_c(struct task_struct *prev, struct pt_regs *regs, void (*fn)(void *), void *arg);

/* A new task's first C code, on its own stack; returns to user mode. */
void ret_from_fork_c(struct task_struct *prev, struct pt_regs *regs, void (*fn)(void *), void *arg)
{
	(void)regs;
	schedule_tail(prev);
	if (fn)
		fn(arg);
	else if (current->set_child_tid)
		(void)put_user(current->pid, current->set_child_tid);	/* Linux ignores a bad address as well */
	local_irq_disable();
	exit_to_user_mode();
}

void attach_pid(struct task_struct *p)
{
	p->pid = atomic_inc_return(&last_pid);
	spin_lock(&tasklist_lock);
	list_add_tail(&p->task_node, &tasks);
	spin_unlock(&tasklist_lock);
}

void detach_pid(struct task_struct *p)
{
	spin_lock(&tasklist_lock);
	list_del_init(&p->task_node);
	spin_unlock(&tasklist_lock);
}

struct task_struct *find_get_task(pid_t pid)
{
	struct task_struct *p, *found = NULL;

	if (!pid) {
		get_task_struct(current);
		return current;
	}
	spin_lock(&tasklist_lock);
	list_for_each_entry(p, &tasks, task_node) {
		if (p->pid == pid) {
			get_task_struct(p);
			found = p;
			break;
		}
	}
	spin_unlock(&tasklist_lock);
	return found;
}

struct signal_struct *alloc_signal(struct signal_struct *parent)
{
	struct signal_struct *sig = kzalloc(sizeof(*sig), GFP_KERNEL);

	if (!sig)
		return NULL;
	spin_lock_init(&sig->lock);
	atomic_set(&sig->refs, 1);
	INIT_LIST_HEAD(&sig->threads);
	INIT_LIST_HEAD(&sig->children);
	INIT_LIST_HEAD(&sig->sibling);
	init_waitqueue_head(&sig->wait_chldexit);
	sig->parent = parent;
	return sig;
}

/* False if the process is being killed: it must not grow a thread that nobody told. */
static bool add_thread(struct signal_struct *sig, struct task_struct *p)
{
	bool ok;

	spin_lock(&sig->lock);
	ok = !sig->group_exit;
	if (ok) {
		list_add_tail(&p->thread_node, &sig->threads);
		sig->nr_threads++;
	}
	spin_unlock(&sig->lock);
	return ok;
}

static long copy_signal(unsigned long flags, struct task_struct *p)
{
	if (flags & CLONE_THREAD) {
		atomic_inc(&current->signal->refs);
		p->signal = current->signal;
		return 0;
	}
	p->signal = alloc_signal(current->signal);
	if (!p->signal)
		return -ENOMEM;
	p->signal->sigbus = current->signal->sigbus;
	p->signal->sigsegv = current->signal->sigsegv;
	copy_files(p->signal, current->signal);
	/* The child process itself holds a reference until it is reaped. */
	atomic_inc(&p->signal->refs);
	return 0;
}

static long copy_mm(unsigned long flags, struct task_struct *p)
{
	if (flags & CLONE_VM) {
		mmget(current->mm);
		p->mm = current->mm;
	} else {
		p->mm = dup_mm(current->mm);
		if (!p->mm)
			return -ENOMEM;
	}
	p->active_mm = p->mm;
	return 0;
}

static void publish(unsigned long flags, struct task_struct *p)
{
	attach_pid(p);
	if (flags & CLONE_THREAD) {
		p->tgid = current->tgid;
		return;
	}
	p->tgid = p->signal->tgid = p->pid;
	spin_lock(&tasklist_lock);
	list_add_tail(&p->signal->sibling, &current->signal->children);
	spin_unlock(&tasklist_lock);
}

long kernel_clone(unsigned long flags, unsigned long newsp, u32 __user *parent_tid,
		  u32 __user *child_tid, unsigned long tls)
{
	struct task_struct *p;
	struct pt_regs *regs;
	pid_t pid;
	long err;

	if (flags & ~(unsigned long)CLONE_SUPPORTED)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_SIGHAND | CLONE_VM)) != (CLONE_SIGHAND | CLONE_VM))
		return -EINVAL;
	p = alloc_task(current->comm);
	if (!p)
		return -ENOMEM;
	p->cpus_mask = current->cpus_mask;
	save_fsgs(current);
	p->thread = current->thread;
	if (flags & CLONE_SETTLS)
		p->thread.fsbase = tls;
	copy_thread(p, task_pt_regs(current), NULL, NULL);
	regs = task_pt_regs(p);
	regs->ax = 0;
	if (newsp)
		regs->sp = newsp;
	p->set_child_tid = flags & CLONE_CHILD_SETTID ? child_tid : NULL;
	p->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? child_tid : NULL;

	err = copy_signal(flags, p);
	if (!err)
		err = copy_mm(flags, p);
	if (err) {
		if (p->signal && !(flags & CLONE_THREAD)) {
			exit_files(p->signal);
			put_signal_struct(p->signal);
		}
		put_task_struct(p);
		return err;
	}
	if (!add_thread(p->signal, p)) {
		mmput(p->mm);
		put_task_struct(p);
		return -EINTR;
	}
	publish(flags, p);
	pid = p->pid;
	if (flags & CLONE_PARENT_SETTID)
		(void)put_user(pid, parent_tid);
	wake_up_new_task(p);
	return pid;
}
