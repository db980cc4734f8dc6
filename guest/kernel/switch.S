/*
 * switch.S - the switch of kernel stacks, and where a new task first runs.
 */
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
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rsi)
	movq %rdx, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	movq %rdi, %rax
	ret

/*
 * A new task's frame (copy_thread) returns here with RAX = prev. RBX is the
 * function of a kernel thread or 0; such a thread comes back from it only to
 * enter user mode (init, after kernel_execve built its registers).
 */
	.globl ret_from_fork
ret_from_fork:
	movq %rax, %rdi
	movq %rsp, %rsi
	movq %rbx, %rdx
	movq %r12, %rcx
	call ret_from_fork_c
	jmp return_to_user
