/*
 * smpcall.c - functions on other CPUs, in the shape of Linux's kernel/smp.c: each
 * CPU has a lock-free queue of call_single_data; the first to put something into
 * an empty queue sends the IPI; the acknowledgement is the release of the csd.
 */
#include "apic.h"
#include "list.h"
#include "printk.h"
#include "sched.h"
#include "smp.h"

#define CSD_FLAG_LOCK 1u

struct call_single_data {
	struct llist_node llist;
	unsigned int flags;
	bool wait;
	smp_call_func_t func;
	void *info;
};

/* A sender has one csd for each target, so that its calls to different CPUs never wait for each other. */
static DEFINE_PER_CPU_ALIGNED(struct call_single_data, csd_data[NR_CPUS]);
static DEFINE_PER_CPU_ALIGNED(struct llist_head, call_single_queue);

static void csd_lock_wait(struct call_single_data *csd)
{
	while (smp_load_acquire(&csd->flags) & CSD_FLAG_LOCK)
		cpu_relax();
}

/* A csd may still be on its way from an earlier call that did not wait. */
static void csd_lock(struct call_single_data *csd)
{
	csd_lock_wait(csd);
	csd->flags = CSD_FLAG_LOCK;
	/* The lock is visible before func and info change: smp_wmb() on x86 is the compiler's. */
	smp_wmb();
}

static void csd_unlock(struct call_single_data *csd)
{
	smp_store_release(&csd->flags, 0);
}

void generic_smp_call_function_interrupt(void)
{
	struct llist_node *node = llist_del_all(this_cpu_ptr(&call_single_queue));

	node = llist_reverse_order(node);
	while (node) {
		struct call_single_data *csd = llist_entry(node, struct call_single_data, llist);
		smp_call_func_t func = csd->func;
		void *info = csd->info;

		/* After the unlock the csd is the sender's again. */
		node = node->next;
		if (csd->wait) {
			func(info);
			csd_unlock(csd);
		} else {
			csd_unlock(csd);
			func(info);
		}
	}
}

void smp_call_function_many_cond(const cpumask_t *mask, smp_call_func_t func, void *info,
				 bool wait, smp_cond_func_t cond)
{
	cpumask_t targets, called = CPU_MASK_NONE, ipi = CPU_MASK_NONE;
	struct call_single_data *data;
	unsigned int cpu;

	WARN_ON_ONCE(irqs_disabled());
	preempt_disable();
	data = *this_cpu_ptr(&csd_data);
	cpumask_and(&targets, mask, &cpu_online_mask);
	__cpumask_clear_cpu(this_cpu_id(), &targets);

	for_each_cpu(cpu, &targets) {
		struct call_single_data *csd = &data[cpu];

		if (cond && !cond(cpu, info))
			continue;
		csd_lock(csd);
		csd->wait = wait;
		csd->func = func;
		csd->info = info;
		__cpumask_set_cpu(cpu, &called);
		if (llist_add(&csd->llist, per_cpu_ptr(&call_single_queue, cpu)))
			__cpumask_set_cpu(cpu, &ipi);
	}
	apic_send_IPI_mask(&ipi, CALL_FUNCTION_VECTOR);
	if (wait) {
		for_each_cpu(cpu, &called)
			csd_lock_wait(&data[cpu]);
	}
	preempt_enable();
}

/* The others are called, and waited for, before this CPU does its own share. */
void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const cpumask_t *mask)
{
	unsigned long flags;

	preempt_disable();
	smp_call_function_many_cond(mask, func, info, wait, cond);
	if (cpumask_test_cpu(this_cpu_id(), mask) && (!cond || cond(this_cpu_id(), info))) {
		local_irq_save(flags);
		func(info);
		local_irq_restore(flags);
	}
	preempt_enable();
}

void on_each_cpu_mask(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, mask);
}

void on_each_cpu(smp_call_func_t func, void *info, bool wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, &cpu_online_mask);
}

void smp_send_reschedule(int cpu)
{
	apic_send_IPI(cpu, RESCHEDULE_VECTOR);
}

void smp_send_stop(void)
{
	cpumask_t others = cpu_online_mask;

	__cpumask_clear_cpu(this_cpu_id(), &others);
	apic_send_IPI_mask(&others, REBOOT_VECTOR);
}
