/*
 * locking.c - mutexes and reader-writer semaphores. Both hand the lock over: the
 * releaser makes the first waiter the owner and then wakes it, so a lock is never
 * seen free while somebody waits, and nobody is overtaken.
 */
#include "printk.h"
#include "sched.h"
#include "wait.h"

struct lock_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool writer;
	bool granted;
};

static void add_waiter(struct list_head *list, struct lock_waiter *w, bool writer)
{
	w->task = current;
	w->writer = writer;
	w->granted = false;
	list_add_tail(&w->entry, list);
}

/*
 * The waiter's frame may go as soon as it sees `granted`, so the task is held
 * by a reference for the wake-up that follows.
 */
static void grant(struct lock_waiter *w)
{
	struct task_struct *p = w->task;

	list_del(&w->entry);
	get_task_struct(p);
	smp_store_release(&w->granted, true);
	wake_up_process(p);
	put_task_struct(p);
}

static void wait_until_granted(struct lock_waiter *w)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (smp_load_acquire(&w->granted))
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
	return cmpxchg(&lock->owner, (struct task_struct *)NULL, current) == NULL;
}

void mutex_lock(struct mutex *lock)
{
	struct lock_waiter w;

	spin_lock(&lock->wait_lock);
	BUG_ON(lock->owner == current);
	if (mutex_trylock(lock)) {
		spin_unlock(&lock->wait_lock);
		return;
	}
	add_waiter(&lock->wait_list, &w, true);
	spin_unlock(&lock->wait_lock);
	wait_until_granted(&w);
}

void mutex_unlock(struct mutex *lock)
{
	BUG_ON(lock->owner != current);
	spin_lock(&lock->wait_lock);
	if (list_empty(&lock->wait_list)) {
		smp_store_release(&lock->owner, NULL);
	} else {
		struct lock_waiter *w = list_first_entry(&lock->wait_list, struct lock_waiter, entry);

		WRITE_ONCE(lock->owner, w->task);
		grant(w);
	}
	spin_unlock(&lock->wait_lock);
}

bool mutex_is_locked(const struct mutex *lock)
{
	return READ_ONCE(lock->owner) != NULL;
}

void init_rwsem(struct rw_semaphore *sem)
{
	*sem = (struct rw_semaphore)__RWSEM_INITIALIZER(*sem);
}

/* wait_lock held. A waiter of either kind keeps newcomers out. */
static bool rwsem_try(struct rw_semaphore *sem, bool writer)
{
	if (!list_empty(&sem->wait_list))
		return false;
	if (writer ? sem->count != 0 : sem->count < 0)
		return false;
	sem->count = writer ? -1 : sem->count + 1;
	return true;
}

/* wait_lock held: the first waiter, and if it reads, all readers up to the next writer. */
static void rwsem_grant_waiters(struct rw_semaphore *sem)
{
	while (!list_empty(&sem->wait_list)) {
		struct lock_waiter *w = list_first_entry(&sem->wait_list, struct lock_waiter, entry);

		if (w->writer ? sem->count != 0 : sem->count < 0)
			return;
		sem->count = w->writer ? -1 : sem->count + 1;
		grant(w);
	}
}

static void rwsem_down(struct rw_semaphore *sem, bool writer)
{
	struct lock_waiter w;

	spin_lock(&sem->wait_lock);
	if (rwsem_try(sem, writer)) {
		spin_unlock(&sem->wait_lock);
		return;
	}
	add_waiter(&sem->wait_list, &w, writer);
	spin_unlock(&sem->wait_lock);
	wait_until_granted(&w);
}

static bool rwsem_down_trylock(struct rw_semaphore *sem, bool writer)
{
	bool got;

	spin_lock(&sem->wait_lock);
	got = rwsem_try(sem, writer);
	spin_unlock(&sem->wait_lock);
	return got;
}

/* wait_lock held on entry; `left` is what remains of the lock after the caller's part. */
static void rwsem_up(struct rw_semaphore *sem, int left)
{
	sem->count = left;
	rwsem_grant_waiters(sem);
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
