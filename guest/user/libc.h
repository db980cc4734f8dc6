/*
 * libc.h - what user programs may call: system calls, printf, arguments, threads,
 * locks and barriers. Small, and without state but for the thread list.
 */
#ifndef GUEST_USER_LIBC_H
#define GUEST_USER_LIBC_H

#include "aio.h"
#include "compiler.h"
#include "errno.h"
#include "memlayout.h"
#include "signal.h"
#include "string.h"
#include "syscall_nr.h"

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
#define MAP_FAILED ((void *)-1L)
#define MADV_DONTNEED 4
#define MADV_PAGEOUT 21
#define MPOL_DEFAULT 0
#define MPOL_MF_MOVE 2
#define MPOL_MF_MOVE_ALL 4
#define MPOL_MF_LAZY 8
#define MAX_THREADS 64

/* Raw: negative errno on failure. */
static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define syscall3(nr, a, b, c) syscall6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

void exit(int status) __noreturn;	/* the whole process */
long read(int fd, void *buf, size_t n);
long write(int fd, const void *buf, size_t n);
int close(int fd);
long pread(int fd, void *buf, size_t n, long pos);
long pwrite(int fd, const void *buf, size_t n, long pos);
int memfd_create(const char *name, unsigned int flags);
int ftruncate(int fd, long size);
long io_setup(unsigned int nr_events, u64 *ctx);
long io_destroy(u64 ctx);
long io_submit(u64 ctx, long nr, struct iocb **iocbs);
long io_getevents(u64 ctx, long min_nr, long nr, struct io_event *events);
void *mmap(void *addr, size_t len, int prot, int flags);	/* anonymous */
void *mmap_file(void *addr, size_t len, int prot, int flags, int fd, long offset);
int munmap(void *addr, size_t len);
int mprotect(void *addr, size_t len, int prot);
/* new_addr counts with MREMAP_FIXED only. MAP_FAILED if it cannot. */
void *mremap(void *addr, size_t old_len, size_t new_len, int flags, void *new_addr);
int madvise(void *addr, size_t len, int advice);
pid_t fork(void);
pid_t waitpid(pid_t pid, int *status);
pid_t getpid(void);
pid_t gettid(void);
int getcpu(void);
int sched_yield(void);
int sched_setaffinity(pid_t tid, u64 mask);
u64 sched_getaffinity(pid_t tid);
long move_pages(pid_t pid, size_t n, void **pages, const int *nodes, int *status, int flags);
long futex_wait(u32 *addr, u32 val);
long futex_wake(u32 *addr, int n);
void usleep(unsigned long usec);
/* From now on every thread's SIGSEGV and SIGBUS come here, on its own stack; NULL: the process dies of it again. */
void handle_faults(void (*handler)(int signo, struct siginfo *info, struct ucontext *context));

int printf(const char *fmt, ...) __printf(1, 2);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
/* Prints a line and ends the process with status 1. */
void die(const char *fmt, ...) __printf(1, 2) __noreturn;

/* `name=value` among the program's arguments; K, M and G are understood. Unknown names are an error. */
u64 arg_u64(const char *name, u64 fallback);
/* The i-th argument, counted from 1, for a program with a grammar of its own; NULL after the last. */
const char *arg_text(long i);
/* Ends the process if an argument was never asked for: a misspelt one must not pass. */
void args_done(void);

/* Threads by clone(2): shared memory, own stack. cpu < 0 leaves the affinity alone. */
struct thread {
	u32 tid;		/* the kernel clears it at the end and wakes us */
	void *stack;
	void (*fn)(void *);
	void *arg;
	int cpu;
};

void thread_create(struct thread *t, void (*fn)(void *), void *arg, int cpu);
void thread_join(struct thread *t);
int online_cpus(void);

/* Drepper's three-state lock: 0 free, 1 held, 2 held with waiters ("Futexes Are Tricky", 2011). */
typedef u32 mutex_t;
void mutex_lock(mutex_t *m);
void mutex_unlock(mutex_t *m);

struct barrier {
	u32 arrived, generation, n;
};

void barrier_init(struct barrier *b, u32 n);
void barrier_wait(struct barrier *b);

/* A bijection of 64 bits that scatters: the finaliser of MurmurHash3. */
static inline u64 mix64(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdUL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53UL;
	return x ^ x >> 33;
}

/* The one line that says what a run computed. */
void print_checksum(u64 sum);

#endif
