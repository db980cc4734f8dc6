/* wait.h - wait queues and reader-writer semaphores: what sleeps. */
#ifndef GUEST_WAIT_H
#define GUEST_WAIT_H

#include "list.h"
#include "spinlock.h"

struct task_struct;

typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
} wait_queue_head_t;

struct wait_queue_entry {
	struct task_struct *task;
	struct list_head entry;
};

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { __SPIN_LOCK_UNLOCKED, LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)

void init_waitqueue_head(wait_queue_head_t *wq);
void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait, int state);
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait);
/* Wakes every waiter; each looks at its condition again. Any context. */
void wake_up(wait_queue_head_t *wq);

#define DEFINE_WAIT(name) \
	struct wait_queue_entry name = { .task = current, .entry = LIST_HEAD_INIT((name).entry) }

/*
 * The state is set before the condition is read, and a waker makes the
 * condition true before it looks at the state: no wake-up is lost.
 */
#define ___wait_event(wq, condition, st, expr) do {			\
	DEFINE_WAIT(wait__);						\
	for (;;) {							\
		prepare_to_wait(&(wq), &wait__, st);			\
		if (condition)						\
			break;						\
		expr;							\
	}								\
	finish_wait(&(wq), &wait__);					\
} while (0)

#define wait_event(wq, condition) do {					\
	if (!(condition))						\
		___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, schedule()); \
} while (0)

/* Returns the ticks left (at least 1 if the condition came true), or 0 after the timeout. */
#define wait_event_timeout(wq, condition, timeout) ({			\
	long left__ = (timeout);					\
	if (!(condition))						\
		___wait_event(wq, (condition) || !left__, TASK_UNINTERRUPTIBLE, \
			      left__ = schedule_timeout(left__));	\
	left__ ? left__ : ((condition) ? 1 : 0);			\
})

/* As wait_event, but a task that has been told to die returns -EINTR. */
#define wait_event_killable(wq, condition) ({				\
	int ret__ = 0;							\
	if (!(condition))						\
		___wait_event(wq, ({					\
			bool c__ = (condition);				\
			if (!c__ && fatal_signal_pending(current))	\
				ret__ = -EINTR;				\
			c__ || ret__; }), TASK_KILLABLE, schedule());	\
	ret__;								\
})

/* Who holds a lock and where it ran when it got it: what waiters need to know to spin. */
struct lock_owner {
	struct task_struct *task;
	unsigned int cpu;
};

/*
 * count > 0: that many readers; -1: a writer; 0: free. Waiters queue in order
 * of arrival, and a new reader does not overtake a waiting writer.
 */
struct rw_semaphore {
	spinlock_t wait_lock;
	int count;
	struct lock_owner owner;	/* the writer, or the last reader to come */
	struct list_head wait_list;
};

#define __RWSEM_INITIALIZER(name) { __SPIN_LOCK_UNLOCKED, 0, { NULL, 0 }, LIST_HEAD_INIT((name).wait_list) }

void init_rwsem(struct rw_semaphore *sem);
void down_read(struct rw_semaphore *sem);
bool down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);

#endif
