/*
 * switch.S - the switch of kernel stacks, and where a new task first runs.
 */
	.cfi_sections .debug_frame
	.section .text, "ax"

/*
 * struct task_struct *__switch_to_asm(struct task_struct *prev,
 *				       unsigned long *prev_sp, unsigned long next_sp)
 *
 * Saves what the C ABI says a callee saves, changes stacks, and returns prev
 * on the new stack: the new task must finish the switch for it.
 */
	.globl __switch_to_asm
__switch_to_asm:
	.cfi_startproc
	.irp reg, rbp, rbx, r12, r13, r14, r15
	pushq %\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endr
	/* Both stacks have the same layout here, so what is said of the frame holds across the switch. */
	movq %rsp, (%rsi)
	movq %rdx, %rsp
	.irp reg, r15, r14, r13, r12, rbx, rbp
	popq %\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
	.endr
	movq %rdi, %rax
	ret
	.cfi_endproc

/*
 * A new task's frame (copy_thread) returns here with RAX = prev. RBX is the
 * function of a kernel thread or 0; such a thread comes back from it only to
 * enter user mode (init, after kernel_execve built its registers).
 */
	.globl ret_from_fork
ret_from_fork:
	.cfi_startproc
	.cfi_undefined rip		/* nobody called it */
	movq %rax, %rdi
	movq %rsp, %rsi
	movq %rbx, %rdx
	movq %r12, %rcx
	call ret_from_fork_c
	jmp return_to_user
	.cfi_endproc
