// What a benchmark sees: one struct to fill in, and the runtime that carries it.
// Included by every file in guest/bench.

#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define PAGE_SIZE 4096ul
#define PTE_PRESENT 1ul
#define PTE_WRITE 2ul
#define PTE_USER 4ul

// Virtual addresses from here on are mapped with 4 KiB pages by the benchmark itself.
#define WINDOW 0x4000000000ul
// Frames from here to the end of RAM belong to the benchmark; below are the image and page tables.
#define FRAMES 0x4000000ul

// One per image. `run` does `operations` operations and returns a checksum of all it computed.
struct bench {
  const char *name;
  u32 cpus;
  void (*setup)(void);
  u64 (*run)(u64 operations);
};
extern const struct bench bench;

// ---- console.c
void put_string(const char *text);
void put_decimal(u64 value);
void put_hex(u64 value);
__attribute__((noreturn)) void leave(u8 status);

// ---- paging.c: the page tables of the window
u64 *pte_of(u64 va);  // the leaf entry, with the tables above it made as needed
void map_page(u64 va, u64 pa, u64 flags);

// ---- traps.c
struct trap_frame;
void set_gate(u32 vector, void (*entry)(void));
void load_idt(void);

// ---- smp.c: only for images with more than one CPU
extern void (*ap_work)(u32 cpu);  // what an application processor does once started
void start_other_cpus(u32 total);

// ---- lapic.c
void lapic_init(void);
void lapic_eoi(void);
void send_ipi_all_but_self(u32 icr_low);

static inline void outb(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static inline u8 inb(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline void wrmsr(u32 msr, u64 value) {
  asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 rdmsr(u32 msr) {
  u32 low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return low | (u64)high << 32;
}

static inline u64 read_cr3(void) {
  u64 value;
  asm volatile("mov %%cr3, %0" : "=r"(value));
  return value;
}

static inline void write_cr3(u64 value) { asm volatile("mov %0, %%cr3" : : "r"(value) : "memory"); }
static inline void invlpg(u64 va) { asm volatile("invlpg (%0)" : : "r"(va) : "memory"); }
static inline void pause(void) { asm volatile("pause" : : : "memory"); }

static inline u64 load(u64 va) { return *(volatile u64 *)va; }
static inline void store(u64 va, u64 value) { *(volatile u64 *)va = value; }

// The generator that every benchmark draws from: Marsaglia's xorshift64.
static inline u64 next_random(u64 *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

// Folds a value into a checksum so that order and every bit count.
static inline u64 mix(u64 sum, u64 value) { return (sum << 5 | sum >> 59) * 0x9e3779b97f4a7c15ul + value; }
