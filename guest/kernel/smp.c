/* smp.c - per-CPU areas, and the start of the application processors (SDM 3A 9.4.4). */
#include "acpi.h"
#include "apic.h"
#include "bootmem.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "setup.h"
#include "smp.h"
#include "string.h"

cpumask_t cpu_possible_mask = { { 1 } };
cpumask_t cpu_online_mask = { { 1 } };
unsigned int nr_cpu_ids = 1;
unsigned long __per_cpu_offset[NR_CPUS];

DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(unsigned int, cpu_number);

extern char __per_cpu_start[], __per_cpu_end[];
extern const char trampoline_start[], trampoline_end[];
extern u64 secondary_efer, secondary_cr3, secondary_gs_base, secondary_stack;

/* CPU 0 is the one that boots; the others keep the order of the MADT. */
static void number_cpus(void)
{
	u32 r[4], boot_id;
	unsigned int i;

	cpuid_count(1, 0, r);
	boot_id = r[1] >> 24;	/* the APIC itself is not mapped yet */
	cpu_to_apicid[0] = boot_id;
	for (i = 0; i < acpi_nr_cpus; i++) {
		if (acpi_apic_ids[i] == boot_id || nr_cpu_ids == NR_CPUS)
			continue;
		cpu_to_apicid[nr_cpu_ids] = acpi_apic_ids[i];
		__cpumask_set_cpu(nr_cpu_ids++, &cpu_possible_mask);
	}
}

void setup_per_cpu_areas(void)
{
	size_t size = __per_cpu_end - __per_cpu_start;
	unsigned int cpu;

	number_cpus();
	for_each_possible_cpu(cpu) {
		char *area = early_alloc(size);

		memcpy(area, __per_cpu_start, size);
		__per_cpu_offset[cpu] = area - __per_cpu_start;
		per_cpu(this_cpu_off, cpu) = __per_cpu_offset[cpu];
		per_cpu(cpu_number, cpu) = cpu;
	}
	wrmsr(MSR_GS_BASE, __per_cpu_offset[0]);
}

void start_secondary(void);

/* The first C code of an application processor, on its idle task's stack. */
void start_secondary(void)
{
	cpu_init();
	initialize_tlbstate_and_flush();
	apic_setup_cpu();
	tick_setup_cpu();
	cpumask_set_cpu(this_cpu_id(), &cpu_online_mask);
	cpu_startup_entry();
}

static bool wait_online(unsigned int cpu, unsigned long usec)
{
	u64 end = sched_clock() + usec * NSEC_PER_USEC;

	while (!cpumask_test_cpu(cpu, &cpu_online_mask)) {
		if (sched_clock() > end)
			return false;
		cpu_relax();
	}
	return true;
}

static void cpu_up(unsigned int cpu)
{
	struct task_struct *idle = alloc_task("swapper");
	u32 sipi = APIC_DM_STARTUP | TRAMPOLINE_PHYS >> PAGE_SHIFT;

	init_idle(idle, cpu);
	secondary_gs_base = __per_cpu_offset[cpu];
	secondary_stack = (u64)idle->stack + THREAD_SIZE;
	apic_icr_write(cpu_to_apicid[cpu], sipi);
	/* The second startup IPI is for a CPU that missed the first; one that runs ignores it. */
	if (!wait_online(cpu, 200))
		apic_icr_write(cpu_to_apicid[cpu], sipi);
	if (!wait_online(cpu, 5000000))
		panic("smp: cpu %u (APIC id %u) does not start", cpu, cpu_to_apicid[cpu]);
}

void smp_init(void)
{
	unsigned int cpu;

	if (nr_cpu_ids == 1)
		return;
	memcpy(__va(TRAMPOLINE_PHYS), trampoline_start, trampoline_end - trampoline_start);
	secondary_efer = rdmsr(MSR_EFER);
	secondary_cr3 = __pa(init_mm.pgd);
	for (cpu = 1; cpu < nr_cpu_ids; cpu++)
		apic_icr_write(cpu_to_apicid[cpu], APIC_DM_INIT | APIC_INT_ASSERT);
	udelay(10000);
	for (cpu = 1; cpu < nr_cpu_ids; cpu++)
		cpu_up(cpu);
	printk("smp: %u CPUs online\n", cpumask_weight(&cpu_online_mask));
}
