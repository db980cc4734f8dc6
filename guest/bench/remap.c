// Remap, INVLPG, load: a page-table entry changes to another frame, the old translation is dropped,
// the page is read again. What a flush of a single page costs the CPU that does it.

#include "runtime/bench.h"

#define PLACES 8

static u64 *pte;

static void setup(void) {
  for (u64 i = 0; i < PLACES; i++) store(FRAMES + i * PAGE_SIZE, i + 1);
  map_page(WINDOW, FRAMES, PTE_WRITE);
  pte = pte_of(WINDOW);
}

static u64 run(u64 operations) {
  u64 sum = 0;
  for (u64 i = 0; i < operations; i++) {
    *(volatile u64 *)pte = (FRAMES + i % PLACES * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
    invlpg(WINDOW);
    sum = mix(sum, load(WINDOW));
  }
  return sum;
}

const struct bench bench = {"remap", 1, setup, run};
