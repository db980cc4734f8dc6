// Integer mix: shifts, a multiply, table loads and stores, a branch that cannot be predicted and now
// and then a division. Measures plain execution; no address translation beyond one page of data.

#include "runtime/bench.h"

static u64 table[256];

static void setup(void) {
  u64 random = 1;
  for (int i = 0; i < 256; i++) table[i] = next_random(&random);
}

static u64 run(u64 operations) {
  u64 random = 88172645463325252ul, a = 1, b = 2, c = 3;
  for (u64 i = 0; i < operations; i++) {
    u64 x = next_random(&random);
    a += table[x & 255];
    b ^= a << (x & 31);
    if (a & 4)
      b += x >> 3;
    else
      b -= a;
    c = c * 31 + b;
    table[x >> 8 & 255] = c;
    if ((i & 15) == 0) a ^= c / (x >> 40 | 1);
  }
  return mix(mix(a, b), c);
}

const struct bench bench = {"mix", 1, setup, run};
