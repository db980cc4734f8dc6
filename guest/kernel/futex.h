/* futex.h - fast user-space locking: sleep while a word has a value, wake the sleepers. */
#ifndef GUEST_FUTEX_H
#define GUEST_FUTEX_H

#include "compiler.h"

/* timeout in ticks. 0 when woken, -EAGAIN if *uaddr != val, -ETIMEDOUT, -EINTR, -EFAULT. */
long futex_wait(u32 __user *uaddr, u32 val, long timeout);
/* Wakes at most nr waiters of this mm and address, in order of arrival; returns how many. */
long futex_wake(u32 __user *uaddr, int nr);

void futex_init(void);

#endif
