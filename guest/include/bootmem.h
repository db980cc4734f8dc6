/*
 * bootmem.h - physical memory as boot found it, for mm_init_early(). Regions are
 * usable RAM, page-aligned, sorted, disjoint, each within one node; the first
 * MiB, the kernel image and everything boot allocated are already cut out.
 */
#ifndef GUEST_BOOTMEM_H
#define GUEST_BOOTMEM_H

#include "compiler.h"
#include "memlayout.h"

#define MAX_BOOT_REGIONS 64

struct boot_region {
	phys_addr_t start, end;
	int nid;		/* 0 fast, 1 slow */
};

extern struct boot_region boot_regions[MAX_BOOT_REGIONS];
extern unsigned int nr_boot_regions;

/* One past the last byte of RAM of any type; the direct map covers [0, max_phys_addr). */
extern phys_addr_t max_phys_addr;

#endif
