/*
 * locking.c - mutexes and reader-writer semaphores. Both hand the lock over: the
 * releaser makes the first waiter the owner and then wakes it, so a lock is never
 * seen free while somebody waits, and nobody is overtaken. A waiter spins for as
 * long as the owner runs on some CPU, as Linux's do: the wait is short then.
 */
#include "printk.h"
#include "rq.h"
#include "sched.h"
#include "wait.h"

struct lock_waiter {
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
static void grant(struct lock_waiter *w, struct lock_owner *owner)
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
static void wait_for_grant(struct list_head *list, spinlock_t *wait_lock, const struct lock_owner *owner,
			   bool writer)
{
	struct lock_waiter w = { .task = current, .writer = writer };

	list_add_tail(&w.entry, list);
	spin_unlock(wait_lock);
	while (owner_running(owner) && !need_resched()) {
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

void mutex_init(struct mutex *lock)
{
	*lock = (struct mutex)__MUTEX_INITIALIZER(*lock);
}

bool mutex_trylock(struct mutex *lock)
{
	bool got;

	spin_lock(&lock->wait_lock);
	got = !lock->owner.task;
	if (got)
		set_owner(&lock->owner, current);
	spin_unlock(&lock->wait_lock);
	return got;
}

void mutex_lock(struct mutex *lock)
{
	spin_lock(&lock->wait_lock);
	BUG_ON(lock->owner.task == current);
	if (lock->owner.task) {
		wait_for_grant(&lock->wait_list, &lock->wait_lock, &lock->owner, true);
		return;
	}
	set_owner(&lock->owner, current);
	spin_unlock(&lock->wait_lock);
}

void mutex_unlock(struct mutex *lock)
{
	struct lock_waiter *w;

	spin_lock(&lock->wait_lock);
	BUG_ON(lock->owner.task != current);
	w = list_first_entry_or_null(&lock->wait_list, struct lock_waiter, entry);
	if (w)
		grant(w, &lock->owner);
	else
		set_owner(&lock->owner, NULL);
	spin_unlock(&lock->wait_lock);
}

bool mutex_is_locked(const struct mutex *lock)
{
	return READ_ONCE(lock->owner.task) != NULL;
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
		wait_for_grant(&sem->wait_list, &sem->wait_lock, &sem->owner, writer);
}

static bool rwsem_down_trylock(struct rw_semaphore *sem, bool writer)
{
	bool got;

	spin_lock(&sem->wait_lock);
	got = rwsem_try(sem, writer);
	spin_unlock(&sem->wait_lock);
	return got;
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
		struct lock_waiter *w = list_first_entry(&sem->wait_list, struct lock_waiter, entry);

		if (!rwsem_compatible(sem, w->writer))
			break;
		rwsem_take(sem, w->writer);
		grant(w, &sem->owner);
	}
	spin_unlock(&sem->wait_lock);
}

void down_read(struct rw_semaphore *sem) { rwsem_down(sem, false); }
void down_write(struct rw_semaphore *sem) { rwsem_down(sem, true); }
bool down_read_trylock(struct rw_semaphore *sem) { return rwsem_down_trylock(sem, false); }
bool down_write_trylock(struct rw_semaphore *sem) { return rwsem_down_trylock(sem, true); }

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

void downgrade_write(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait_lock);
	BUG_ON(sem->count != -1);
	rwsem_up(sem, 1);
}

bool rwsem_is_locked(const struct rw_semaphore *sem)
{
	return READ_ONCE(sem->count) != 0;
}
