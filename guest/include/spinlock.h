/*
 * spinlock.h - ticket spin locks. Fair, so that a schedule explorer never sees
 * one CPU starve another. A lock that an interrupt handler takes must be taken
 * with the _irqsave or _irq form everywhere. Holding one forbids schedule().
 */
#ifndef GUEST_SPINLOCK_H
#define GUEST_SPINLOCK_H

#include "atomic.h"
#include "irqflags.h"
#include "preempt.h"
#include "printk.h"

typedef struct {
	u16 owner;	/* the ticket that holds the lock */
	u16 next;	/* the ticket that the next comer draws */
} __aligned(4) spinlock_t;	/* spin_trylock() takes both in one access */

#define __SPIN_LOCK_UNLOCKED { 0, 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED

static inline void spin_lock_init(spinlock_t *lock)
{
	*lock = (spinlock_t)__SPIN_LOCK_UNLOCKED;
}

static inline void spin_lock(spinlock_t *lock)
{
	u16 ticket;

	preempt_disable();
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);
	while (smp_load_acquire(&lock->owner) != ticket)
		cpu_relax();
}

static inline bool spin_trylock(spinlock_t *lock)
{
	u32 *word = (u32 *)lock;
	u32 old = READ_ONCE(*word);

	preempt_disable();
	if ((u16)old == (u16)(old >> 16) && try_cmpxchg(word, &old, old + 0x10000))
		return true;
	preempt_enable();
	return false;
}

/* Only the owner writes `owner`, so a plain store releases. */
static inline void spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->owner, (u16)(lock->owner + 1));
	preempt_enable();
}

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->owner) != READ_ONCE(lock->next);
}

#define spin_lock_irqsave(lock, flags) do { local_irq_save(flags); spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags) do { spin_unlock(lock); local_irq_restore(flags); } while (0)

static inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#define assert_spin_locked(lock) BUG_ON(!spin_is_locked(lock))

#endif
