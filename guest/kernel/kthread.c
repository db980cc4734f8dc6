/* kthread.c - kernel threads, and the one that becomes init. See kthread.h. */
#include "clone.h"
#include "kthread.h"
#include "printk.h"
#include "sched.h"

static void kthread(void *arg)
{
	struct task_struct *self = arg;

	self->kthread_fn(self->kthread_arg);
	do_exit(0);
}

struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name, int cpu)
{
	struct task_struct *p = alloc_task(name);

	if (!p)
		panic("kthread: no memory for %s", name);
	p->flags = PF_KTHREAD;
	p->kthread_fn = fn;
	p->kthread_arg = arg;
	if (cpu >= 0)
		p->cpus_mask = cpumask_of(cpu);
	copy_thread(p, NULL, kthread, p);
	attach_pid(p);
	p->tgid = p->pid;
	wake_up_new_task(p);
	return p;
}

/* Pid 1: a kernel thread whose fn turns it into a process by kernel_execve() and returns. */
void user_mode_thread(void (*fn)(void *), const char *name)
{
	struct task_struct *p = alloc_task(name);

	if (!p)
		panic("kthread: no memory for %s", name);
	p->flags = PF_KTHREAD;
	p->signal = alloc_signal(NULL);
	if (!p->signal)
		panic("kthread: no memory for %s", name);
	p->signal->nr_threads = 1;
	list_add_tail(&p->thread_node, &p->signal->threads);
	copy_thread(p, NULL, fn, NULL);
	attach_pid(p);
	p->tgid = p->signal->tgid = p->pid;
	wake_up_new_task(p);
}
