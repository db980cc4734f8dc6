/* syscall.h - Linux's x86-64 system call numbers, and the implementations the table points at. */
#ifndef GUEST_SYSCALL_H
#define GUEST_SYSCALL_H

#include "syscall_nr.h"
#include "traps.h"

#define NR_SYSCALLS 512

/* Arguments in RDI, RSI, RDX, R10, R8, R9, as the ABI has them. */
typedef long (*sys_call_ptr_t)(u64, u64, u64, u64, u64, u64);

bool do_syscall_64(struct pt_regs *regs);	/* from entry.S, interrupts off; true: return by SYSRET */

#endif
