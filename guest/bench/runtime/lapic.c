// The local APIC: through MSRs where there is an x2APIC, else through its page. Used by smp.c and by
// the shootdown benchmarks.

#include "bench.h"

#define IA32_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (1u << 10)
#define CPUID_1_ECX_X2APIC (1u << 21)
#define XAPIC 0xfee00000ul
#define X2APIC_MSR 0x800

#define EOI 0x0b
#define SPURIOUS 0x0f
#define ICR_LOW 0x30
#define ICR_PENDING (1u << 12)
#define ICR_ALL_BUT_SELF (3u << 18)

static u32 has_x2apic;

// Registers are named by their x2APIC number; on the page they are 16 bytes apart.
static volatile u32 *xapic(u32 reg) { return (volatile u32 *)(XAPIC + reg * 16); }

static void write_register(u32 reg, u32 value) {
  if (has_x2apic)
    wrmsr(X2APIC_MSR + reg, value);
  else
    *xapic(reg) = value;
}

void lapic_init(void) {
  u32 a = 1, b, c = 0, d;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  has_x2apic = c & CPUID_1_ECX_X2APIC;
  if (has_x2apic) wrmsr(IA32_APIC_BASE, rdmsr(IA32_APIC_BASE) | APIC_BASE_X2APIC);
  write_register(SPURIOUS, 0x1ff);
}

void lapic_eoi(void) { write_register(EOI, 0); }

// The shorthand, as Linux uses it when every other CPU is a target (apic_use_ipi_shorthand).
void send_ipi_all_but_self(u32 icr_low) {
  if (has_x2apic) {
    // WRMSR to the x2APIC does not order earlier stores (SDM 3A 11.12.3).
    asm volatile("mfence" : : : "memory");
    wrmsr(X2APIC_MSR + ICR_LOW, icr_low | ICR_ALL_BUT_SELF);
    return;
  }
  while (*xapic(ICR_LOW) & ICR_PENDING) pause();
  *xapic(ICR_LOW) = icr_low | ICR_ALL_BUT_SELF;
}
