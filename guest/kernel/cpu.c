/* cpu.c - what each CPU is given before it may run tasks: features, GDT and TSS, CR4, SYSCALL MSRs. */
#include "alternative.h"
#include "cmdline.h"
#include "percpu.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "segment.h"
#include "traps.h"

/* SDM 3A figure 8-11. */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iomap_base;
} __packed;

bool boot_cpu_features[NR_X86_FEATURES];
unsigned long mmu_cr4_features;

DEFINE_PER_CPU(u64, gdt[GDT_ENTRIES]) __aligned(16);
DEFINE_PER_CPU(struct tss, cpu_tss) __aligned(64);
DEFINE_PER_CPU(unsigned long, user_rsp);
DEFINE_PER_CPU(unsigned long, cpu_current_top_of_stack);

/* Each page is one stack; its last word is the per-CPU offset (see paranoid_entry). */
#define NR_IST 3
DEFINE_PER_CPU(u8, ist_stacks[NR_IST][PAGE_SIZE]) __aligned(4096);

static const struct {
	enum cpu_feature feature;
	u32 leaf;
	u8 reg, bit;		/* reg: 0 EAX .. 3 EDX */
	const char *off;	/* the command-line word that makes the kernel ignore it */
} feature_table[] = {
	{ X86_FEATURE_NX, 0x80000001, 3, 20, "nonx" },
	{ X86_FEATURE_GBPAGES, 0x80000001, 3, 26, "nogbpages" },
	{ X86_FEATURE_PGE, 1, 3, 13, "nopge" },
	{ X86_FEATURE_PCID, 1, 2, 17, "nopcid" },
	{ X86_FEATURE_X2APIC, 1, 2, 21, "nox2apic" },
	{ X86_FEATURE_TSC_DEADLINE, 1, 2, 24, "notscdeadline" },
	{ X86_FEATURE_FSGSBASE, 7, 1, 0, "nofsgsbase" },
	{ X86_FEATURE_SMEP, 7, 1, 7, "nosmep" },
	{ X86_FEATURE_INVPCID, 7, 1, 10, "noinvpcid" },
	{ X86_FEATURE_SMAP, 7, 1, 20, "nosmap" },
	{ X86_FEATURE_UMIP, 7, 2, 2, "noumip" },
};

void identify_boot_cpu(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_table); i++) {
		u32 r[4], leaf = feature_table[i].leaf;

		cpuid_count(leaf & 0x80000000, 0, r);
		if (r[0] < leaf || cmdline_find_option_bool(feature_table[i].off))
			continue;
		cpuid_count(leaf, 0, r);
		boot_cpu_features[feature_table[i].feature] = r[feature_table[i].reg] & BIT(feature_table[i].bit);
	}
}

static void load_gdt_and_tss(void)
{
	struct tss *tss = this_cpu_ptr(&cpu_tss);
	u64 *table = *this_cpu_ptr(&gdt), base = (u64)tss, limit = sizeof(*tss) - 1;
	struct { u16 limit; u64 base; } __packed descr = { GDT_ENTRIES * 8 - 1, (u64)table };
	unsigned int i;

	table[1] = GDT_DESC_CODE32;
	table[2] = GDT_DESC_CODE64;
	table[3] = GDT_DESC_DATA;
	table[4] = GDT_DESC_USER_CODE32;
	table[5] = GDT_DESC_USER_DATA;
	table[6] = GDT_DESC_USER_CODE64;
	table[8] = limit | (base & 0xffffff) << 16 | 0x89UL << 40 | (base >> 24 & 0xff) << 56;
	table[9] = base >> 32;

	tss->iomap_base = sizeof(*tss);	/* beyond the limit: no port for ring 3 */
	for (i = 0; i < NR_IST; i++) {
		u8 *stack = (*this_cpu_ptr(&ist_stacks))[i];

		*(u64 *)(stack + PAGE_SIZE - 8) = this_cpu_read(this_cpu_off);
		tss->ist[i] = (u64)stack + PAGE_SIZE - 16;
	}
	__asm__ volatile("lgdt %0" : : "m"(descr) : "memory");
	__asm__ volatile("ltr %w0" : : "r"(GDT_TSS) : "memory");
}

static unsigned long wanted_cr4(void)
{
	static const struct { enum cpu_feature feature; unsigned long bit; } bits[] = {
		{ X86_FEATURE_PGE, X86_CR4_PGE }, { X86_FEATURE_PCID, X86_CR4_PCIDE },
		{ X86_FEATURE_SMEP, X86_CR4_SMEP }, { X86_FEATURE_SMAP, X86_CR4_SMAP },
		{ X86_FEATURE_UMIP, X86_CR4_UMIP }, { X86_FEATURE_FSGSBASE, X86_CR4_FSGSBASE },
	};
	unsigned long cr4 = X86_CR4_PAE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		cr4 |= boot_cpu_has(bits[i].feature) ? bits[i].bit : 0;
	return cr4;
}

void entry_SYSCALL_64(void);
void entry_SYSCALL_compat(void);

void cpu_init(void)
{
	load_gdt_and_tss();
	load_idt();
	mmu_cr4_features = wanted_cr4();
	/* Setting PCIDE demands PCID 0, which is what boot left in CR3 (SDM 3A 4.10.1). */
	write_cr4(mmu_cr4_features);

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (boot_cpu_has(X86_FEATURE_NX) ? EFER_NX : 0));
	wrmsr(MSR_STAR, (u64)__USER32_CS << 48 | (u64)__KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)entry_SYSCALL_64);
	wrmsr(MSR_CSTAR, (u64)entry_SYSCALL_compat);
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_CF | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF |
	      X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC);
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
}

/* Where ring 3 will enter the kernel: by interrupt (TSS) and by SYSCALL. */
void load_sp0(unsigned long top_of_stack)
{
	this_cpu_ptr(&cpu_tss)->rsp[0] = top_of_stack;
	this_cpu_write(cpu_current_top_of_stack, top_of_stack);
}
