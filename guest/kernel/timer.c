/* timer.c - sleeping for a time: one sorted list of sleepers, looked at by the boot CPU's tick. */
#include "rq.h"
#include "sched.h"

struct sleeper {
	struct list_head entry;
	unsigned long expires;
	struct task_struct *task;
};

static DEFINE_SPINLOCK(timer_lock);	/* outside pi_lock; taken with interrupts off */
static LIST_HEAD(sleepers);

/*
 * The wake-up happens under the lock, and a sleeper takes the lock before its
 * stack frame goes: the two never overlap.
 */
void run_timers(void)
{
	if (this_cpu_id() != 0)
		return;
	spin_lock(&timer_lock);
	while (!list_empty(&sleepers)) {
		struct sleeper *s = list_first_entry(&sleepers, struct sleeper, entry);

		if (time_before(jiffies, s->expires))
			break;
		list_del_init(&s->entry);
		wake_up_process(s->task);
	}
	spin_unlock(&timer_lock);
}

static void add_sleeper(struct sleeper *s)
{
	struct list_head *pos;

	spin_lock_irq(&timer_lock);
	list_for_each(pos, &sleepers) {
		if (time_after(list_entry(pos, struct sleeper, entry)->expires, s->expires))
			break;
	}
	list_add_tail(&s->entry, pos);
	spin_unlock_irq(&timer_lock);
}

long schedule_timeout(long timeout)
{
	struct sleeper s = { .task = current, .expires = jiffies + timeout };
	long left;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (timeout <= 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	add_sleeper(&s);
	schedule();
	spin_lock_irq(&timer_lock);
	__list_del_entry(&s.entry);
	spin_unlock_irq(&timer_lock);
	left = (long)(s.expires - jiffies);
	return left > 0 ? left : 0;
}
