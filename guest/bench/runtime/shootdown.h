// The shootdown that the two benchmarks of it share (shootdown-halt.c, shootdown-compute.c): one page
// is given another frame, and three other CPUs have to drop the old translation and say so.

#pragma once

#include "bench.h"

#define SHOOTDOWN_CPUS 4

void shootdown_setup(void (*target_work)(u32 cpu));
u64 shootdown_run(u64 operations);
