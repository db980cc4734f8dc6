/*
 * entry.S - every way into the kernel but boot, and every way out: exceptions,
 * interrupts, SYSCALL. Interrupts are off throughout; the C handlers turn them
 * on. GS rule: in the kernel GS.base is this CPU's per-CPU offset, so a path
 * that comes from ring 3 swaps on entry and on exit, and no other does.
 */
#include "alternative.h"
#include "memlayout.h"
#include "segment.h"

/* Offset in struct pt_regs; traps.c asserts it. */
#define PT_CS 136

/* On the stack: orig_ax and the hardware frame. Leaves RSP at a whole pt_regs but for di and si. */
.macro PUSH_REST
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
.endm

.macro POP_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
.endm

	.section .text, "ax"

/*
 * idt_stubs: 256 entry points, 16 bytes apart. Each leaves {vector, error code}
 * on the stack: the vector in the slot that pt_regs has for di.
 */
	.balign 16
	.globl idt_stubs
idt_stubs:
	vector = 0
	.rept 256
	.balign 16
	/* Vectors for which the CPU pushes an error code (SDM 3A table 6-1). */
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
	.else
	pushq $0
	.endif
	pushq $vector
	.if vector == 2 || vector == 8 || vector == 18
	jmp paranoid_entry
	.else
	jmp common_entry
	.endif
	vector = vector + 1
	.endr

	.balign 16
common_entry:
	ASM_CLAC
	cld
	pushq %rsi
	movq 8(%rsp), %rsi		/* the vector: second argument */
	movq %rdi, 8(%rsp)
	PUSH_REST
	xorl %ebp, %ebp
	testb $3, PT_CS(%rsp)
	jz 1f
	swapgs
1:	movq %rsp, %rdi
	call handle_vector
	testb $3, PT_CS(%rsp)
	jnz return_to_user
	POP_REGS
	addq $8, %rsp
	iretq

/* The full way out, for any saved state: after exceptions and for a new task. */
	.globl return_to_user
return_to_user:
	POP_REGS
	addq $8, %rsp
	swapgs
	iretq

/*
 * NMI, #DF and #MC can arrive between SYSCALL and SWAPGS, with CPL 0 and the
 * user's GS: neither CS nor GS.base tells. They run on stacks of their own (IST)
 * and the last word of each stack is the CPU's per-CPU offset. GS.base is
 * saved in RBX, set, and put back.
 */
	.balign 16
paranoid_entry:
	ASM_CLAC
	cld
	pushq %rsi
	movq 8(%rsp), %rsi
	movq %rdi, 8(%rsp)
	PUSH_REST
	xorl %ebp, %ebp
	movl $0xc0000101, %ecx		/* MSR_GS_BASE */
	rdmsr
	shlq $32, %rdx
	leaq (%rax, %rdx), %rbx
	movq %rsp, %rdi
	movq %rsp, %rax
	orq $(PAGE_SIZE - 1), %rax
	movq -7(%rax), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	call handle_vector
	movl $0xc0000101, %ecx
	movl %ebx, %eax
	movq %rbx, %rdx
	shrq $32, %rdx
	wrmsr
	POP_REGS
	addq $8, %rsp
	iretq

/*
 * SYSCALL: RCX is the user's RIP, R11 its RFLAGS; RSP is still the user's.
 * MSR_SYSCALL_MASK has cleared IF, DF, AC and TF.
 */
	.balign 16
	.globl entry_SYSCALL_64
entry_SYSCALL_64:
	swapgs
	movq %rsp, %gs:user_rsp
	movq %gs:cpu_current_top_of_stack, %rsp
	pushq $__USER_DS
	pushq %gs:user_rsp
	pushq %r11
	pushq $__USER_CS
	pushq %rcx
	pushq %rax
	pushq %rdi
	pushq %rsi
	PUSH_REST
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call do_syscall_64
	POP_REGS
	/*
	 * SYSRET faults in ring 0 on a non-canonical RCX; it cannot be one here,
	 * because no user mapping reaches the last page below the hole (TASK_SIZE).
	 */
	movq 8(%rsp), %rcx
	movq 24(%rsp), %r11
	movq 32(%rsp), %rsp
	swapgs
	sysretq

/* SYSCALL from 32-bit code, which we do not run. */
	.globl entry_SYSCALL_compat
entry_SYSCALL_compat:
	movl $-38, %eax
	sysretl
