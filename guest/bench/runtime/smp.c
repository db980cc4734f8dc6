// Starts the application processors by INIT, SIPI, SIPI (SDM 3A 9.4.4.1). For images whose
// benchmark needs more than one CPU.

#include "bench.h"

#define TRAMPOLINE 0x8000
#define ICR_INIT 0x4500
#define ICR_STARTUP (0x4600 | TRAMPOLINE >> 12)

extern const u8 trampoline_start[], trampoline_end[];

void (*ap_work)(u32 cpu);

static u32 cpus_running = 1;

// A read of port 0x80 takes about a microsecond on a PC, which is what a delay is counted in here.
static void delay_microseconds(u32 count) {
  while (count--) inb(0x80);
}

void ap_main(u32 cpu) {
  load_idt();
  lapic_init();
  __atomic_add_fetch(&cpus_running, 1, __ATOMIC_SEQ_CST);
  ap_work(cpu);
}

void start_other_cpus(u32 total) {
  lapic_init();
  volatile u8 *target = (volatile u8 *)TRAMPOLINE;
  for (const u8 *from = trampoline_start; from < trampoline_end; from++) *target++ = *from;
  send_ipi_all_but_self(ICR_INIT);
  delay_microseconds(10000);
  send_ipi_all_but_self(ICR_STARTUP);
  delay_microseconds(200);
  send_ipi_all_but_self(ICR_STARTUP);
  while (__atomic_load_n(&cpus_running, __ATOMIC_SEQ_CST) != total) pause();
}
