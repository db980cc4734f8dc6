// List walk: 4096 nodes in shuffled order on 64 KiB, each added up and stepped from. Measures loads
// that depend on each other where the TLB always hits. One operation is one node.

#include "runtime/bench.h"

#define NODES 4096

struct node {
  struct node *next;
  u64 value;
};

static struct node nodes[NODES];

static void setup(void) {
  static u16 order[NODES];
  u64 random = 7;
  for (u32 i = 0; i < NODES; i++) order[i] = i;
  // Sattolo's shuffle: one cycle through all the nodes.
  for (u32 i = NODES - 1; i > 0; i--) {
    u32 j = next_random(&random) % i;
    u16 other = order[i];
    order[i] = order[j];
    order[j] = other;
  }
  for (u32 i = 0; i < NODES; i++) {
    nodes[i].next = &nodes[order[i]];
    nodes[i].value = next_random(&random);
  }
}

static u64 run(u64 operations) {
  u64 sum = 0;
  const struct node *node = &nodes[0];
  while (operations--) {
    sum += node->value;
    node = node->next;
  }
  return mix(sum, node->value);
}

const struct bench bench = {"list", 1, setup, run};
