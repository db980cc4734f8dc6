/*
 * header.S - how loaders find the kernel: a multiboot1 header with the address
 * ("a.out kludge") fields, which lets a loader take an ELF64 file without
 * reading it as ELF, and the Xen note that names the PVH entry.
 */
#include "memlayout.h"

#define PHYS(sym) ((sym) - __START_KERNEL_map)

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00010003	/* page align, memory information, address fields valid */

	.section .head.text, "ax"
	.balign 4
multiboot_header:
	.long MULTIBOOT_MAGIC
	.long MULTIBOOT_FLAGS
	.long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long PHYS(multiboot_header)
	.long PHYS(_text)
	.long PHYS(__bss_start)
	.long PHYS(_end)
	.long PHYS(multiboot_entry)

	.section .note.Xen, "a", @note
	.balign 4
	.long 4				/* name size */
	.long 8				/* descriptor size */
	.long 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad PHYS(pvh_entry)
