/*
 * memlayout.h - the virtual address space, in numbers. Used by C, by assembly and
 * by the linker script's readers; it must stay free of C declarations.
 *
 *   0000000000000000 .. 00007fffffffefff   user (TASK_SIZE)
 *   ffff888000000000 .. ffffc87fffffffff   direct map of all physical memory (PAGE_OFFSET)
 *   ffffffff80000000 .. ffffffffbfffffff   kernel image (__START_KERNEL_map), linked at +1 MiB
 *   ffffffffffe00000 .. ffffffffffffefff   fixmap: device registers, uncached
 *
 * The addresses are Linux's (Documentation/arch/x86/x86_64/mm.rst), so that a
 * pointer in a trace reads the same way.
 */
#ifndef GUEST_MEMLAYOUT_H
#define GUEST_MEMLAYOUT_H

#ifdef __ASSEMBLER__
#define _UL(x) x
#else
#define _UL(x) x##UL
#endif

#define PAGE_SHIFT 12
#define PAGE_SIZE (_UL(1) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define PAGE_OFFSET _UL(0xffff888000000000)
#define __START_KERNEL_map _UL(0xffffffff80000000)
#define FIXADDR_START _UL(0xffffffffffe00000)
#define TASK_SIZE _UL(0x00007ffffffff000)

/* Physical load address of the image; see boot/kernel.lds. */
#define KERNEL_PHYS_START _UL(0x100000)

/* Kernel stacks: deep enough for an interrupt on a fault in a copy in a migration. */
#define THREAD_ORDER 2
#define THREAD_SIZE (PAGE_SIZE << THREAD_ORDER)

#define NR_CPUS 64

/* Where the APs' real-mode code is copied; SIPI vector 0x08. */
#define TRAMPOLINE_PHYS 0x8000

#endif
