/* cpumask.h - sets of CPUs. NR_CPUS is 64, so a set is one word and every operation one instruction. */
#ifndef GUEST_CPUMASK_H
#define GUEST_CPUMASK_H

#include "bitops.h"
#include "memlayout.h"

static_assert(NR_CPUS <= BITS_PER_LONG, "cpumask_t is one word");

typedef struct cpumask {
	unsigned long bits[1];
} cpumask_t;

#define CPU_MASK_NONE ((cpumask_t){ { 0 } })
#define CPU_MASK_ALL ((cpumask_t){ { ~0UL } })

/* CPUs found in the firmware tables (fixed after boot), and those that run the scheduler. */
extern cpumask_t cpu_possible_mask;
extern cpumask_t cpu_online_mask;
extern unsigned int nr_cpu_ids;

static inline void cpumask_set_cpu(unsigned int cpu, cpumask_t *m) { set_bit(cpu, m->bits); }
static inline void cpumask_clear_cpu(unsigned int cpu, cpumask_t *m) { clear_bit(cpu, m->bits); }
static inline void __cpumask_set_cpu(unsigned int cpu, cpumask_t *m) { __set_bit(cpu, m->bits); }
static inline void __cpumask_clear_cpu(unsigned int cpu, cpumask_t *m) { __clear_bit(cpu, m->bits); }
static inline bool cpumask_test_cpu(unsigned int cpu, const cpumask_t *m) { return test_bit(cpu, (const volatile unsigned long *)m->bits); }
static inline bool cpumask_test_and_set_cpu(unsigned int cpu, cpumask_t *m) { return test_and_set_bit(cpu, m->bits); }
static inline bool cpumask_test_and_clear_cpu(unsigned int cpu, cpumask_t *m) { return test_and_clear_bit(cpu, m->bits); }

static inline unsigned long cpumask_bits(const cpumask_t *m) { return READ_ONCE(m->bits[0]); }
static inline void cpumask_clear(cpumask_t *m) { WRITE_ONCE(m->bits[0], 0); }
static inline void cpumask_copy(cpumask_t *d, const cpumask_t *s) { WRITE_ONCE(d->bits[0], cpumask_bits(s)); }
static inline bool cpumask_empty(const cpumask_t *m) { return cpumask_bits(m) == 0; }
static inline unsigned int cpumask_weight(const cpumask_t *m) { return hweight64(cpumask_bits(m)); }
static inline bool cpumask_equal(const cpumask_t *a, const cpumask_t *b) { return cpumask_bits(a) == cpumask_bits(b); }
static inline bool cpumask_intersects(const cpumask_t *a, const cpumask_t *b) { return cpumask_bits(a) & cpumask_bits(b); }
static inline bool cpumask_subset(const cpumask_t *a, const cpumask_t *b) { return !(cpumask_bits(a) & ~cpumask_bits(b)); }

static inline void cpumask_and(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
	d->bits[0] = cpumask_bits(a) & cpumask_bits(b);
}

static inline void cpumask_or(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
	d->bits[0] = cpumask_bits(a) | cpumask_bits(b);
}

static inline void cpumask_andnot(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
	d->bits[0] = cpumask_bits(a) & ~cpumask_bits(b);
}

/* The first member above n, or NR_CPUS. */
static inline unsigned int cpumask_next(int n, const cpumask_t *m)
{
	unsigned long w = n >= NR_CPUS - 1 ? 0 : cpumask_bits(m) & (~0UL << (n + 1));

	return w ? __ffs(w) : NR_CPUS;
}

static inline unsigned int cpumask_first(const cpumask_t *m)
{
	return cpumask_next(-1, m);
}

static inline cpumask_t cpumask_of(unsigned int cpu)
{
	return (cpumask_t){ { BIT(cpu) } };
}

/* Members may change during the walk: each step looks at the mask again. */
#define for_each_cpu(cpu, mask) \
	for ((cpu) = cpumask_first(mask); (cpu) < NR_CPUS; (cpu) = cpumask_next((cpu), mask))
#define for_each_online_cpu(cpu) for_each_cpu(cpu, &cpu_online_mask)
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, &cpu_possible_mask)

#endif
