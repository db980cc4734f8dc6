/*
 * head.S - from the loader's 32-bit protected mode, paging off, to start_kernel()
 * in long mode at the high half. Two entries, for multiboot1 and PVH; they
 * differ only in what EBX points at.
 *
 * The boot page tables map the first 4 GiB three times with 2 MiB pages: at 0
 * (where this code runs), at PAGE_OFFSET, and its first GiB at
 * __START_KERNEL_map. Application processors come through them too.
 */
#include "memlayout.h"
#include "segment.h"

#define PHYS(sym) ((sym) - __START_KERNEL_map)

#define PTE_TABLE 0x003		/* present, writable */
#define PTE_2M 0x083		/* present, writable, PS */
#define PML4_INDEX(va) (((va) >> 39) & 511)

	.cfi_sections .debug_frame
	.section .head.text, "ax"
	.code32
	.globl multiboot_entry, pvh_entry
multiboot_entry:
	movl $0x2badb002, %edi
	jmp startup_32
pvh_entry:
	xorl %edi, %edi
startup_32:
	cli
	cld
	movl %ebx, %esi

	movl $PHYS(boot_pdpt), %eax
	orl $PTE_TABLE, %eax
	movl %eax, PHYS(boot_pml4)
	movl %eax, PHYS(boot_pml4) + 8 * PML4_INDEX(PAGE_OFFSET)
	movl $PHYS(boot_high_pdpt) + PTE_TABLE, PHYS(boot_pml4) + 8 * 511

	movl $PHYS(boot_pd) + PTE_TABLE, %eax
	movl $PHYS(boot_pdpt), %ebx
	movl $4, %ecx
1:	movl %eax, (%ebx)
	addl $4096, %eax
	addl $8, %ebx
	loop 1b
	movl $PHYS(boot_pd) + PTE_TABLE, PHYS(boot_high_pdpt) + 8 * 510

	movl $PTE_2M, %eax
	movl $PHYS(boot_pd), %ebx
	movl $2048, %ecx
1:	movl %eax, (%ebx)
	addl $0x200000, %eax
	addl $8, %ebx
	loop 1b

	movl $0x20, %eax		/* CR4.PAE */
	movl %eax, %cr4
	movl $PHYS(boot_pml4), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x100, %eax		/* EFER.LME */
	wrmsr
	movl $CR0_STATE, %eax
	movl %eax, %cr0
	lgdt PHYS(boot_gdt_descr_phys)
	ljmp $__KERNEL_CS, $PHYS(startup_64)

	.code64
startup_64:
	.cfi_startproc
	.cfi_undefined rip		/* here a backtrace ends */
	lgdt boot_gdt_descr
	movl $__KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	/* GS.base 0: per-CPU variables are the template until setup_per_cpu_areas(). */
	movl $0xc0000101, %ecx
	xorl %edx, %edx
	wrmsr
	movq $init_stack + THREAD_SIZE, %rsp
	xorl %ebp, %ebp
	movq $start_kernel, %rax
	call *%rax
	ud2
	.cfi_endproc

/*
 * An application processor arrives from the trampoline in long mode, on the
 * boot page tables and the trampoline's GDT. smp.c filled secondary_data.
 */
	.globl secondary_startup_64
secondary_startup_64:
	.cfi_startproc
	.cfi_undefined rip
	lgdt boot_gdt_descr
	movl $__KERNEL_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl $0xc0000080, %ecx
	movq secondary_efer, %rax
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movq secondary_cr3, %rax
	movq %rax, %cr3
	movl $0xc0000101, %ecx
	movq secondary_gs_base, %rax
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movq secondary_stack, %rsp
	pushq $__KERNEL_CS		/* CS still names the trampoline's descriptor */
	pushq $1f
	lretq
1:	xorl %ebp, %ebp
	call start_secondary
	ud2
	.cfi_endproc

	.section .data, "aw"
	.balign 8
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad GDT_DESC_CODE32
	.quad GDT_DESC_CODE64
	.quad GDT_DESC_DATA
boot_gdt_end:
	.balign 8
	.word 0, 0, 0
boot_gdt_descr:
	.word boot_gdt_end - boot_gdt - 1
	.quad boot_gdt
	.balign 8
	.word 0
boot_gdt_descr_phys:
	.word boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)
	.balign 8
	.globl secondary_efer, secondary_cr3, secondary_gs_base, secondary_stack
secondary_efer:		.quad 0
secondary_cr3:		.quad 0
secondary_gs_base:	.quad 0
secondary_stack:	.quad 0

	.section .bss, "aw", @nobits
	.balign 4096
	.globl boot_pml4
boot_pml4:	.skip 4096
boot_pdpt:	.skip 4096
boot_high_pdpt:	.skip 4096
boot_pd:	.skip 4 * 4096
	/* No more than page alignment here: kernel.lds relies on it. */
	.globl init_stack
	.type init_stack, @object
	.size init_stack, 4096 << THREAD_ORDER
init_stack:	.skip 4096 << THREAD_ORDER
