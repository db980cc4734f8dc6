/* crt0.S - a user program's first instructions: the stack holds argc, then argv (psABI 3.4.1). */
	.section .text.start, "ax"
	.globl _start
_start:
	xorl %ebp, %ebp
	movq (%rsp), %rdi
	leaq 8(%rsp), %rsi
	call __libc_start
	hlt

	.section .note.GNU-stack, "", @progbits
