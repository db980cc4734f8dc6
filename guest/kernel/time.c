/*
 * time.c - the TSC as clock, the local APIC as tick. The TSC's rate comes from
 * CPUID leaf 0x15 where it says, else from 10 ms of the PIT; the APIC timer's from the TSC.
 */
#include "apic.h"
#include "cmdline.h"
#include "percpu.h"
#include "preempt.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "time.h"

#define PIT_HZ 1193182
#define PIT_CH2 0x42
#define PIT_CMD 0x43
#define PORT_61 0x61
#define CALIBRATE_MS 10

volatile unsigned long jiffies;
unsigned int sysctl_hz = 100;
u64 tsc_khz;

static u64 tsc_base;
static u64 ns_per_cycle_32;	/* 32.32 fixed point: a multiplication where a division would be 128 bits wide */
static u32 apic_timer_period;	/* timer counts in one tick */
static u64 tsc_per_tick;
static DEFINE_PER_CPU(u64, next_deadline);

/* SDM 3B 20.7.3: TSC Hz = crystal Hz (ECX) * EBX / EAX. */
static u64 tsc_khz_from_cpuid(void)
{
	u32 r[4];

	cpuid_count(0, 0, r);
	if (r[0] < 0x15)
		return 0;
	cpuid_count(0x15, 0, r);
	return r[0] && r[1] && r[2] ? (u64)r[2] * r[1] / r[0] / 1000 : 0;
}

/* Channel 2, mode 0: OUT (port 0x61 bit 5) rises when the count ends. */
static u64 tsc_khz_from_pit(void)
{
	u32 count = PIT_HZ * CALIBRATE_MS / 1000;
	u64 start, spins = 0;

	outb(PORT_61, (inb(PORT_61) & ~0x02) | 0x01);
	outb(PIT_CMD, 0xb0);
	outb(PIT_CH2, count & 0xff);
	outb(PIT_CH2, count >> 8);
	start = rdtsc();
	while (!(inb(PORT_61) & 0x20)) {
		if (++spins == 100000000)
			panic("time: PIT channel 2 does not count");
	}
	return (rdtsc() - start) / CALIBRATE_MS;
}

u64 sched_clock(void)
{
	return (u64)((unsigned __int128)(rdtsc() - tsc_base) * ns_per_cycle_32 >> 32);
}

void udelay(unsigned long usec)
{
	u64 end = rdtsc() + usec * tsc_khz / 1000;

	while (rdtsc() < end)
		cpu_relax();
}

void time_init(void)
{
	u64 hz = cmdline_option_u64("hz", sysctl_hz);

	if (hz < 10 || hz > 10000)
		panic("time: hz=%lu is not in 10..10000", hz);
	sysctl_hz = hz;
	tsc_khz = tsc_khz_from_cpuid();
	if (!tsc_khz)
		tsc_khz = tsc_khz_from_pit();
	ns_per_cycle_32 = (1000000UL << 32) / tsc_khz;
	tsc_base = rdtsc();
	tsc_per_tick = tsc_khz * 1000 / hz;
	if (!boot_cpu_has(X86_FEATURE_TSC_DEADLINE)) {
		apic_write(APIC_TDCR, APIC_TDR_DIV_16);
		apic_write(APIC_TMICT, 0xffffffff);
		udelay(CALIBRATE_MS * 1000);
		apic_timer_period = (u64)(0xffffffff - apic_read(APIC_TMCCT)) * 1000 / CALIBRATE_MS / hz;
		apic_write(APIC_TMICT, 0);
		if (!apic_timer_period)
			panic("time: the APIC timer does not count");
	}
}

void tick_setup_cpu(void)
{
	if (boot_cpu_has(X86_FEATURE_TSC_DEADLINE)) {
		apic_write(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | LOCAL_TIMER_VECTOR);
		/* The mode change must be seen before the first deadline (SDM 3A 11.5.4.1). */
		__asm__ volatile("mfence" ::: "memory");
		this_cpu_write(next_deadline, rdtsc() + tsc_per_tick);
		wrmsr(MSR_IA32_TSC_DEADLINE, this_cpu_read(next_deadline));
	} else {
		apic_write(APIC_TDCR, APIC_TDR_DIV_16);
		apic_write(APIC_LVTT, APIC_LVT_TIMER_PERIODIC | LOCAL_TIMER_VECTOR);
		apic_write(APIC_TMICT, apic_timer_period);
	}
}

/* Deadlines keep to the grid of ticks; those that have passed already are left out. */
static void rearm_deadline(void)
{
	u64 now = rdtsc(), next = this_cpu_read(next_deadline) + tsc_per_tick;

	if (next <= now)
		next += (now - next) / tsc_per_tick * tsc_per_tick + tsc_per_tick;
	this_cpu_write(next_deadline, next);
	wrmsr(MSR_IA32_TSC_DEADLINE, next);
}

void tick_handle(bool user)
{
	if (boot_cpu_has(X86_FEATURE_TSC_DEADLINE))
		rearm_deadline();
	if (this_cpu_id() == 0)
		jiffies++;
	scheduler_tick(user);
}
