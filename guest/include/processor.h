/* processor.h - control registers, MSRs, CPUID features and port I/O: thin names for single instructions. */
#ifndef GUEST_PROCESSOR_H
#define GUEST_PROCESSOR_H

#include "compiler.h"

#define BIT_ULL(n) (1ULL << (n))

#define X86_CR0_PE BIT_ULL(0)
#define X86_CR0_MP BIT_ULL(1)
#define X86_CR0_NE BIT_ULL(5)
#define X86_CR0_WP BIT_ULL(16)
#define X86_CR0_PG BIT_ULL(31)

#define X86_CR4_PAE BIT_ULL(5)
#define X86_CR4_PGE BIT_ULL(7)
#define X86_CR4_UMIP BIT_ULL(11)
#define X86_CR4_FSGSBASE BIT_ULL(16)
#define X86_CR4_PCIDE BIT_ULL(17)
#define X86_CR4_SMEP BIT_ULL(20)
#define X86_CR4_SMAP BIT_ULL(21)

#define MSR_IA32_TSC 0x10
#define MSR_IA32_APICBASE 0x1b
#define MSR_IA32_TSC_DEADLINE 0x6e0
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE BIT_ULL(0)
#define EFER_LME BIT_ULL(8)
#define EFER_NX BIT_ULL(11)

/* Features of the boot CPU; every CPU is taken to have the same. */
enum cpu_feature {
	X86_FEATURE_NX, X86_FEATURE_PGE, X86_FEATURE_PCID, X86_FEATURE_INVPCID,
	X86_FEATURE_SMEP, X86_FEATURE_SMAP, X86_FEATURE_UMIP, X86_FEATURE_FSGSBASE,
	X86_FEATURE_X2APIC, X86_FEATURE_TSC_DEADLINE, X86_FEATURE_GBPAGES,
	NR_X86_FEATURES,
};

extern bool boot_cpu_features[NR_X86_FEATURES];

static inline bool boot_cpu_has(enum cpu_feature feature)
{
	return boot_cpu_features[feature];
}

void identify_boot_cpu(void);	/* before anything asks boot_cpu_has() */
void cpu_init(void);		/* every CPU: GDT, TSS, IDT, CR4, SYSCALL MSRs */

void load_sp0(unsigned long top_of_stack);

/* Written by cpu_init(), the same on every CPU; the flush code needs it for the CR4.PGE toggle. */
extern unsigned long mmu_cr4_features;

static inline void cpuid_count(u32 leaf, u32 sub, u32 r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return ((u64)hi << 32) | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

#define DEFINE_CR(n)							\
static inline unsigned long read_cr##n(void)				\
{									\
	unsigned long v;						\
	__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory");	\
	return v;							\
}									\
static inline void write_cr##n(unsigned long v)				\
{									\
	__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory");	\
}

DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)

static inline void invlpg(unsigned long addr)
{
	__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

#define INVPCID_TYPE_INDIV_ADDR 0
#define INVPCID_TYPE_SINGLE_CTXT 1
#define INVPCID_TYPE_ALL_INCL_GLOBAL 2
#define INVPCID_TYPE_ALL_NON_GLOBAL 3

static inline void invpcid(unsigned long type, unsigned long pcid, unsigned long addr)
{
	struct { u64 d[2]; } desc = { { pcid, addr } };

	__asm__ volatile("invpcid %0, %1" : : "m"(desc), "r"(type) : "memory");
}

static inline void outb(u16 port, u8 v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outw(u16 port, u16 v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outl(u16 port, u32 v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }

static inline u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* STI's one-instruction shadow makes the pair atomic: no wake-up can slip between (SDM 2B STI). */
static inline void safe_halt(void) { __asm__ volatile("sti; hlt" ::: "memory"); }

#endif
