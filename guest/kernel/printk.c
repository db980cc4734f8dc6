/* printk.c - messages, stack traces, panics, and the end of the run. */
#include "acpi.h"
#include "console.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "smp.h"

#define ISA_DEBUG_EXIT_PORT 0xf4
#define PANIC_EXIT_VALUE 0x7f
#define QEMU_PM1A_CNT 0x604
#define SLP_EN_S5 0x2000

void vprintk(const char *fmt, va_list args)
{
	char buf[512];
	int n = vsnprintf(buf, sizeof(buf), fmt, args);

	console_write(buf, min(n, (int)sizeof(buf) - 1));
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

extern const char _text[], _etext[];

/*
 * No frame pointers are kept, so this shows every word on the stack that could
 * be a return address, newest first; build/guest/kernel.map names them.
 */
void dump_stack(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0);
	unsigned long base = (unsigned long)current->stack;
	unsigned long top = sp - base < THREAD_SIZE ? base + THREAD_SIZE : ALIGN(sp + 1, PAGE_SIZE);
	int shown = 0;

	printk("stack:");
	for (sp = ALIGN(sp, 8); sp < top && shown < 24; sp += 8) {
		unsigned long v = *(unsigned long *)sp;

		if (v >= (unsigned long)_text && v < (unsigned long)_etext) {
			printk(" %lx", v);
			shown++;
		}
	}
	printk("\n");
}

void machine_exit(int value)
{
	local_irq_disable();
	outl(ISA_DEBUG_EXIT_PORT, value);
	outw(acpi_pm1a_cnt ? acpi_pm1a_cnt : QEMU_PM1A_CNT, SLP_EN_S5);
	for (;;)
		__asm__ volatile("hlt");
}

static unsigned int panic_cpu_plus_one;

void panic(const char *fmt, ...)
{
	unsigned int me;
	va_list args;

	local_irq_disable();
	me = this_cpu_id() + 1;
	/* The first to come reports; a second CPU waits to be stopped, a nested panic goes on. */
	if (cmpxchg(&panic_cpu_plus_one, 0, me) != 0 && READ_ONCE(panic_cpu_plus_one) != me) {
		for (;;)
			__asm__ volatile("hlt");
	}
	console_break_lock();
	smp_send_stop();
	printk("panic: ");
	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	printk(" (cpu %u)\n", me - 1);
	dump_stack();
	machine_exit(PANIC_EXIT_VALUE);
}
