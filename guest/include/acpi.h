/* acpi.h - what boot takes from ACPI: CPUs and interrupt controllers (MADT), memory nodes (SRAT), power-off (FADT). */
#ifndef GUEST_ACPI_H
#define GUEST_ACPI_H

#include "compiler.h"
#include "memlayout.h"

/* Reads the tables through the boot page tables; rsdp 0 means: scan the BIOS area (ACPI 5.2.5.1). */
void acpi_boot_init(phys_addr_t rsdp);

/* APIC ids of the enabled CPUs in MADT order; without a MADT, just the boot CPU. */
extern u32 acpi_apic_ids[NR_CPUS];
extern unsigned int acpi_nr_cpus;

struct acpi_srat_range {
	phys_addr_t start, end;
	int nid;
};

#define ACPI_MAX_SRAT_RANGES 32
extern struct acpi_srat_range acpi_srat_ranges[ACPI_MAX_SRAT_RANGES];
extern unsigned int acpi_nr_srat_ranges;

/* The first I/O APIC, or 0; and the input of it that each ISA interrupt arrives at. */
extern phys_addr_t acpi_ioapic_addr;
extern u32 acpi_isa_irq_to_gsi[16];

/* PM1a control port (S5 is value 0x2000, SLP_TYP 0, as on QEMU), or 0 if no table told. */
extern u16 acpi_pm1a_cnt;

#endif
