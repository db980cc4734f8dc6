/* time.h - jiffies, the nanosecond clock and the delays that boot needs. */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include "compiler.h"

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL
#define MAX_SCHEDULE_TIMEOUT ((long)(~0UL >> 1))

struct timespec64 {
	s64 tv_sec;
	s64 tv_nsec;
};

/* Ticks since boot, advanced by the boot CPU; HZ of them a second (cmdline hz=, 100). */
extern volatile unsigned long jiffies;
extern unsigned int sysctl_hz;
#define HZ ((unsigned long)sysctl_hz)

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)

static inline unsigned long msecs_to_jiffies(unsigned long ms) { return (ms * HZ + 999) / 1000; }

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return ((u64)hi << 32) | lo;
}

extern u64 tsc_khz;

/* Nanoseconds since boot, from the TSC; any context, same on all CPUs. */
u64 sched_clock(void);
void udelay(unsigned long usec);

void time_init(void);		/* boot CPU: calibrates the TSC and the APIC timer against the PIT */
void tick_setup_cpu(void);	/* every CPU: starts its periodic tick */
void tick_handle(bool user);	/* the timer interrupt */

#endif
