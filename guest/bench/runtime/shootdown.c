// One shootdown: write the page-table entry, INVLPG here, an IPI to all others, wait until each has
// dropped its translation and acknowledged (Linux: flush_tlb_multi, smp_call_function_many_cond).
// Every CPU reads the page after its INVLPG; what it read goes into the checksum, so a target that
// still had the old frame would show.

#include "shootdown.h"

#define VECTOR 0xfc  // as Linux's CALL_FUNCTION_VECTOR
#define IA32_GS_BASE 0xc0000101
#define PLACES 8

static u64 *pte;

static struct {
  u64 read;
  u64 acknowledged;
} __attribute__((aligned(64))) target[SHOOTDOWN_CPUS];

static volatile u64 generation;

void shootdown_interrupt(void);

// From shootdown_interrupt, which finds the CPU's number where GS points.
void handle_shootdown(u64 cpu) {
  invlpg(WINDOW);
  target[cpu].read = mix(target[cpu].read, load(WINDOW));
  lapic_eoi();
  __atomic_store_n(&target[cpu].acknowledged, generation, __ATOMIC_RELEASE);
}

asm(".text\n"
    ".globl shootdown_interrupt\n"
    "shootdown_interrupt:\n"
    "   pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi; pushq %rdi\n"
    "   pushq %r8; pushq %r9; pushq %r10; pushq %r11\n"
    "   movq %gs:0, %rdi\n"
    "   cld\n"
    "   call handle_shootdown\n"
    "   popq %r11; popq %r10; popq %r9; popq %r8\n"
    "   popq %rdi; popq %rsi; popq %rdx; popq %rcx; popq %rax\n"
    "   iretq\n");

static void (*work_of_targets)(u32 cpu);
static u64 cpu_numbers[SHOOTDOWN_CPUS];
static u32 targets_ready;

static void start_target(u32 cpu) {
  cpu_numbers[cpu] = cpu;
  wrmsr(IA32_GS_BASE, (u64)&cpu_numbers[cpu]);
  (void)load(WINDOW);
  __atomic_add_fetch(&targets_ready, 1, __ATOMIC_SEQ_CST);
  work_of_targets(cpu);
}

void shootdown_setup(void (*target_work)(u32 cpu)) {
  for (u64 i = 0; i < PLACES; i++) store(FRAMES + i * PAGE_SIZE, i + 1);
  map_page(WINDOW, FRAMES, PTE_WRITE);
  pte = pte_of(WINDOW);
  set_gate(VECTOR, shootdown_interrupt);
  work_of_targets = target_work;
  ap_work = start_target;
  start_other_cpus(SHOOTDOWN_CPUS);
  while (__atomic_load_n(&targets_ready, __ATOMIC_SEQ_CST) != SHOOTDOWN_CPUS - 1) pause();
}

u64 shootdown_run(u64 operations) {
  u64 sum = 0;
  for (u64 i = 1; i <= operations; i++) {
    *(volatile u64 *)pte = (FRAMES + i % PLACES * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
    invlpg(WINDOW);
    generation = i;
    send_ipi_all_but_self(VECTOR);
    sum = mix(sum, load(WINDOW));
    for (u32 cpu = 1; cpu < SHOOTDOWN_CPUS; cpu++) {
      while (__atomic_load_n(&target[cpu].acknowledged, __ATOMIC_ACQUIRE) != i) pause();
    }
  }
  for (u32 cpu = 1; cpu < SHOOTDOWN_CPUS; cpu++) sum = mix(sum, target[cpu].read);
  return sum;
}
