/* apic.h - the local APIC, as x2APIC where the CPU has it, and the little of the I/O APIC and PICs we need. */
#ifndef GUEST_APIC_H
#define GUEST_APIC_H

#include "cpumask.h"

/* Register numbers: xAPIC offset, x2APIC MSR 0x800 + offset / 16 (SDM 3A table 11-6). */
#define APIC_TASKPRI 0x80
#define APIC_EOI 0xb0
#define APIC_LDR 0xd0
#define APIC_DFR 0xe0
#define APIC_SPIV 0xf0
#define APIC_ESR 0x280
#define APIC_ICR 0x300
#define APIC_ICR2 0x310
#define APIC_LVTT 0x320
#define APIC_LVTPC 0x340
#define APIC_LVT0 0x350
#define APIC_LVT1 0x360
#define APIC_LVTERR 0x370
#define APIC_TMICT 0x380
#define APIC_TMCCT 0x390
#define APIC_TDCR 0x3e0

#define APIC_SPIV_ENABLE 0x100
#define APIC_LVT_MASKED 0x10000
#define APIC_LVT_TIMER_PERIODIC 0x20000
#define APIC_LVT_TIMER_TSCDEADLINE 0x40000
#define APIC_TDR_DIV_16 0x3
#define APIC_DM_FIXED 0x000
#define APIC_DM_NMI 0x400
#define APIC_DM_INIT 0x500
#define APIC_DM_STARTUP 0x600
#define APIC_INT_ASSERT 0x4000
#define APIC_ICR_BUSY 0x1000

extern u32 cpu_to_apicid[NR_CPUS];

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 v);
void apic_eoi(void);
void apic_icr_write(u32 apicid, u32 low);

void apic_map(void);		/* boot CPU: chooses the mode, maps the registers */
void apic_setup_cpu(void);	/* every CPU: enables its local APIC, masks what we do not use */
void pic_mask_all(void);
/* Sends ISA interrupt `irq` to the boot CPU; false if there is no I/O APIC. */
bool ioapic_route_irq(unsigned int irq, int vector);

void apic_send_IPI(int cpu, int vector);
/* One ICR write per CPU; the mask must not hold this CPU. */
void apic_send_IPI_mask(const cpumask_t *mask, int vector);

#endif
