/*
 * futex.c - see futex.h. A futex is (mm, address): private ones only. The bucket's
 * lock is held from the look at the word to the queueing, so that a waker, who
 * changes the word before it takes the lock, either is seen or sees the waiter.
 */
#include "futex.h"
#include "mm.h"
#include "sched.h"
#include "uaccess.h"

#define FUTEX_BUCKETS 64

struct futex_q {
	struct list_head entry;
	struct task_struct *task;
	struct mm_struct *mm;
	u32 __user *uaddr;
};

static struct futex_bucket {
	spinlock_t lock;
	struct list_head queue;
} ____cacheline_aligned buckets[FUTEX_BUCKETS];

void futex_init(void)
{
	unsigned int i;

	for (i = 0; i < FUTEX_BUCKETS; i++)
		INIT_LIST_HEAD(&buckets[i].queue);
}

static struct futex_bucket *hash_futex(struct mm_struct *mm, u32 __user *uaddr)
{
	u64 key = ((u64)mm >> 6) ^ ((u64)uaddr >> 2);

	return &buckets[(key * 0x9e3779b97f4a7c15UL) >> 58];
}

/* Returns holding the bucket's lock iff 0. A fault under the lock is resolved without it, then retried. */
static long futex_wait_setup(struct futex_bucket *hb, u32 __user *uaddr, u32 val)
{
	for (;;) {
		u32 now;
		int err;

		spin_lock(&hb->lock);
		pagefault_disable();
		err = get_user(now, uaddr);
		pagefault_enable();
		if (!err && now == val)
			return 0;
		spin_unlock(&hb->lock);
		if (!err)
			return -EAGAIN;
		if (get_user(now, uaddr))
			return -EFAULT;
	}
}

long futex_wait(u32 __user *uaddr, u32 val, long timeout)
{
	struct futex_q q = { .task = current, .mm = current->mm, .uaddr = uaddr };
	struct futex_bucket *hb = hash_futex(q.mm, uaddr);
	bool woken;
	long err;

	if ((unsigned long)uaddr & 3)
		return -EINVAL;
	err = futex_wait_setup(hb, uaddr, val);
	if (err)
		return err;
	list_add_tail(&q.entry, &hb->queue);
	spin_unlock(&hb->lock);

	/* A late wake-up for a lock that this task has got already may end one sleep: so a loop. */
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (list_empty(&q.entry) || !timeout || fatal_signal_pending(current))
			break;
		timeout = schedule_timeout(timeout);
	}
	__set_current_state(TASK_RUNNING);

	spin_lock(&hb->lock);
	woken = list_empty(&q.entry);
	list_del_init(&q.entry);
	spin_unlock(&hb->lock);
	if (woken)
		return 0;
	return fatal_signal_pending(current) ? -EINTR : -ETIMEDOUT;
}

long futex_wake(u32 __user *uaddr, int nr)
{
	struct futex_bucket *hb = hash_futex(current->mm, uaddr);
	struct futex_q *q, *next;
	int woken = 0;

	if ((unsigned long)uaddr & 3)
		return -EINVAL;
	spin_lock(&hb->lock);
	list_for_each_entry_safe(q, next, &hb->queue, entry) {
		if (woken >= nr)
			break;
		if (q->mm != current->mm || q->uaddr != uaddr)
			continue;
		list_del_init(&q->entry);
		/* The sleeper takes the lock before it leaves: q lives until we let go. */
		wake_up_process(q->task);
		woken++;
	}
	spin_unlock(&hb->lock);
	return woken;
}
