/*
 * segment.h - the GDT's layout, for C and assembly. SYSCALL loads CS from
 * STAR[47:32] and SS from that + 8; SYSRET loads SS from STAR[63:48] + 8 and
 * CS from + 16: hence the order (SDM 2B SYSRET).
 */
#ifndef GUEST_SEGMENT_H
#define GUEST_SEGMENT_H

#define __KERNEL32_CS 0x08
#define __KERNEL_CS 0x10
#define __KERNEL_DS 0x18
#define __USER32_CS 0x23
#define __USER_DS 0x2b
#define __USER_CS 0x33
#define GDT_TSS 0x40
#define GDT_ENTRIES 10

/* Descriptors with base 0, limit 4 GiB and the accessed bit already set. */
#define GDT_DESC_CODE32 0x00cf9b000000ffff
#define GDT_DESC_CODE64 0x00af9b000000ffff
#define GDT_DESC_DATA 0x00cf93000000ffff
#define GDT_DESC_USER_CODE32 0x00cffb000000ffff
#define GDT_DESC_USER_DATA 0x00cff3000000ffff
#define GDT_DESC_USER_CODE64 0x00affb000000ffff

/* CR0 while the kernel runs: PE MP EM ET NE WP PG. No FPU state is kept, so EM makes x87 use trap. */
#define CR0_STATE 0x80010037

#endif
