/*
 * usercopy.S - the instructions that touch user memory, each with its exception
 * table entry {instruction, fixup}. The C prototypes are in uaccess.h; the
 * range checks are in uaccess.c.
 */
#include "alternative.h"

#define EFAULT 14

.macro EXTABLE insn, fixup
	.pushsection __ex_table, "a"
	.quad \insn, \fixup
	.popsection
.endm

	.cfi_sections .debug_frame
	.section .text, "ax"

/*
 * unsigned long __copy_user(void *to, const void *from, unsigned long n)
 * Either pointer may be the user's. Returns the bytes not copied; after a fault
 * RCX still counts what REP had left, which for the quadword part may be up to
 * 7 bytes more than need be.
 */
	.globl __copy_user
__copy_user:
	.cfi_startproc
	ASM_STAC
	movq %rdx, %rcx
	shrq $3, %rcx
	andl $7, %edx
1:	rep movsq
	movl %edx, %ecx
2:	rep movsb
	movl %ecx, %eax
	ASM_CLAC
	ret
3:	leaq (%rdx, %rcx, 8), %rax
	ASM_CLAC
	ret
4:	movq %rcx, %rax
	ASM_CLAC
	ret
	.cfi_endproc
	EXTABLE 1b, 3b
	EXTABLE 2b, 4b

/* int __get_user_asm_uN(uN *v, const uN *addr); int __put_user_asm_uN(uN v, uN *addr) */
.macro GET_USER name, reg
	.globl \name
\name:
	.cfi_startproc
	ASM_STAC
7:	mov (%rsi), \reg
	ASM_CLAC
	mov \reg, (%rdi)
	xorl %eax, %eax
	ret
	.cfi_endproc
	EXTABLE 7b, user_access_fault
.endm

.macro PUT_USER name, reg
	.globl \name
\name:
	.cfi_startproc
	ASM_STAC
8:	mov \reg, (%rsi)
	ASM_CLAC
	xorl %eax, %eax
	ret
	.cfi_endproc
	EXTABLE 8b, user_access_fault
.endm

user_access_fault:
	.cfi_startproc
	ASM_CLAC
	movl $-EFAULT, %eax
	ret
	.cfi_endproc

	GET_USER __get_user_asm_u32, %eax
	GET_USER __get_user_asm_u64, %rax
	PUT_USER __put_user_asm_u32, %edi
	PUT_USER __put_user_asm_u64, %rdi
