/*
 * preempt.h - the per-CPU preemption count. The kernel itself is not preempted
 * (Linux's PREEMPT_NONE): user code is, on its way out of an interrupt, and
 * kernel code gives way in schedule() and cond_resched(). The count is how
 * schedule() catches a caller that holds a spin lock or is an interrupt.
 */
#ifndef GUEST_PREEMPT_H
#define GUEST_PREEMPT_H

#include "percpu.h"

DECLARE_PER_CPU(int, __preempt_count);
DECLARE_PER_CPU(u8, __need_resched);

#define HARDIRQ_OFFSET 0x10000

static inline int preempt_count(void) { return this_cpu_read(__preempt_count); }
static inline void preempt_disable(void) { this_cpu_inc(__preempt_count); barrier(); }
static inline void preempt_enable(void) { barrier(); this_cpu_dec(__preempt_count); }

static inline void irq_enter(void) { this_cpu_add(__preempt_count, HARDIRQ_OFFSET); }
static inline void irq_exit(void) { this_cpu_sub(__preempt_count, HARDIRQ_OFFSET); }
static inline bool in_interrupt(void) { return preempt_count() >= HARDIRQ_OFFSET; }
static inline bool in_atomic(void) { return preempt_count() != 0; }

static inline bool need_resched(void) { return this_cpu_read(__need_resched); }

#endif
