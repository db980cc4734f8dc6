// Shootdown of three CPUs that halt between interrupts. One operation is one shootdown of all three.

#include "runtime/shootdown.h"

static void halt(u32 cpu) {
  (void)cpu;
  for (;;) asm volatile("sti; hlt" : : : "memory");
}

static void setup(void) { shootdown_setup(halt); }

const struct bench bench = {"shootdown-halt", SHOOTDOWN_CPUS, setup, shootdown_run};
