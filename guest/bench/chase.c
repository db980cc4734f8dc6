// Random page chase: every one of 65,536 4 KiB pages (256 MiB) holds the address of the next, in one
// random cycle. Each load is a TLB miss and a page walk. One operation is one load.

#include "runtime/bench.h"

#define PAGES 65536ul

static u32 next_page[PAGES];

// Where in its page a page's word is: spread, so that the words do not all fall into one cache set.
static u64 word_of(u64 page) { return WINDOW + page * PAGE_SIZE + (page * 64 & (PAGE_SIZE - 1)); }

static void setup(void) {
  u64 random = 5;
  for (u64 page = 0; page < PAGES; page++) {
    map_page(WINDOW + page * PAGE_SIZE, FRAMES + page * PAGE_SIZE, PTE_WRITE);
    next_page[page] = page;
  }
  // Sattolo's shuffle: one cycle through all the pages.
  for (u64 i = PAGES - 1; i > 0; i--) {
    u64 j = next_random(&random) % i;
    u32 other = next_page[i];
    next_page[i] = next_page[j];
    next_page[j] = other;
  }
  for (u64 page = 0; page < PAGES; page++) store(word_of(page), word_of(next_page[page]));
}

static u64 run(u64 operations) {
  u64 at = word_of(0);
  while (operations--) at = load(at);
  return mix(0, at);
}

const struct bench bench = {"chase", 1, setup, run};
