/*
 * trampoline.S - an application processor's first instructions. smp.c copies it
 * to TRAMPOLINE_PHYS; a startup IPI begins it in real mode with CS.base there
 * and IP 0 (SDM 3A 9.4.4). It goes real -> protected -> long mode on the boot
 * page tables and leaves for secondary_startup_64.
 */
#include "memlayout.h"
#include "segment.h"

#define PHYS(sym) ((sym) - __START_KERNEL_map)
#define TR(sym) ((sym) - trampoline_start + TRAMPOLINE_PHYS)

	.section .rodata, "a"
	.balign 16
	.globl trampoline_start, trampoline_end
	.code16
trampoline_start:
	cli
	cld
	xorw %ax, %ax
	movw %ax, %ds
	lgdtl TR(tr_gdt_descr)
	movl $0x00000011, %eax		/* PE, ET; caches on: INIT left CD and NW set */
	movl %eax, %cr0
	ljmpl $__KERNEL32_CS, $TR(tr_32)

	.code32
tr_32:
	movl $__KERNEL_DS, %eax
	movl %eax, %ds
	movl $0x20, %eax		/* CR4.PAE */
	movl %eax, %cr4
	movl $PHYS(boot_pml4), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx
	movl $0x100, %eax		/* EFER.LME */
	xorl %edx, %edx
	wrmsr
	movl $CR0_STATE, %eax
	movl %eax, %cr0
	ljmpl $__KERNEL_CS, $TR(tr_64)

	.code64
tr_64:
	movq $secondary_startup_64, %rax
	jmp *%rax

	.balign 8
tr_gdt:
	.quad 0
	.quad GDT_DESC_CODE32
	.quad GDT_DESC_CODE64
	.quad GDT_DESC_DATA
tr_gdt_end:
	.balign 8
	.word 0
tr_gdt_descr:
	.word tr_gdt_end - tr_gdt - 1
	.long TR(tr_gdt)
trampoline_end:
