/*
 * sched.c - per-CPU run queues, round-robin, and the switch from one task to the next.
 *
 * Locking. rq->lock is held across the switch: the previous task takes it in
 * schedule() and the next one releases it in finish_task_switch(). So whoever
 * holds the lock of a sleeping task's queue knows that the task is off its stack.
 * p->pi_lock is outside rq->lock and serialises wake-ups and affinity changes.
 * p->cpu changes under pi_lock while p is on no queue, and under the locks of both
 * queues when p is pulled. cpus_mask is written under both locks of p, so that
 * either suffices to read it.
 */
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "rq.h"
#include "sched.h"
#include "smp.h"

#define RR_TIMESLICE 2	/* ticks */

DEFINE_PER_CPU_ALIGNED(struct rq, runqueues);
DEFINE_PER_CPU(struct task_struct *, current_task);
DEFINE_PER_CPU(int, __preempt_count);
DEFINE_PER_CPU(u8, __need_resched);

struct task_struct *__switch_to_asm(struct task_struct *prev, unsigned long *prev_sp, unsigned long next_sp);

struct rq *task_rq_lock(struct task_struct *p)
{
	for (;;) {
		struct rq *rq = cpu_rq(READ_ONCE(p->cpu));

		spin_lock(&rq->lock);
		if (likely(rq == cpu_rq(READ_ONCE(p->cpu))))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void resched_curr(int cpu)
{
	/* Already set: whoever set it also sent the IPI, or is that CPU itself. */
	if (xchg(per_cpu_ptr(&__need_resched, cpu), 1))
		return;
	if (cpu != (int)this_cpu_id())
		smp_send_reschedule(cpu);
}

/* Kernel threads do work that others wait for: they go first, and before user tasks. */
void enqueue_task(struct rq *rq, struct task_struct *p)
{
	bool first = p->flags & PF_KTHREAD;

	if (first)
		list_add(&p->run_list, &rq->queue);
	else
		list_add_tail(&p->run_list, &rq->queue);
	p->on_rq = true;
	rq->nr_running++;
	if (rq->curr == rq->idle || (first && !(rq->curr->flags & PF_KTHREAD)))
		resched_curr(rq->cpu);
}

void dequeue_task(struct rq *rq, struct task_struct *p)
{
	list_del_init(&p->run_list);
	p->on_rq = false;
	rq->nr_running--;
}

static bool signal_pending_state(const struct task_struct *p)
{
	return (p->__state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) && fatal_signal_pending(p);
}

/* Decides what becomes of prev: asleep, sent away, or back in the queue. */
static void put_prev_task(struct rq *rq, struct task_struct *prev)
{
	if (prev == rq->idle)
		return;
	if (prev->__state != TASK_RUNNING && signal_pending_state(prev))
		prev->__state = TASK_RUNNING;
	if (prev->__state != TASK_RUNNING || !cpumask_test_cpu(rq->cpu, &prev->cpus_mask)) {
		prev->on_rq = false;
		rq->nr_running--;
		return;
	}
	list_add_tail(&prev->run_list, &rq->queue);
}

static struct task_struct *pick_next_task(struct rq *rq)
{
	struct task_struct *next;

	if (list_empty(&rq->queue) && !pull_task(rq))
		return rq->idle;
	next = list_first_entry(&rq->queue, struct task_struct, run_list);
	list_del_init(&next->run_list);
	next->slice = RR_TIMESLICE;
	return next;
}

static unsigned long rdfsbase(void)
{
	unsigned long v;

	__asm__ volatile("rdfsbase %0" : "=r"(v));
	return v;
}

/* The user's FS and GS bases. Without FSGSBASE ring 3 cannot change them behind our back. */
void save_fsgs(struct task_struct *p)
{
	if ((p->flags & PF_KTHREAD) || !boot_cpu_has(X86_FEATURE_FSGSBASE))
		return;
	p->thread.fsbase = rdfsbase();
	p->thread.gsbase = rdmsr(MSR_KERNEL_GS_BASE);
}

void load_fsgs(const struct task_struct *p)
{
	if (p->flags & PF_KTHREAD)
		return;
	wrmsr(MSR_FS_BASE, p->thread.fsbase);
	if (boot_cpu_has(X86_FEATURE_FSGSBASE))
		wrmsr(MSR_KERNEL_GS_BASE, p->thread.gsbase);
}

/* As Linux's context_switch(): a kernel thread borrows the mm that is loaded. */
static void switch_mm(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		enter_lazy_tlb(prev->active_mm, next);
		if (prev->mm)
			mmgrab(prev->active_mm);
		else
			prev->active_mm = NULL;
	} else {
		switch_mm_irqs_off(prev->active_mm, next->mm, next);
		if (!prev->mm) {
			rq->prev_mm = prev->active_mm;
			prev->active_mm = NULL;
		}
	}
}

/* Runs on the next task's stack: releases the lock that prev took. */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *mm = rq->prev_mm;
	bool dead = prev->__state == TASK_DEAD;
	bool sent_away = prev->__state == TASK_RUNNING && prev != rq->idle && !prev->on_rq;

	rq->prev_mm = NULL;
	spin_unlock_irq(&rq->lock);
	if (mm)
		mmdrop(mm);
	if (dead)
		put_task_struct(prev);
	if (sent_away)
		push_task(prev);
}

void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
}

void schedule(void)
{
	struct task_struct *prev = current, *next;
	struct rq *rq;

	if (unlikely(in_atomic()))
		panic("scheduling while atomic: %s[%d], count %x", prev->comm, prev->pid, preempt_count());
	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	/* Cleared under the lock: a wake-up that sets it again comes after this look at the queue. */
	this_cpu_write(__need_resched, 0);
	if (prev->__state == TASK_RUNNING)
		prev->nivcsw++;
	else
		prev->nvcsw++;
	put_prev_task(rq, prev);
	next = pick_next_task(rq);
	if (next == prev) {
		spin_unlock_irq(&rq->lock);
		return;
	}
	rq->curr = next;
	switch_mm(rq, prev, next);
	save_fsgs(prev);
	load_fsgs(next);
	load_sp0((unsigned long)next->stack + THREAD_SIZE);
	this_cpu_write(current_task, next);
	prev = __switch_to_asm(prev, &prev->thread.sp, next->thread.sp);
	finish_task_switch(prev);
}

void cond_resched(void)
{
	if (need_resched())
		schedule();
}

void yield(void)
{
	schedule();
}

void scheduler_tick(bool user)
{
	struct rq *rq = this_rq();
	struct task_struct *curr = rq->curr;

	run_timers();
	if (curr == rq->idle) {
		if (find_busiest_rq(rq))
			resched_curr(rq->cpu);
		return;
	}
	if (user)
		curr->utime++;
	else
		curr->stime++;
	task_tick_numa(curr);
	spin_lock(&rq->lock);
	if (curr->slice && --curr->slice == 0) {
		if (list_empty(&rq->queue))
			curr->slice = RR_TIMESLICE;
		else
			resched_curr(rq->cpu);
	}
	spin_unlock(&rq->lock);
}

void init_idle(struct task_struct *idle, int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	idle->flags = PF_KTHREAD | PF_IDLE;
	idle->cpu = cpu;
	idle->cpus_mask = cpumask_of(cpu);
	idle->active_mm = &init_mm;
	mmgrab(&init_mm);
	rq->idle = idle;
	rq->curr = idle;
	per_cpu(current_task, cpu) = idle;
}

extern char init_stack[];
static struct task_struct init_task = { .comm = "swapper", .stack = init_stack, .usage = ATOMIC_INIT(1) };

void sched_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_init(&rq->lock);
		INIT_LIST_HEAD(&rq->queue);
		rq->cpu = cpu;
	}
	init_idle(&init_task, 0);
}

void cpu_startup_entry(void)
{
	for (;;) {
		local_irq_disable();
		if (need_resched()) {
			local_irq_enable();
			schedule();
		} else {
			safe_halt();
		}
	}
}
