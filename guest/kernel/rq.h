/* rq.h - the run queue, shared by sched.c, wakeup.c and timer.c only. */
#ifndef GUEST_RQ_H
#define GUEST_RQ_H

#include "sched.h"

struct rq {
	spinlock_t lock;		/* taken with interrupts off */
	unsigned int cpu;
	unsigned int nr_running;	/* queued and current, without idle; others read it as a hint */
	struct list_head queue;		/* runnable, but for curr; run from the head */
	struct task_struct *curr, *idle;
	struct mm_struct *prev_mm;	/* dropped once the switch away from it is done */
};

DECLARE_PER_CPU(struct rq, runqueues);

static inline struct rq *cpu_rq(unsigned int cpu)
{
	return per_cpu_ptr(&runqueues, cpu);
}

static inline struct rq *this_rq(void)
{
	return this_cpu_ptr(&runqueues);
}

/* sched.c. All with rq->lock held or taken, interrupts off. */
struct rq *task_rq_lock(struct task_struct *p);
void enqueue_task(struct rq *rq, struct task_struct *p);
void dequeue_task(struct rq *rq, struct task_struct *p);
void save_fsgs(struct task_struct *p);
void load_fsgs(const struct task_struct *p);

/* wakeup.c */
struct rq *find_busiest_rq(const struct rq *rq);	/* another CPU's queue with a task waiting, or NULL */
bool pull_task(struct rq *rq);		/* rq->lock held: moves a task of another CPU to rq's queue */
void push_task(struct task_struct *p);	/* p runs nowhere and may not run where it was */

/* timer.c */
void run_timers(void);

#endif
