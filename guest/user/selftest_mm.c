/* selftest_mm.c - tests of memory in one thread: mapping, protection, fork, faults. */
#include "selftest.h"

static volatile u64 sink;

static void read_word(void *p)
{
	sink = *(volatile u64 *)p;
}

static void write_word(void *p)
{
	*(volatile u64 *)p = 1;
}

void test_fresh_pages_are_zero(void)
{
	u64 *p = map_pages(64), i;

	for (i = 0; i < 64 * 512; i++) {
		if (p[i]) {
			fail("word %lu is 0x%lx", i, p[i]);
			break;
		}
		p[i] = mix64(i);
	}
	for (i = 0; i < 64 * 512; i++)
		check(p[i] == mix64(i));
	check(munmap(p, 64 * PAGE_SIZE) == 0);
}

void test_munmapped_page_faults(void)
{
	char *p = map_pages(3);

	memset(p, 1, 3 * PAGE_SIZE);
	check(munmap(p + PAGE_SIZE, PAGE_SIZE) == 0);
	check(child_status(read_word, p + PAGE_SIZE) == SIGSEGV);
	check(child_status(read_word, p) == 0);
	check(child_status(read_word, p + 2 * PAGE_SIZE) == 0);
	check(munmap(p, 3 * PAGE_SIZE) == 0);
	check(mmap(p, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED) == p);
	read_word(p);
	check(sink == 0);
	munmap(p, PAGE_SIZE);
}

void test_mprotect_takes_write_away(void)
{
	char *p = map_pages(3);

	memset(p, 7, 3 * PAGE_SIZE);
	check(mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ) == 0);
	check(child_status(write_word, p + PAGE_SIZE) == SIGSEGV);
	check(child_status(write_word, p) == 0);
	check(child_status(write_word, p + 2 * PAGE_SIZE) == 0);
	check(mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE) == 0);
	p[PAGE_SIZE] = 8;
	check(p[PAGE_SIZE] == 8 && p[PAGE_SIZE + 1] == 7);
	munmap(p, 3 * PAGE_SIZE);
}

void test_mprotect_none_faults_on_read(void)
{
	char *p = map_pages(1);

	p[0] = 3;
	check(mprotect(p, PAGE_SIZE, PROT_NONE) == 0);
	check(child_status(read_word, p) == SIGSEGV);
	check(mprotect(p, PAGE_SIZE, PROT_READ) == 0);
	check(p[0] == 3);
	munmap(p, PAGE_SIZE);
}

void test_dontneed_gives_zero_again(void)
{
	u64 *p = map_pages(8), i;

	for (i = 0; i < 8; i++)
		p[i * 512] = i + 1;
	check(madvise(p, 4 * PAGE_SIZE, MADV_DONTNEED) == 0);
	for (i = 0; i < 8; i++)
		check(p[i * 512] == (i < 4 ? 0 : i + 1));
	munmap(p, 8 * PAGE_SIZE);
}

static void jump_to(void *p)
{
	((void (*)(void))p)();
}

void test_data_is_not_executable(void)
{
	u8 *p = map_pages(1);

	p[0] = 0xc3;	/* ret */
	check(child_status(jump_to, p) == SIGSEGV);
	munmap(p, PAGE_SIZE);
}

static void overwrite(void *arg)
{
	u64 *p = arg, i;

	for (i = 0; i < 16; i++) {
		if (p[i * 512] != i)
			exit(1);
		p[i * 512] = 1000 + i;
	}
	for (i = 0; i < 16; i++) {
		if (p[i * 512] != 1000 + i)
			exit(2);
	}
}

void test_fork_copies_on_write(void)
{
	u64 *p = map_pages(16), i;
	int status, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++)
			p[i * 512] = i;
		check(child_status(overwrite, p) == 0);
		for (i = 0; i < 16; i++)
			check(p[i * 512] == i);
	}
	/* The other way round: the parent writes while the child still needs the old contents. */
	for (i = 0; i < 16; i++)
		p[i * 512] = i;
	if (!(status = fork())) {
		usleep(20000);
		overwrite(p);
		exit(0);
	}
	for (i = 0; i < 16; i++)
		p[i * 512] = 77;
	check(waitpid(-1, &status) > 0 && status == 0);
	for (i = 0; i < 16; i++)
		check(p[i * 512] == 77);
	munmap(p, 16 * PAGE_SIZE);
}

static void descend(void *arg)
{
	u64 *p = arg, depth = ++p[0];

	if (depth < 6 && child_status(descend, p) != 0)
		exit(1);
	if (p[0] != depth)
		exit(2);
}

void test_grandchildren_see_their_own_pages(void)
{
	u64 *p = map_pages(1);

	check(child_status(descend, p) == 0);
	check(p[0] == 0);
	munmap(p, PAGE_SIZE);
}

static void undefined(void *unused)
{
	(void)unused;
	__asm__ volatile("ud2");
}

static void divide(void *unused)
{
	u32 zero = 0, a = 1, d = 0;

	(void)unused;
	__asm__ volatile("div %2" : "+a"(a), "+d"(d) : "r"(zero) : "cc");
}

static void privileged(void *unused)
{
	(void)unused;
	__asm__ volatile("cli");
}

static void use_x87(void *unused)
{
	(void)unused;
	__asm__ volatile("fninit");
}

void test_faults_kill_with_linux_signals(void)
{
	check(child_status(undefined, NULL) == SIGILL);
	check(child_status(divide, NULL) == SIGFPE);
	check(child_status(privileged, NULL) == SIGSEGV);
	check(child_status(use_x87, NULL) == SIGILL);
	check(child_status(read_word, NULL) == SIGSEGV);
}

void test_kernel_memory_is_out_of_reach(void)
{
	check(child_status(read_word, (void *)0xffffffff80100000) == SIGSEGV);
	check(child_status(read_word, (void *)0xffff888000100000) == SIGSEGV);
	check(child_status(write_word, (void *)0xffff888000100000) == SIGSEGV);
	check(child_status(read_word, (void *)0x8000000000000000) == SIGSEGV);
	check(child_status(jump_to, (void *)0xffffffff80100000) == SIGSEGV);
}

static u64 fault_addr, faults;

/* Unmapped: maps the page. Read-only: makes it writable. The instruction is tried again. */
static void repair(int signo, struct siginfo *info, struct ucontext *context)
{
	u8 *page = (u8 *)(info->addr & PAGE_MASK);

	(void)context;
	check(signo == SIGSEGV);
	fault_addr = info->addr;
	faults++;
	if (info->code == SEGV_ACCERR)
		mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE);
	else
		mmap(page, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
}

void test_segv_handler_repairs_and_returns(void)
{
	u64 *p = map_pages(2), rcx = 1, r11;

	munmap(p + 512, PAGE_SIZE);
	handle_faults(repair);
	faults = 0;
	/* What SYSRET cannot bring back, and a flag. */
	__asm__ volatile("mov $5, %%r11d\n"
			 "stc\n"
			 "movq $7, 8(%2)\n"
			 "adc $0, %0\n"
			 "mov %%r11, %1"
			 : "+c"(rcx), "=&r"(r11)
			 : "r"(p + 512)
			 : "r11", "memory", "cc");
	check(rcx == 2 && r11 == 5 && p[513] == 7);
	check(faults == 2 && fault_addr == (u64)(p + 513));
	handle_faults(NULL);
	check(child_status(write_word, NULL) == SIGSEGV);
	munmap(p, 2 * PAGE_SIZE);
}

void test_bad_pointers_give_efault(void)
{
	char *p = map_pages(2);

	check(write(1, (void *)0x1000, 1) == -EFAULT);
	check(write(1, (void *)0xffff888000100000, 1) == -EFAULT);
	check(write(1, (void *)0x7ffffffffff0, 0x100) == -EFAULT);
	munmap(p + PAGE_SIZE, PAGE_SIZE);
	check(syscall3(__NR_clock_gettime, 1, p + PAGE_SIZE - 8, 0) == -EFAULT);
	check(mprotect(p, PAGE_SIZE, PROT_READ) == 0);
	check(syscall3(__NR_clock_gettime, 1, p, 0) == -EFAULT);
	check(futex_wait((u32 *)0x1000, 0) == -EFAULT);
	munmap(p, PAGE_SIZE);
}

void test_unknown_system_call_gives_enosys(void)
{
	check(syscall3(500, 0, 0, 0) == -ENOSYS);
	check(syscall3(0x12345678, 0, 0, 0) == -ENOSYS);
	check(syscall3(-1, 0, 0, 0) == -ENOSYS);
}

static void exit_with(void *code)
{
	exit((int)(long)code);
}

void test_exit_code_reaches_the_parent(void)
{
	int status;

	check(child_status(exit_with, (void *)0) == 0);
	check(child_status(exit_with, (void *)42) == exited(42));
	check(child_status(exit_with, (void *)255) == exited(255));
	check(waitpid(-1, &status) == -ECHILD);
}
