/* console.h - COM1: output for printk and write(2), input for read(2). */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include "compiler.h"

void console_init(void);		/* first thing at boot; output works from here on */
void console_write(const char *s, size_t n);	/* any context; whole calls do not interleave */
void console_enable_input(void);	/* once interrupts work; routes COM1's IRQ */
void console_interrupt(void);
/* Sleeps for at least one byte; 0 if input cannot come, -EINTR if the task is to die. */
ssize_t console_read(char *buf, size_t n);

/* Panic: take the console whatever the state of its lock. */
void console_break_lock(void);

#endif
