/*
 * main.c - the boot of the kernel, in order. head.S calls start_kernel() on the
 * boot page tables with interrupts off; what it builds, init finishes.
 */
#include "acpi.h"
#include "alternative.h"
#include "apic.h"
#include "cmdline.h"
#include "console.h"
#include "futex.h"
#include "kthread.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "setup.h"
#include "smp.h"

/* Pid 1, as a kernel thread on the boot CPU: the rest of boot, which may sleep; then init itself. */
static void kernel_init(void *unused)
{
	char name[32] = "hello";

	(void)unused;
	smp_init();
	console_enable_input();
	mm_init_late();
	cmdline_find_option("init", name, sizeof(name));
	kernel_execve(name, cmdline_init_args());
}

void start_kernel(u32 magic, u32 info) __noreturn;

void start_kernel(u32 magic, u32 info)
{
	console_init();
	trap_init();
	load_idt();		/* a fault from here on is reported */
	parse_boot_info(magic, info);
	printk("cmdline: %s\n", boot_command_line);
	identify_boot_cpu();
	apply_alternatives();
	acpi_boot_init(boot_rsdp);
	setup_per_cpu_areas();
	setup_memory();
	sched_init();
	cpu_init();
	mm_init_early();	/* the final page tables, and the allocator */
	pic_mask_all();
	apic_map();
	apic_setup_cpu();
	time_init();
	futex_init();
	tick_setup_cpu();
	printk("cpu: %s, %s, TSC %lu kHz, hz=%u\n", boot_cpu_has(X86_FEATURE_X2APIC) ? "x2APIC" : "xAPIC",
	       boot_cpu_has(X86_FEATURE_TSC_DEADLINE) ? "TSC deadline" : "APIC timer", tsc_khz, sysctl_hz);
	user_mode_thread(kernel_init, "init");	/* runs when this CPU goes idle */
	cpu_startup_entry();
}
