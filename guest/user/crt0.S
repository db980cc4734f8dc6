/* crt0.S - a user program's first instructions: the stack holds argc, then argv (psABI 3.4.1). */
	.cfi_sections .debug_frame
	.section .text.start, "ax"
	.globl _start
_start:
	.cfi_startproc
	.cfi_undefined rip		/* here a backtrace ends */
	xorl %ebp, %ebp
	movq (%rsp), %rdi
	leaq 8(%rsp), %rsi
	call __libc_start
	hlt
	.cfi_endproc

	.section .note.GNU-stack, "", @progbits
