/* wait.c - wait queues and completions. See wait.h. */
#include "sched.h"
#include "wait.h"

void init_waitqueue_head(wait_queue_head_t *wq)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

static void add_and_set_state(wait_queue_head_t *wq, struct wait_queue_entry *wait, int state)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	if (list_empty(&wait->entry)) {
		/* Shared waiters first: a wake-up passes them all before the first exclusive one. */
		if (wait->exclusive)
			list_add_tail(&wait->entry, &wq->head);
		else
			list_add(&wait->entry, &wq->head);
	}
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait, int state)
{
	wait->exclusive = false;
	add_and_set_state(wq, wait, state);
}

void prepare_to_wait_exclusive(wait_queue_head_t *wq, struct wait_queue_entry *wait, int state)
{
	wait->exclusive = true;
	add_and_set_state(wq, wait, state);
}

/* The lock is taken even if a waker has removed the entry: it may still be looking at it. */
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&wait->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

static void wake_up_some(wait_queue_head_t *wq, bool all)
{
	struct wait_queue_entry *wait, *next;
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_entry_safe(wait, next, &wq->head, entry) {
		bool exclusive = wait->exclusive;
		int woken = wake_up_state(wait->task, TASK_NORMAL);

		list_del_init(&wait->entry);
		if (exclusive && woken && !all)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up(wait_queue_head_t *wq)
{
	wake_up_some(wq, false);
}

void wake_up_all(wait_queue_head_t *wq)
{
	wake_up_some(wq, true);
}

/* For a caller that made the condition true just before: the barrier pairs with set_current_state(). */
bool waitqueue_active(wait_queue_head_t *wq)
{
	smp_mb();
	return !list_empty(&wq->head);
}

void init_completion(struct completion *x)
{
	x->done = false;
	init_waitqueue_head(&x->wait);
}

void complete(struct completion *x)
{
	WRITE_ONCE(x->done, true);
	wake_up_all(&x->wait);
}

void wait_for_completion(struct completion *x)
{
	wait_event(x->wait, READ_ONCE(x->done));
}
