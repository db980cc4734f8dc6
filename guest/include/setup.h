/* setup.h - what main.c calls to learn about the machine, in this order. Boot CPU only. */
#ifndef GUEST_SETUP_H
#define GUEST_SETUP_H

#include "compiler.h"
#include "memlayout.h"

/* Copies the loader's command line and memory map before anything overwrites them. */
void parse_boot_info(u32 magic, u32 info);

extern phys_addr_t boot_rsdp;	/* from the PVH start info, or 0 */

/* Splits RAM into nodes and cuts out what is taken; early_alloc() ends here. */
void setup_memory(void);

/* Zeroed pages after the kernel image, for what must exist before the allocator. */
void *early_alloc(size_t size);

/* Device registers, uncached, at fix_to_virt(idx); after mm_init_early() built the kernel's tables. */
void set_fixmap(unsigned int idx, phys_addr_t pa);

#define FIX_APIC 0
#define FIX_IOAPIC 1

static inline unsigned long fix_to_virt(unsigned int idx)
{
	return FIXADDR_START + idx * PAGE_SIZE;
}

#endif
