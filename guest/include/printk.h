/* printk.h - messages, panics and assertions. Safe in every context, interrupts included. */
#ifndef GUEST_PRINTK_H
#define GUEST_PRINTK_H

#include "compiler.h"

/*
 * Conversions: %d %i %u %x %X %c %s %p %% with the flags 0, - and #, a width, a
 * precision for %s, and the lengths h, hh, l, ll and z. Anything else is printed as it stands.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list args);

/* Prints `panic: ...` and a stack trace, and leaves the machine with the value 0x7f. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
void dump_stack(void);

/* Ends the run: isa-debug-exit with `value`, then ACPI power-off, then halts. */
void machine_exit(int value) __noreturn;

#define pr_info(fmt, ...) printk(fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk("warning: " fmt, ##__VA_ARGS__)

#define BUG() panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(cond) do { if (unlikely(cond)) panic("BUG_ON(%s) at %s:%d", #cond, __FILE__, __LINE__); } while (0)

#define WARN_ON_ONCE(cond) ({						\
	static bool warned__;						\
	bool c__ = !!(cond);						\
	if (unlikely(c__) && !__atomic_exchange_n(&warned__, true, __ATOMIC_RELAXED)) { \
		printk("WARN_ON(%s) at %s:%d\n", #cond, __FILE__, __LINE__); \
		dump_stack();						\
	}								\
	c__;								\
})

#endif
