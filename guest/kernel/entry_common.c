/* entry_common.c - the way out to user mode, and task work; Linux's kernel/entry/common.c and task_work.c. */
#include "irqflags.h"
#include "sched.h"

/* In place of the list once a task has run its last work. */
static struct callback_head work_exited;

bool task_work_add(struct task_struct *p, struct callback_head *work)
{
	struct callback_head *head = READ_ONCE(p->task_works);

	do {
		if (head == &work_exited)
			return false;
		work->next = head;
	} while (!try_cmpxchg(&p->task_works, &head, work));
	if (p != current && task_is_running(p))
		smp_send_reschedule(READ_ONCE(p->cpu));
	return true;
}

/* In order of addition; new work that a function adds is run as well. */
static void run_works(struct callback_head *list)
{
	struct callback_head *work = NULL;

	while (list) {
		struct callback_head *next = list->next;

		list->next = work;
		work = list;
		list = next;
	}
	while (work) {
		struct callback_head *next = work->next;

		work->func(work);
		work = next;
		cond_resched();
	}
}

void task_work_run(void)
{
	struct callback_head *list;

	while ((list = xchg(&current->task_works, NULL)))
		run_works(list);
}

void exit_task_work(void)
{
	for (;;) {
		struct callback_head *none = NULL;

		task_work_run();
		if (try_cmpxchg(&current->task_works, &none, &work_exited))
			return;
	}
}

void exit_to_user_mode(void)
{
	for (;;) {
		if (need_resched()) {
			local_irq_enable();
			schedule();
		} else if (fatal_signal_pending(current)) {
			local_irq_enable();
			do_exit(current->signal->group_exit_code);
		} else if (READ_ONCE(current->task_works)) {
			local_irq_enable();
			task_work_run();
		} else {
			return;
		}
		local_irq_disable();
	}
}
