/*
 * rwsem.c - reader-writer semaphores. The lock is handed over: the releaser makes
 * the first waiter the owner and then wakes it, so that it is never seen free while
 * somebody waits, and nobody is overtaken. A waiter spins for as long as the owner
 * runs on some CPU, as Linux's do: the wait is short then.
 */
#include "printk.h"
#include "rq.h"
#include "sched.h"
#include "wait.h"

struct rwsem_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool writer;
	bool granted;
};

static void set_owner(struct lock_owner *owner, struct task_struct *p)
{
	WRITE_ONCE(owner->cpu, p ? READ_ONCE(p->cpu) : 0);
	WRITE_ONCE(owner->task, p);
}

/* Compares pointers only: the owner may be gone by now. Wrong answers cost time, nothing else. */
static bool owner_running(const struct lock_owner *owner)
{
	const struct task_struct *p = READ_ONCE(owner->task);

	return p && READ_ONCE(cpu_rq(READ_ONCE(owner->cpu))->curr) == p;
}

/*
 * The waiter's frame may go as soon as it sees `granted`, so the task is held
 * by a reference for the wake-up that follows. If the waiter did not sleep, that
 * wake-up may end a later sleep of it: every sleep is in a loop on its condition.
 */
static void grant(struct rwsem_waiter *w, struct lock_owner *owner)
{
	struct task_struct *p = w->task;

	list_del(&w->entry);
	get_task_struct(p);
	set_owner(owner, p);
	smp_store_release(&w->granted, true);
	wake_up_process(p);
	put_task_struct(p);
}

/* Queues the caller, gives up wait_lock, and returns when the lock is the caller's. */
static void wait_for_grant(struct rw_semaphore *sem, bool writer)
{
	struct rwsem_waiter w = { .task = current, .writer = writer };

	list_add_tail(&w.entry, &sem->wait_list);
	spin_unlock(&sem->wait_lock);
	while (owner_running(&sem->owner) && !need_resched()) {
		if (smp_load_acquire(&w.granted))
			return;
		cpu_relax();
	}
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (smp_load_acquire(&w.granted))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

void init_rwsem(struct rw_semaphore *sem)
{
	*sem = (struct rw_semaphore)__RWSEM_INITIALIZER(*sem);
}

static bool rwsem_compatible(const struct rw_semaphore *sem, bool writer)
{
	return writer ? sem->count == 0 : sem->count >= 0;
}

static void rwsem_take(struct rw_semaphore *sem, bool writer)
{
	sem->count = writer ? -1 : sem->count + 1;
}

/* wait_lock held. A waiter of either kind keeps newcomers out. */
static bool rwsem_try(struct rw_semaphore *sem, bool writer)
{
	if (!list_empty(&sem->wait_list) || !rwsem_compatible(sem, writer))
		return false;
	rwsem_take(sem, writer);
	set_owner(&sem->owner, current);
	return true;
}

static void rwsem_down(struct rw_semaphore *sem, bool writer)
{
	spin_lock(&sem->wait_lock);
	if (rwsem_try(sem, writer))
		spin_unlock(&sem->wait_lock);
	else
		wait_for_grant(sem, writer);
}

/*
 * wait_lock held on entry; `left` is what remains of the lock after the caller's
 * part. Grants to the first waiter, and if it reads, to all readers up to the next writer.
 */
static void rwsem_up(struct rw_semaphore *sem, int left)
{
	sem->count = left;
	if (!left)
		set_owner(&sem->owner, NULL);
	while (!list_empty(&sem->wait_list)) {
		struct rwsem_waiter *w = list_first_entry(&sem->wait_list, struct rwsem_waiter, entry);

		if (!rwsem_compatible(sem, w->writer))
			break;
		rwsem_take(sem, w->writer);
		grant(w, &sem->owner);
	}
	spin_unlock(&sem->wait_lock);
}

void down_read(struct rw_semaphore *sem) { rwsem_down(sem, false); }
void down_write(struct rw_semaphore *sem) { rwsem_down(sem, true); }

bool down_read_trylock(struct rw_semaphore *sem)
{
	bool got;

	spin_lock(&sem->wait_lock);
	got = rwsem_try(sem, false);
	spin_unlock(&sem->wait_lock);
	return got;
}

void up_read(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait_lock);
	BUG_ON(sem->count <= 0);
	rwsem_up(sem, sem->count - 1);
}

void up_write(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait_lock);
	BUG_ON(sem->count != -1);
	rwsem_up(sem, 0);
}
