// CR3 reload: every non-global translation is dropped, then four pages are read. What a full flush, or
// a context switch without PCIDs, costs. One operation is one reload.

#include "runtime/bench.h"

#define PAGES 4

static void setup(void) {
  for (u64 i = 0; i < PAGES; i++) {
    map_page(WINDOW + i * PAGE_SIZE, FRAMES + i * PAGE_SIZE, PTE_WRITE);
    store(WINDOW + i * PAGE_SIZE, i + 1);
  }
}

static u64 run(u64 operations) {
  u64 sum = 0, cr3 = read_cr3();
  while (operations--) {
    write_cr3(cr3);
    for (u64 i = 0; i < PAGES; i++) sum = mix(sum, load(WINDOW + i * PAGE_SIZE));
  }
  return sum;
}

const struct bench bench = {"cr3", 1, setup, run};
