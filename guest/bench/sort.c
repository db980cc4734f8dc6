// Sort: fills 4096 words with random numbers and sorts them by quicksort with insertion sort for the
// short runs. Measures compares, branches and stores. One operation is one array sorted.

#include "runtime/bench.h"

#define WORDS 4096
#define SHORT_RUN 12

static u32 words[WORDS];

static void insertion_sort(u32 *first, u32 *last) {
  for (u32 *at = first + 1; at <= last; at++) {
    u32 value = *at, *hole = at;
    while (hole > first && hole[-1] > value) hole[0] = hole[-1], hole--;
    *hole = value;
  }
}

static void sort(u32 *first, u32 *last) {
  while (last - first > SHORT_RUN) {
    u32 pivot = first[(last - first) / 2];
    u32 *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) low++;
      while (*high > pivot) high--;
      if (low > high) break;
      u32 other = *low;
      *low++ = *high;
      *high-- = other;
    }
    // The smaller side by a call, so that the stack stays short.
    if (high - first < last - low) {
      sort(first, high);
      first = low;
    } else {
      sort(low, last);
      last = high;
    }
  }
  insertion_sort(first, last);
}

static void setup(void) {}

static u64 run(u64 operations) {
  u64 random = 99, sum = 0;
  while (operations--) {
    for (u32 i = 0; i < WORDS; i++) words[i] = next_random(&random);
    sort(words, words + WORDS - 1);
    for (u32 i = 0; i < WORDS; i++) sum = sum * 31 + words[i];
  }
  return sum;
}

const struct bench bench = {"sort", 1, setup, run};
