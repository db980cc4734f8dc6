/*
 * percpu.h - per-CPU variables. A variable lives in section .data..percpu, which
 * is a template; each CPU has a copy of it, and GS.base holds the distance from
 * the template to that copy. So `%gs:symbol` is this CPU's instance, in one
 * instruction that an interrupt or a migration cannot tear.
 */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

#include "compiler.h"
#include "memlayout.h"

#define DEFINE_PER_CPU(type, name) __section(".data..percpu") __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) DEFINE_PER_CPU(type, name) ____cacheline_aligned

extern unsigned long __per_cpu_offset[NR_CPUS];

DECLARE_PER_CPU(unsigned long, this_cpu_off);
DECLARE_PER_CPU(unsigned int, cpu_number);

#define this_cpu_read(var) ({						\
	__typeof__(var) v__;						\
	BUILD_BUG_ON(sizeof(var) != 1 && sizeof(var) != 2 && sizeof(var) != 4 && sizeof(var) != 8); \
	if (sizeof(var) == 1)						\
		__asm__ volatile("movb %%gs:%1, %b0" : "=q"(v__) : "m"(var)); \
	else if (sizeof(var) == 2)					\
		__asm__ volatile("movw %%gs:%1, %w0" : "=r"(v__) : "m"(var)); \
	else if (sizeof(var) == 4)					\
		__asm__ volatile("movl %%gs:%1, %k0" : "=r"(v__) : "m"(var)); \
	else								\
		__asm__ volatile("movq %%gs:%1, %q0" : "=r"(v__) : "m"(var)); \
	v__;								\
})

#define __this_cpu_op(op, var, val) do {				\
	BUILD_BUG_ON(sizeof(var) != 1 && sizeof(var) != 2 && sizeof(var) != 4 && sizeof(var) != 8); \
	__typeof__(var) w__ = (__typeof__(var))(val);			\
	if (sizeof(var) == 1)						\
		__asm__ volatile(op "b %b1, %%gs:%0" : "+m"(var) : "q"(w__) : "memory", "cc"); \
	else if (sizeof(var) == 2)					\
		__asm__ volatile(op "w %w1, %%gs:%0" : "+m"(var) : "r"(w__) : "memory", "cc"); \
	else if (sizeof(var) == 4)					\
		__asm__ volatile(op "l %k1, %%gs:%0" : "+m"(var) : "r"(w__) : "memory", "cc"); \
	else								\
		__asm__ volatile(op "q %q1, %%gs:%0" : "+m"(var) : "r"(w__) : "memory", "cc"); \
} while (0)

#define this_cpu_write(var, val) __this_cpu_op("mov", var, val)
#define this_cpu_add(var, val) __this_cpu_op("add", var, val)
#define this_cpu_sub(var, val) __this_cpu_op("sub", var, val)
#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_sub(var, 1)

/* Pointers: valid for as long as the caller stays on its CPU (preemption is off in the kernel). */
#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))((unsigned long)(ptr) + __per_cpu_offset[cpu]))
#define this_cpu_ptr(ptr) ((__typeof__(ptr))((unsigned long)(ptr) + this_cpu_read(this_cpu_off)))
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), cpu))

#define this_cpu_id() this_cpu_read(cpu_number)
#define smp_processor_id() this_cpu_id()

#endif
