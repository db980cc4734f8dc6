/* kthread.h - kernel threads. They have no mm and borrow the previous task's (lazy TLB). */
#ifndef GUEST_KTHREAD_H
#define GUEST_KTHREAD_H

#include "compiler.h"

struct task_struct;

/* Makes and wakes a thread that runs fn(arg); cpu >= 0 binds it. The thread ends when fn returns. */
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name, int cpu);

/* Makes pid 1, which runs fn, and enters user mode when fn returns. */
void user_mode_thread(void (*fn)(void *), const char *name);

#endif
