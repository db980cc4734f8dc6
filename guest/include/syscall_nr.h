/* syscall_nr.h - the numbers alone (arch/x86/entry/syscalls/syscall_64.tbl), for kernel, user and assembly. */
#ifndef GUEST_SYSCALL_NR_H
#define GUEST_SYSCALL_NR_H

#define __NR_read 0
#define __NR_write 1
#define __NR_close 3
#define __NR_mmap 9
#define __NR_mprotect 10
#define __NR_munmap 11
#define __NR_brk 12
#define __NR_rt_sigaction 13
#define __NR_rt_sigreturn 15
#define __NR_pread64 17
#define __NR_pwrite64 18
#define __NR_sched_yield 24
#define __NR_mremap 25
#define __NR_madvise 28
#define __NR_nanosleep 35
#define __NR_getpid 39
#define __NR_clone 56
#define __NR_fork 57
#define __NR_exit 60
#define __NR_wait4 61
#define __NR_ftruncate 77
#define __NR_arch_prctl 158
#define __NR_gettid 186
#define __NR_futex 202
#define __NR_sched_setaffinity 203
#define __NR_sched_getaffinity 204
#define __NR_io_setup 206
#define __NR_io_destroy 207
#define __NR_io_getevents 208
#define __NR_io_submit 209
#define __NR_set_tid_address 218
#define __NR_clock_gettime 228
#define __NR_exit_group 231
#define __NR_mbind 237
#define __NR_move_pages 279
#define __NR_getcpu 309
#define __NR_memfd_create 319

#endif
