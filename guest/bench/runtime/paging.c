// Page tables of the window: 4 KiB pages only, because what is measured is translation.

#include "bench.h"

extern u64 boot_pml4[512];

#define TABLES 0x2000000ul  // 32 MiB: tables are carved from here up to FRAMES

static u64 next_table = TABLES;

static u64 *table_below(u64 *entry) {
  if (!(*entry & PTE_PRESENT)) {
    u64 *table = (u64 *)next_table;
    next_table += PAGE_SIZE;
    for (int i = 0; i < 512; i++) table[i] = 0;
    *entry = (u64)table | PTE_PRESENT | PTE_WRITE | PTE_USER;
  }
  return (u64 *)(*entry & ~(PAGE_SIZE - 1));
}

u64 *pte_of(u64 va) {
  u64 *table = boot_pml4;
  for (int shift = 39; shift > 12; shift -= 9) table = table_below(&table[va >> shift & 511]);
  return &table[va >> 12 & 511];
}

void map_page(u64 va, u64 pa, u64 flags) { *pte_of(va) = pa | PTE_PRESENT | flags; }
