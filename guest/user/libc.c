/* libc.c - see libc.h: startup, system calls, output, arguments. Threads are in thread.c. */
#include "libc.h"

int main(void);
void __libc_start(long argc, char **argv) __noreturn;

#define MAX_ARGS 32

static char **args;
static long nr_args;
static bool arg_used[MAX_ARGS + 1];

void __libc_start(long argc, char **argv)
{
	args = argv;
	nr_args = min(argc, (long)MAX_ARGS);
	exit(main());
}

void exit(int status)
{
	for (;;)
		syscall3(__NR_exit_group, status, 0, 0);
}

long read(int fd, void *buf, size_t n)
{
	return syscall3(__NR_read, fd, buf, n);
}

long write(int fd, const void *buf, size_t n)
{
	return syscall3(__NR_write, fd, buf, n);
}

int close(int fd)
{
	return syscall3(__NR_close, fd, 0, 0);
}

long pread(int fd, void *buf, size_t n, long pos)
{
	return syscall6(__NR_pread64, fd, (long)buf, n, pos, 0, 0);
}

long pwrite(int fd, const void *buf, size_t n, long pos)
{
	return syscall6(__NR_pwrite64, fd, (long)buf, n, pos, 0, 0);
}

int memfd_create(const char *name, unsigned int flags)
{
	return syscall3(__NR_memfd_create, name, flags, 0);
}

int ftruncate(int fd, long size)
{
	return syscall3(__NR_ftruncate, fd, size, 0);
}

long io_setup(unsigned int nr_events, u64 *ctx)
{
	return syscall3(__NR_io_setup, nr_events, ctx, 0);
}

long io_destroy(u64 ctx)
{
	return syscall3(__NR_io_destroy, ctx, 0, 0);
}

long io_submit(u64 ctx, long nr, struct iocb **iocbs)
{
	return syscall3(__NR_io_submit, ctx, nr, iocbs);
}

long io_getevents(u64 ctx, long min_nr, long nr, struct io_event *events)
{
	return syscall6(__NR_io_getevents, ctx, min_nr, nr, (long)events, 0, 0);
}

void *mmap_file(void *addr, size_t len, int prot, int flags, int fd, long offset)
{
	long ret = syscall6(__NR_mmap, (long)addr, len, prot, flags, fd, offset);

	return IS_ERR_VALUE(ret) ? MAP_FAILED : (void *)ret;
}

void *mmap(void *addr, size_t len, int prot, int flags)
{
	return mmap_file(addr, len, prot, flags, -1, 0);
}

int munmap(void *addr, size_t len)
{
	return syscall3(__NR_munmap, addr, len, 0);
}

int mprotect(void *addr, size_t len, int prot)
{
	return syscall3(__NR_mprotect, addr, len, prot);
}

void *mremap(void *addr, size_t old_len, size_t new_len, int flags, void *new_addr)
{
	long ret = syscall6(__NR_mremap, (long)addr, old_len, new_len, flags, (long)new_addr, 0);

	return IS_ERR_VALUE(ret) ? MAP_FAILED : (void *)ret;
}

int madvise(void *addr, size_t len, int advice)
{
	return syscall3(__NR_madvise, addr, len, advice);
}

pid_t fork(void)
{
	return syscall3(__NR_fork, 0, 0, 0);
}

pid_t waitpid(pid_t pid, int *status)
{
	return syscall6(__NR_wait4, pid, (long)status, 0, 0, 0, 0);
}

pid_t getpid(void)
{
	return syscall3(__NR_getpid, 0, 0, 0);
}

pid_t gettid(void)
{
	return syscall3(__NR_gettid, 0, 0, 0);
}

int getcpu(void)
{
	u32 cpu = 0;

	syscall3(__NR_getcpu, &cpu, 0, 0);
	return cpu;
}

int sched_yield(void)
{
	return syscall3(__NR_sched_yield, 0, 0, 0);
}

int sched_setaffinity(pid_t tid, u64 mask)
{
	return syscall3(__NR_sched_setaffinity, tid, sizeof(mask), &mask);
}

u64 sched_getaffinity(pid_t tid)
{
	u64 mask = 0;

	if (syscall3(__NR_sched_getaffinity, tid, sizeof(mask), &mask) < 0)
		die("sched_getaffinity failed");
	return mask;
}

long move_pages(pid_t pid, size_t n, void **pages, const int *nodes, int *status, int flags)
{
	return syscall6(__NR_move_pages, pid, n, (long)pages, (long)nodes, (long)status, flags);
}

long futex_wait(u32 *addr, u32 val)
{
	return syscall6(__NR_futex, (long)addr, 0, val, 0, 0, 0);
}

long futex_wake(u32 *addr, int n)
{
	return syscall6(__NR_futex, (long)addr, 1, n, 0, 0, 0);
}

void usleep(unsigned long usec)
{
	long ts[2] = { usec / 1000000, usec % 1000000 * 1000 };

	syscall3(__NR_nanosleep, ts, 0, 0);
}

void restore_from_signal(void);

__asm__(".text\n"
	"restore_from_signal:\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	hlt\n");

void handle_faults(void (*handler)(int signo, struct siginfo *info, struct ucontext *context))
{
	struct sigaction action = {
		.handler = (u64)handler,
		.flags = SA_SIGINFO | SA_RESTORER | SA_NODEFER,
		.restorer = (u64)restore_from_signal,
	};

	if (syscall6(__NR_rt_sigaction, SIGSEGV, (long)&action, 0, sizeof(action.mask), 0, 0) ||
	    syscall6(__NR_rt_sigaction, SIGBUS, (long)&action, 0, sizeof(action.mask), 0, 0))
		die("rt_sigaction failed");
}

static void vprint(const char *fmt, va_list ap)
{
	char buf[256];
	int n = vsnprintf(buf, sizeof(buf), fmt, ap);

	write(1, buf, min(n, (int)sizeof(buf) - 1));
}

int printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	return 0;
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	write(1, "\n", 1);
	exit(1);
}

static u64 parse_u64(const char *s, const char *word)
{
	u64 v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	if (*s == 'K' || *s == 'M' || *s == 'G') {
		v <<= *s == 'K' ? 10 : *s == 'M' ? 20 : 30;
		s++;
	}
	if (*s)
		die("%s: bad argument %s", args[0], word);
	return v;
}

u64 arg_u64(const char *name, u64 fallback)
{
	size_t n = strlen(name);
	long i;

	for (i = 1; i < nr_args; i++) {
		if (!strncmp(args[i], name, n) && args[i][n] == '=' && args[i][n + 1]) {
			arg_used[i] = true;
			fallback = parse_u64(args[i] + n + 1, args[i]);
		}
	}
	return fallback;
}

const char *arg_text(long i)
{
	return i < nr_args ? args[i] : NULL;
}

void args_done(void)
{
	long i;

	for (i = 1; i < nr_args; i++) {
		if (!arg_used[i])
			die("%s: unknown argument %s", args[0], args[i]);
	}
}

void print_checksum(u64 sum)
{
	printf("checksum: 0x%016lx\n", sum);
}
