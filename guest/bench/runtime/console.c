// COM1, polled, and the way out: QEMU's isa-debug-exit. Called by main.c, traps.c and smp.c.

#include "bench.h"

#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define TRANSMIT_EMPTY 0x20
#define DEBUG_EXIT 0xf4

static void put_char(char c) {
  while (!(inb(LINE_STATUS) & TRANSMIT_EMPTY)) pause();
  outb(COM1, c);
}

void put_string(const char *text) {
  while (*text) put_char(*text++);
}

void put_decimal(u64 value) {
  char digits[21];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do *--at = '0' + value % 10;
  while (value /= 10);
  put_string(at);
}

void put_hex(u64 value) {
  put_string("0x");
  for (int shift = 60; shift >= 0; shift -= 4) put_char("0123456789abcdef"[value >> shift & 15]);
}

void leave(u8 status) {
  outb(DEBUG_EXIT, status);
  for (;;) asm volatile("cli; hlt");
}
