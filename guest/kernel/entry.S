/*
 * entry.S - every way into the kernel but boot, and every way out: exceptions,
 * interrupts, SYSCALL. Interrupts are off throughout; the C handlers turn them
 * on. GS rule: in the kernel GS.base is this CPU's per-CPU offset, so a path
 * that comes from ring 3 swaps on entry and on exit, and no other does.
 */
#include "alternative.h"
#include "memlayout.h"
#include "segment.h"

	.cfi_sections .debug_frame

/* Offset in struct pt_regs; traps.c asserts it. */
#define PT_CS 136

/*
 * What a debugger must know to go from here to what was interrupted (DWARF 5, 6.4).
 * The canonical frame address is the end of the hardware frame, or of the same
 * that SYSCALL's entry builds; FRAME_BEGIN is for code that begins with `size`
 * bytes of it on the stack.
 */
.macro FRAME_BEGIN size
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, \size
	.cfi_offset rip, -40
	.cfi_offset rsp, -16
.endm

/* RSP is at a whole struct pt_regs. */
.macro FRAME_BEGIN_PT_REGS
	FRAME_BEGIN 168
	.cfi_offset rdi, -56
	.cfi_offset rsi, -64
	.cfi_offset rdx, -72
	.cfi_offset rcx, -80
	.cfi_offset rax, -88
	.cfi_offset r8, -96
	.cfi_offset r9, -104
	.cfi_offset r10, -112
	.cfi_offset r11, -120
	.cfi_offset rbx, -128
	.cfi_offset rbp, -136
	.cfi_offset r12, -144
	.cfi_offset r13, -152
	.cfi_offset r14, -160
	.cfi_offset r15, -168
.endm

.macro PUSH reg
	pushq %\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
.endm

.macro POP reg
	popq %\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
.endm

/* On the stack: orig_ax and the hardware frame. Leaves RSP at a whole pt_regs but for di and si. */
.macro PUSH_REST
	PUSH rdx
	PUSH rcx
	PUSH rax
	PUSH r8
	PUSH r9
	PUSH r10
	PUSH r11
	PUSH rbx
	PUSH rbp
	PUSH r12
	PUSH r13
	PUSH r14
	PUSH r15
.endm

.macro POP_REGS
	POP r15
	POP r14
	POP r13
	POP r12
	POP rbp
	POP rbx
	POP r11
	POP r10
	POP r9
	POP r8
	POP rax
	POP rcx
	POP rdx
	POP rsi
	POP rdi
.endm

	.section .text, "ax"

/*
 * idt_stubs: 256 entry points, 16 bytes apart. Each leaves {vector, error code}
 * on the stack: the vector in the slot that pt_regs has for di.
 */
	.balign 16
	.globl idt_stubs
idt_stubs:
	FRAME_BEGIN 40
	vector = 0
	.rept 256
	.balign 16
	/* Vectors for which the CPU pushes an error code (SDM 3A table 6-1). */
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
	.cfi_def_cfa_offset 48
	.else
	.cfi_def_cfa_offset 40
	pushq $0
	.cfi_adjust_cfa_offset 8
	.endif
	pushq $vector
	.cfi_adjust_cfa_offset 8
	.if vector == 2 || vector == 8 || vector == 18
	jmp paranoid_entry
	.else
	jmp common_entry
	.endif
	vector = vector + 1
	.endr
	.cfi_endproc

	.balign 16
common_entry:
	FRAME_BEGIN 56
	ASM_CLAC
	cld
	PUSH rsi
	movq 8(%rsp), %rsi		/* the vector: second argument */
	movq %rdi, 8(%rsp)
	.cfi_offset rdi, -56
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
	.cfi_adjust_cfa_offset -8
	iretq
	.cfi_endproc

/* The full way out, for any saved state: after exceptions and for a new task. */
	.globl return_to_user
return_to_user:
	FRAME_BEGIN_PT_REGS
	POP_REGS
	addq $8, %rsp
	.cfi_adjust_cfa_offset -8
	swapgs
	iretq
	.cfi_endproc

/*
 * NMI, #DF and #MC can arrive between SYSCALL and SWAPGS, with CPL 0 and the
 * user's GS: neither CS nor GS.base tells. They run on stacks of their own (IST)
 * and the last word of each stack is the CPU's per-CPU offset. GS.base is
 * saved in RBX, set, and put back.
 */
	.balign 16
paranoid_entry:
	FRAME_BEGIN 56
	ASM_CLAC
	cld
	PUSH rsi
	movq 8(%rsp), %rsi
	movq %rdi, 8(%rsp)
	.cfi_offset rdi, -56
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
	.cfi_adjust_cfa_offset -8
	iretq
	.cfi_endproc

/*
 * SYSCALL: RCX is the user's RIP, R11 its RFLAGS; RSP is still the user's.
 * MSR_SYSCALL_MASK has cleared IF, DF, AC and TF.
 */
	.balign 16
	.globl entry_SYSCALL_64
entry_SYSCALL_64:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	.cfi_register rip, rcx
	swapgs
	movq %rsp, %gs:user_rsp
	movq %gs:cpu_current_top_of_stack, %rsp
	.cfi_undefined rsp
	pushq $__USER_DS
	.cfi_adjust_cfa_offset 8
	pushq %gs:user_rsp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rsp, 0
	pushq %r11
	.cfi_adjust_cfa_offset 8
	pushq $__USER_CS
	.cfi_adjust_cfa_offset 8
	pushq %rcx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rip, 0
	pushq %rax
	.cfi_adjust_cfa_offset 8
	PUSH rdi
	PUSH rsi
	PUSH_REST
	xorl %ebp, %ebp
	movq %rsp, %rdi
	call do_syscall_64
	testb %al, %al
	jz return_to_user
	POP_REGS
	/*
	 * SYSRET faults in ring 0 on a non-canonical RCX; it cannot be one here,
	 * because no user mapping reaches the last page below the hole (TASK_SIZE).
	 */
	movq 8(%rsp), %rcx
	.cfi_register rip, rcx
	movq 24(%rsp), %r11
	movq 32(%rsp), %rsp
	.cfi_def_cfa rsp, 0
	.cfi_same_value rsp
	swapgs
	sysretq
	.cfi_endproc

/* SYSCALL from 32-bit code, which we do not run. */
	.globl entry_SYSCALL_compat
entry_SYSCALL_compat:
	movl $-38, %eax
	sysretl
