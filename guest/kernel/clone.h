/* clone.h - Linux's clone flags, and what fork.c and exit.c share. */
#ifndef GUEST_CLONE_H
#define GUEST_CLONE_H

#include "sched.h"

#define CSIGNAL 0xff			/* the signal at exit; only SIGCHLD's effect on wait4 exists */
#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_THREAD 0x10000
#define CLONE_SYSVSEM 0x40000
#define CLONE_SETTLS 0x80000
#define CLONE_PARENT_SETTID 0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define CLONE_DETACHED 0x400000		/* means nothing, and old thread libraries set it */
#define CLONE_CHILD_SETTID 0x1000000

/* There are no files, working directories or semaphores: sharing them is trivially true. */
#define CLONE_SUPPORTED (CSIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
			 CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | \
			 CLONE_DETACHED | CLONE_CHILD_SETTID)

/* The list of tasks, families (parent, children, sibling) and zombies. Innermost, process context. */
extern spinlock_t tasklist_lock;

void attach_pid(struct task_struct *p);
void detach_pid(struct task_struct *p);
struct signal_struct *alloc_signal(struct signal_struct *parent);
void put_signal_struct(struct signal_struct *sig);

#endif
