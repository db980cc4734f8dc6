/*
 * apic.c - the local APIC, one I/O APIC and the two PICs. x2APIC (MSRs, one write
 * per IPI) where the CPU has it, else xAPIC (registers at the fixmap).
 */
#include "acpi.h"
#include "apic.h"
#include "irqflags.h"
#include "percpu.h"
#include "printk.h"
#include "processor.h"
#include "setup.h"
#include "traps.h"

#define APICBASE_ENABLE BIT_ULL(11)
#define APICBASE_X2 BIT_ULL(10)
#define APICBASE_ADDR 0x000ffffffffff000UL
#define X2APIC_MSR(reg) (0x800 + ((reg) >> 4))

u32 cpu_to_apicid[NR_CPUS];
static bool x2apic_mode;

static volatile u32 *xapic_reg(u32 reg)
{
	return (volatile u32 *)(fix_to_virt(FIX_APIC) + reg);
}

u32 apic_read(u32 reg)
{
	return x2apic_mode ? (u32)rdmsr(X2APIC_MSR(reg)) : *xapic_reg(reg);
}

void apic_write(u32 reg, u32 v)
{
	if (x2apic_mode)
		wrmsr(X2APIC_MSR(reg), v);
	else
		*xapic_reg(reg) = v;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/*
 * A WRMSR to the x2APIC's ICR is not serialising: stores before it may be seen
 * after the IPI. The MFENCE; LFENCE pair orders them (SDM 3A 11.12.3). The
 * xAPIC's registers are uncached and a store to one orders itself.
 */
static void weak_wrmsr_fence(void)
{
	__asm__ volatile("mfence; lfence" ::: "memory");
}

void apic_icr_write(u32 apicid, u32 low)
{
	unsigned long flags;

	if (x2apic_mode) {
		weak_wrmsr_fence();
		wrmsr(X2APIC_MSR(APIC_ICR), (u64)apicid << 32 | low);
		return;
	}
	local_irq_save(flags);
	while (apic_read(APIC_ICR) & APIC_ICR_BUSY)
		cpu_relax();
	apic_write(APIC_ICR2, apicid << 24);
	apic_write(APIC_ICR, low);
	local_irq_restore(flags);
}

void apic_map(void)
{
	x2apic_mode = boot_cpu_has(X86_FEATURE_X2APIC);
	if (!x2apic_mode)
		set_fixmap(FIX_APIC, rdmsr(MSR_IA32_APICBASE) & APICBASE_ADDR);
	if (acpi_ioapic_addr)
		set_fixmap(FIX_IOAPIC, acpi_ioapic_addr);
}

void apic_setup_cpu(void)
{
	u64 base = rdmsr(MSR_IA32_APICBASE);

	/* xAPIC first: the step from disabled to x2APIC is not allowed (SDM 3A 11.12.5.1). */
	wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE);
	if (x2apic_mode)
		wrmsr(MSR_IA32_APICBASE, base | APICBASE_ENABLE | APICBASE_X2);
	if (!x2apic_mode) {
		apic_write(APIC_DFR, 0xffffffff);
		apic_write(APIC_LDR, 0);
	}
	apic_write(APIC_SPIV, APIC_SPIV_ENABLE | SPURIOUS_APIC_VECTOR);
	apic_write(APIC_TASKPRI, 0);
	apic_write(APIC_LVTT, APIC_LVT_MASKED | LOCAL_TIMER_VECTOR);
	apic_write(APIC_LVTPC, APIC_LVT_MASKED);
	apic_write(APIC_LVT0, APIC_LVT_MASKED);
	apic_write(APIC_LVT1, APIC_DM_NMI);
	apic_write(APIC_LVTERR, ERROR_APIC_VECTOR);
}

void apic_send_IPI(int cpu, int vector)
{
	apic_icr_write(cpu_to_apicid[cpu], APIC_DM_FIXED | APIC_INT_ASSERT | vector);
}

void apic_send_IPI_mask(const cpumask_t *mask, int vector)
{
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		apic_send_IPI(cpu, vector);
}

/* Remapped clear of the exception vectors before being masked: a spurious IRQ 7 ignores the mask. */
void pic_mask_all(void)
{
	outb(0x20, 0x11);
	outb(0xa0, 0x11);
	outb(0x21, ISA_IRQ_VECTOR_BASE);
	outb(0xa1, ISA_IRQ_VECTOR_BASE + 8);
	outb(0x21, 0x04);
	outb(0xa1, 0x02);
	outb(0x21, 0x01);
	outb(0xa1, 0x01);
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
}

static void ioapic_write(u32 reg, u32 v)
{
	volatile u32 *io = (volatile u32 *)fix_to_virt(FIX_IOAPIC);

	io[0] = reg;
	io[4] = v;
}

bool ioapic_route_irq(unsigned int irq, int vector)
{
	u32 pin = acpi_isa_irq_to_gsi[irq];

	if (!acpi_ioapic_addr)
		return false;
	ioapic_write(0x11 + 2 * pin, cpu_to_apicid[0] << 24);
	ioapic_write(0x10 + 2 * pin, vector);	/* edge, active high, fixed, unmasked */
	return true;
}
