// Shootdown of three CPUs that compute all the time and never yield. One operation is one shootdown
// of all three.

#include "runtime/shootdown.h"

static void compute(u32 cpu) {
  static u64 results[SHOOTDOWN_CPUS][8];
  u64 random = cpu + 1;
  asm volatile("sti" : : : "memory");
  for (;;) *(volatile u64 *)results[cpu] = next_random(&random);
}

static void setup(void) { shootdown_setup(compute); }

const struct bench bench = {"shootdown-compute", SHOOTDOWN_CPUS, setup, shootdown_run};
