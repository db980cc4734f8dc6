// Page-fault round trip: a load from a page that is not present, a handler that sets the entry present
// and returns, the load again. Pages are taken away again, and all of them flushed, once in 512 faults.

#include "runtime/bench.h"

#define PAGES 512ul

void page_fault_entry(void);

static u64 *ptes;

static void setup(void) {
  for (u64 i = 0; i < PAGES; i++) {
    store(FRAMES + i * PAGE_SIZE, i + 1);
    map_page(WINDOW + i * PAGE_SIZE, FRAMES + i * PAGE_SIZE, PTE_WRITE);
  }
  ptes = pte_of(WINDOW);
  set_gate(14, page_fault_entry);
}

// From page_fault_entry. `va` is CR2.
void handle_page_fault(u64 va, u64 error) {
  if (error != 0) leave(3);
  ptes[(va - WINDOW) / PAGE_SIZE] |= PTE_PRESENT;
}

asm(".text\n"
    ".globl page_fault_entry\n"
    "page_fault_entry:\n"
    "   pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi; pushq %rdi\n"
    "   pushq %r8; pushq %r9; pushq %r10; pushq %r11\n"
    "   movq %cr2, %rdi\n"
    "   movq 72(%rsp), %rsi\n"
    "   cld\n"
    "   call handle_page_fault\n"
    "   popq %r11; popq %r10; popq %r9; popq %r8\n"
    "   popq %rdi; popq %rsi; popq %rdx; popq %rcx; popq %rax\n"
    "   addq $8, %rsp\n"
    "   iretq\n");

static u64 run(u64 operations) {
  u64 sum = 0;
  while (operations) {
    for (u64 i = 0; i < PAGES; i++) ptes[i] &= ~PTE_PRESENT;
    write_cr3(read_cr3());
    u64 pass = operations < PAGES ? operations : PAGES;
    for (u64 i = 0; i < pass; i++) sum = mix(sum, load(WINDOW + i * PAGE_SIZE));
    operations -= pass;
  }
  return sum;
}

const struct bench bench = {"fault", 1, setup, run};
