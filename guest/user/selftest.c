/*
 * selftest.c - what the kernel promises to user space, one function per promise.
 * Prints `ok NAME` or `FAIL NAME: why`; the exit status is 1 if any failed. Tests
 * that end in a fault run in a child process, whose wait status tells.
 *
 *	only=N	runs only test number N, counted from 1 (0: all)
 */
#include "libc.h"
#include "selftest.h"

static unsigned int failures;
static const char *test_name;

void fail(const char *fmt, ...)
{
	char buf[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	printf("FAIL %s: %s\n", test_name, buf);
	__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
}

void *map_pages(size_t n)
{
	void *p = mmap(NULL, n * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (p == MAP_FAILED)
		die("selftest: mmap failed");
	return p;
}

int child_status(void (*fn)(void *), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid < 0)
		die("selftest: fork failed: %d", pid);
	if (!pid) {
		fn(arg);
		exit(0);
	}
	if (waitpid(pid, &status) != pid)
		fail("wait4 did not return the child");
	return status;
}

static const struct {
	const char *name;
	void (*fn)(void);
} tests[] = {
#define TEST(name) { #name, test_##name },
	ALL_TESTS(TEST)
#undef TEST
};

int main(void)
{
	u64 only = arg_u64("only", 0), sum = 0;
	unsigned int i;

	args_done();
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		unsigned int before = failures;

		if (only && only != i + 1)
			continue;
		test_name = tests[i].name;
		tests[i].fn();
		if (failures == before) {
			printf("ok %s\n", test_name);
			sum += mix64(i + 1);
		}
	}
	printf("selftest: %u failed\n", failures);
	print_checksum(sum);
	return failures != 0;
}
