/* smp.h - bringing CPUs up, and running functions on other CPUs. */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include "cpumask.h"
#include "percpu.h"

typedef void (*smp_call_func_t)(void *info);
typedef bool (*smp_cond_func_t)(int cpu, void *info);

/*
 * Runs func(info) on every online CPU of mask but this one, with interrupts off
 * there, by IPI; not on CPUs for which cond, run here just before the IPI, is
 * false (cond may be NULL). With wait, returns when all have finished. The caller has
 * interrupts enabled, or two CPUs that call each other would wait for ever.
 */
void smp_call_function_many_cond(const cpumask_t *mask, smp_call_func_t func, void *info,
				 bool wait, smp_cond_func_t cond);
/* Includes this CPU, where func runs with interrupts off as well. */
void on_each_cpu_mask(const cpumask_t *mask, smp_call_func_t func, void *info, bool wait);
void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const cpumask_t *mask);
void on_each_cpu(smp_call_func_t func, void *info, bool wait);

/* Drains this CPU's call queue; the handler of CALL_FUNCTION_VECTOR. */
void generic_smp_call_function_interrupt(void);

void smp_send_reschedule(int cpu);

void setup_per_cpu_areas(void);	/* boot CPU, after the firmware tables are read */
void smp_init(void);		/* boot CPU: starts the others and waits for them */
void smp_send_stop(void);	/* panic: halts every other CPU */

#endif
