/* exit.c - how threads and processes end, and how a parent learns of it. */
#include "clone.h"
#include "futex.h"
#include "mm.h"
#include "printk.h"
#include "sched.h"
#include "uaccess.h"
#include "vmstat.h"

#define WNOHANG 1

static void exit_mm(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	if (current->clear_child_tid && atomic_read(&mm->mm_users) > 1) {
		/* pthread_join() and its like wait for the zero. A bad address is nobody's loss. */
		(void)put_user(0, current->clear_child_tid);
		futex_wake(current->clear_child_tid, 1);
	}
	/* From here on a lazy user of the mm, as a kernel thread is. */
	mmgrab(mm);
	local_irq_disable();
	current->mm = NULL;
	enter_lazy_tlb(mm, current);
	local_irq_enable();
	mmput(mm);
}

/* tasklist_lock held. Nobody inherits orphans: each is freed when it ends, or now if it has. */
static void forget_children(struct signal_struct *sig)
{
	while (!list_empty(&sig->children)) {
		struct signal_struct *child = list_first_entry(&sig->children, struct signal_struct, sibling);

		list_del_init(&child->sibling);
		child->parent = NULL;
		if (child->zombie)
			put_signal_struct(child);
	}
}

/* The last thread is gone: the process becomes a zombie for its parent, or vanishes. */
static void exit_process(struct signal_struct *sig)
{
	struct signal_struct *parent;

	exit_files(sig);
	spin_lock(&tasklist_lock);
	forget_children(sig);
	parent = sig->parent;
	if (parent)
		atomic_inc(&parent->refs);
	WRITE_ONCE(sig->zombie, true);
	spin_unlock(&tasklist_lock);
	if (parent) {
		wake_up(&parent->wait_chldexit);
		put_signal_struct(parent);
	} else if (sig->tgid != 1) {
		put_signal_struct(sig);
	}
}

/* init is the run: when it ends, so does the machine, with init's exit value. */
static void exit_init(int code) __noreturn;
static void exit_init(int code)
{
	vmstat_print();
	machine_exit(exit_value(code));
}

void do_exit(int code)
{
	struct signal_struct *sig = current->signal;
	bool last = false;

	BUG_ON(in_interrupt() || (current->flags & PF_IDLE));
	current->flags |= PF_EXITING;
	exit_task_work();
	exit_mm();
	if (sig) {
		spin_lock(&sig->lock);
		if (!sig->group_exit)
			sig->group_exit_code = code;	/* the last thread's stands */
		list_del_init(&current->thread_node);
		last = --sig->nr_threads == 0;
		spin_unlock(&sig->lock);
	}
	detach_pid(current);
	if (last && sig->tgid == 1)
		exit_init(sig->group_exit_code);
	if (last)
		exit_process(sig);
	set_current_state(TASK_DEAD);
	schedule();
	BUG();
}

/* Linux's signal_wake_up(): out of a killable sleep, or out of user mode by an IPI. */
static void kill_thread(struct task_struct *p)
{
	if (!wake_up_state(p, TASK_INTERRUPTIBLE | TASK_WAKEKILL) && task_is_running(p) &&
	    READ_ONCE(p->cpu) != this_cpu_id())
		smp_send_reschedule(READ_ONCE(p->cpu));
}

void do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *p;

	spin_lock(&sig->lock);
	if (!sig->group_exit) {
		sig->group_exit_code = code;
		WRITE_ONCE(sig->group_exit, true);
		list_for_each_entry(p, &sig->threads, thread_node) {
			if (p != current)
				kill_thread(p);
		}
	}
	spin_unlock(&sig->lock);
	do_exit(code);
}

/* tasklist_lock held: a child that matches pid (-1: any). *exists says whether there is one at all. */
static struct signal_struct *find_zombie(pid_t pid, bool *exists)
{
	struct signal_struct *child;

	*exists = false;
	list_for_each_entry(child, &current->signal->children, sibling) {
		if (pid != -1 && child->tgid != pid)
			continue;
		*exists = true;
		if (child->zombie)
			return child;
	}
	return NULL;
}

static struct signal_struct *reap(pid_t pid, bool *exists)
{
	struct signal_struct *child;

	spin_lock(&tasklist_lock);
	child = find_zombie(pid, exists);
	if (child)
		list_del_init(&child->sibling);
	spin_unlock(&tasklist_lock);
	return child;
}

long kernel_wait4(pid_t pid, u32 __user *status, int options)
{
	struct signal_struct *child;
	bool exists;
	long ret;

	if ((options & ~WNOHANG) || pid == 0 || pid < -1)
		return -EINVAL;
	child = reap(pid, &exists);
	if (!child && exists && !(options & WNOHANG)) {
		int err = wait_event_killable(current->signal->wait_chldexit,
					      (child = reap(pid, &exists)) != NULL || !exists);
		if (err)
			return err;
	}
	if (!child)
		return exists ? 0 : -ECHILD;
	ret = child->tgid;
	if (status && put_user(child->group_exit_code, status))
		ret = -EFAULT;
	put_signal_struct(child);
	return ret;
}
