/*
 * console.c - the 16550 at COM1. Output polls the transmitter; input comes by
 * IRQ 4 through the I/O APIC into a ring that console_read() empties.
 */
#include "apic.h"
#include "console.h"
#include "processor.h"
#include "sched.h"
#include "uaccess.h"

#define COM1 0x3f8
#define UART_RX (COM1 + 0)
#define UART_TX (COM1 + 0)
#define UART_DLL (COM1 + 0)
#define UART_DLM (COM1 + 1)
#define UART_IER (COM1 + 1)
#define UART_FCR (COM1 + 2)
#define UART_LCR (COM1 + 3)
#define UART_MCR (COM1 + 4)
#define UART_LSR (COM1 + 5)
#define UART_LSR_DR 0x01
#define UART_LSR_THRE 0x20
#define COM1_IRQ 4

static DEFINE_SPINLOCK(console_lock);
static bool console_lock_broken;

#define RING_SIZE 1024
static DEFINE_SPINLOCK(ring_lock);
static char ring[RING_SIZE];
static unsigned int ring_head, ring_tail;	/* free-running; head - tail bytes are held */
static bool input_enabled;
static DECLARE_WAIT_QUEUE_HEAD(input_wait);

void console_init(void)
{
	outb(UART_IER, 0);
	outb(UART_LCR, 0x80);	/* DLAB: the next two are the divisor, 1 = 115200 baud */
	outb(UART_DLL, 1);
	outb(UART_DLM, 0);
	outb(UART_LCR, 0x03);	/* 8N1 */
	outb(UART_FCR, 0x07);	/* FIFOs on and empty */
	outb(UART_MCR, 0x0b);	/* DTR, RTS, OUT2: the interrupt line is driven */
}

static void uart_putc(char c)
{
	while (!(inb(UART_LSR) & UART_LSR_THRE))
		cpu_relax();
	outb(UART_TX, c);
}

void console_write(const char *s, size_t n)
{
	unsigned long flags;
	bool locked = !READ_ONCE(console_lock_broken);

	local_irq_save(flags);
	if (locked)
		spin_lock(&console_lock);
	for (; n; n--, s++) {
		if (*s == '\n')
			uart_putc('\r');
		uart_putc(*s);
	}
	if (locked)
		spin_unlock(&console_lock);
	local_irq_restore(flags);
}

void console_break_lock(void)
{
	WRITE_ONCE(console_lock_broken, true);
}

void console_enable_input(void)
{
	if (!ioapic_route_irq(COM1_IRQ, ISA_IRQ_VECTOR_BASE + COM1_IRQ))
		return;
	input_enabled = true;
	outb(UART_IER, 0x01);	/* received data available */
}

void console_interrupt(void)
{
	bool got = false;

	spin_lock(&ring_lock);
	while (inb(UART_LSR) & UART_LSR_DR) {
		char c = inb(UART_RX);

		if (ring_head - ring_tail < RING_SIZE)
			ring[ring_head++ % RING_SIZE] = c == '\r' ? '\n' : c;
		got = true;
	}
	spin_unlock(&ring_lock);
	if (got)
		wake_up(&input_wait);
}

static ssize_t ring_take(char *buf, size_t n)
{
	size_t i = 0;

	spin_lock_irq(&ring_lock);
	while (i < n && ring_head != ring_tail)
		buf[i++] = ring[ring_tail++ % RING_SIZE];
	spin_unlock_irq(&ring_lock);
	return i;
}

ssize_t console_read(char *buf, size_t n)
{
	ssize_t got = 0;
	int err;

	if (!input_enabled || !n)
		return 0;
	err = wait_event_killable(input_wait, (got = ring_take(buf, n)) != 0);
	return err ? err : got;
}
