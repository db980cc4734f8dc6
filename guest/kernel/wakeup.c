/*
 * wakeup.c - waking tasks, choosing their CPU, and affinity. The locking rules
 * are at the top of sched.c.
 */
#include "printk.h"
#include "rq.h"
#include "sched.h"
#include "smp.h"

/* The last CPU if it is idle, else the least loaded one. Loads are hints; p->pi_lock is held. */
static unsigned int select_task_rq(const struct task_struct *p)
{
	unsigned int cpu, best = NR_CPUS, best_load = ~0U;

	if (cpumask_test_cpu(p->cpu, &p->cpus_mask)) {
		best = p->cpu;
		best_load = READ_ONCE(cpu_rq(best)->nr_running);
	}
	for_each_online_cpu(cpu) {
		unsigned int load = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (cpumask_test_cpu(cpu, &p->cpus_mask) && load < best_load) {
			best = cpu;
			best_load = load;
		}
	}
	BUG_ON(best == NR_CPUS);
	return best;
}

/* p->pi_lock held, interrupts off, p runnable and on no queue. */
static void activate_on_some_cpu(struct task_struct *p)
{
	struct rq *rq;

	WRITE_ONCE(p->cpu, select_task_rq(p));
	rq = cpu_rq(p->cpu);
	spin_lock(&rq->lock);
	enqueue_task(rq, p);
	spin_unlock(&rq->lock);
}

/* Returns 1 if p slept in one of the states and was woken. */
int wake_up_state(struct task_struct *p, unsigned int state)
{
	unsigned long flags;
	struct rq *rq;
	bool queued;

	spin_lock_irqsave(&p->pi_lock, flags);
	/* The barrier orders the caller's store to the wait condition before the look at the state. */
	smp_mb();
	rq = task_rq_lock(p);
	if (!(p->__state & state)) {
		spin_unlock(&rq->lock);
		spin_unlock_irqrestore(&p->pi_lock, flags);
		return 0;
	}
	WRITE_ONCE(p->__state, TASK_RUNNING);
	queued = p->on_rq;	/* it has not reached schedule() yet, and now will not sleep there */
	spin_unlock(&rq->lock);
	if (!queued)
		activate_on_some_cpu(p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
	return 1;
}

int wake_up_process(struct task_struct *p)
{
	return wake_up_state(p, TASK_NORMAL);
}

void wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->pi_lock, flags);
	WRITE_ONCE(p->__state, TASK_RUNNING);
	activate_on_some_cpu(p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

void push_task(struct task_struct *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->pi_lock, flags);
	activate_on_some_cpu(p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

struct rq *find_busiest_rq(const struct rq *rq)
{
	struct rq *busiest = NULL;
	unsigned int cpu, most = 1;

	for_each_online_cpu(cpu) {
		unsigned int load = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (cpu != rq->cpu && load > most) {
			busiest = cpu_rq(cpu);
			most = load;
		}
	}
	return busiest;
}

/* A try-lock, because two idle CPUs may look at each other's queues. */
bool pull_task(struct rq *rq)
{
	struct rq *src = find_busiest_rq(rq);
	struct task_struct *p;
	bool found = false;

	if (!src || !spin_trylock(&src->lock))
		return false;
	list_for_each_entry(p, &src->queue, run_list) {
		if (cpumask_test_cpu(rq->cpu, &p->cpus_mask)) {
			found = true;
			break;
		}
	}
	if (found) {
		dequeue_task(src, p);
		WRITE_ONCE(p->cpu, rq->cpu);
		list_add_tail(&p->run_list, &rq->queue);
		p->on_rq = true;
		rq->nr_running++;
	}
	spin_unlock(&src->lock);
	return found;
}

bool task_is_running(const struct task_struct *p)
{
	return READ_ONCE(cpu_rq(READ_ONCE(p->cpu))->curr) == p;
}

/* p runs on a CPU that it may not use any more: wait until the IPI has taken it off. */
static void wait_task_moved(struct task_struct *p)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(p->cpu);

		if (!task_is_running(p) || cpumask_test_cpu(cpu, &p->cpus_mask))
			return;
		yield();
	}
}

int set_cpus_allowed(struct task_struct *p, const cpumask_t *mask)
{
	unsigned long flags;
	bool running = false;
	struct rq *rq;

	if (!cpumask_intersects(mask, &cpu_online_mask))
		return -EINVAL;
	spin_lock_irqsave(&p->pi_lock, flags);
	rq = task_rq_lock(p);
	cpumask_copy(&p->cpus_mask, mask);
	if (p->on_rq && !cpumask_test_cpu(rq->cpu, mask)) {
		running = rq->curr == p;
		if (running) {
			resched_curr(rq->cpu);
		} else {
			dequeue_task(rq, p);
			spin_unlock(&rq->lock);
			activate_on_some_cpu(p);
			spin_unlock_irqrestore(&p->pi_lock, flags);
			return 0;
		}
	}
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&p->pi_lock, flags);
	if (running && p == current)
		schedule();	/* comes back on a CPU of the mask */
	else if (running)
		wait_task_moved(p);
	return 0;
}
