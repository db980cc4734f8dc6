/* selftest_mremap.c - tests of mappings that change size and place. */
#include "selftest.h"

static volatile u64 sink;

static void read_word(void *p)
{
	sink = *(volatile u64 *)p;
}

/* Pages that hold their number, from `from` on. */
static void number_pages(u64 *p, u64 n, u64 from)
{
	u64 i;

	for (i = 0; i < n; i++)
		p[i * 512] = from + i;
}

static void check_numbers(const u64 *p, u64 n, u64 from)
{
	u64 i;

	for (i = 0; i < n; i++) {
		if (p[i * 512] != from + i)
			fail("page %lu holds %lu, not %lu", i, p[i * 512], from + i);
	}
}

void test_mremap_moves_pages(void)
{
	u64 *p = map_pages(8), *to = map_pages(8), *old = p;

	number_pages(p, 8, 100);
	number_pages(to, 8, 200);
	/* Over what is there; to a higher address, and back to a lower one. */
	check(mremap(p, 8 * PAGE_SIZE, 8 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	check_numbers(to, 8, 100);
	check(child_status(read_word, p) == SIGSEGV);
	check(mremap(to + 512, 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, old) == old);
	check_numbers(old, 2, 101);
	check(child_status(read_word, to + 512) == SIGSEGV);
	check_numbers(to, 1, 100);
	check_numbers(to + 3 * 512, 5, 103);
	munmap(old, 2 * PAGE_SIZE);
	munmap(to, 8 * PAGE_SIZE);
}

void test_mremap_grows_and_shrinks(void)
{
	u64 *p = map_pages(6), *q;

	number_pages(p, 6, 1);
	check(munmap(p + 4 * 512, 2 * PAGE_SIZE) == 0);
	check(mremap(p, 4 * PAGE_SIZE, 6 * PAGE_SIZE, 0, NULL) == p);
	check_numbers(p, 4, 1);
	check(p[5 * 512] == 0);
	/* No room behind the first half, which is an area of its own. */
	check(mprotect(p, 3 * PAGE_SIZE, PROT_READ) == 0);
	check(mremap(p, 3 * PAGE_SIZE, 5 * PAGE_SIZE, 0, NULL) == MAP_FAILED);
	q = mremap(p, 3 * PAGE_SIZE, 5 * PAGE_SIZE, MREMAP_MAYMOVE, NULL);
	check(q != MAP_FAILED && q != p);
	check_numbers(q, 3, 1);
	check(q[4 * 512] == 0);
	check(mremap(q, 5 * PAGE_SIZE, PAGE_SIZE, 0, NULL) == q);
	check_numbers(q, 1, 1);
	check(child_status(read_word, q + 512) == SIGSEGV);
	munmap(q, PAGE_SIZE);
	munmap(p + 3 * 512, 3 * PAGE_SIZE);
}

void test_mremap_refuses(void)
{
	char *p = map_pages(4);

	check(mremap(p, PAGE_SIZE, PAGE_SIZE, MREMAP_FIXED, p + 2 * PAGE_SIZE) == MAP_FAILED);
	check(mremap(p, 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE_SIZE) == MAP_FAILED);
	check(mremap(p + 8, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE, NULL) == MAP_FAILED);
	check(mremap(p, PAGE_SIZE, 0, MREMAP_MAYMOVE, NULL) == MAP_FAILED);
	check(mremap(p, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x7ffffffff000) == MAP_FAILED);
	check(mremap(p, 0, PAGE_SIZE, MREMAP_MAYMOVE, NULL) == MAP_FAILED);
	munmap(p, 4 * PAGE_SIZE);
	check(mremap(p, PAGE_SIZE, PAGE_SIZE, 0, NULL) == MAP_FAILED);
}

static void spin_read(void *arg)
{
	for (;;)
		read_word(arg);
}

static void move_under_reader(void *arg)
{
	static struct thread t;
	char *to = map_pages(1);

	thread_create(&t, spin_read, arg, online_cpus() - 1);
	usleep(30000);
	mremap(arg, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	usleep(1000000);
	exit(3);	/* the reader goes on: nobody told its CPU */
}

void test_mremap_reaches_other_cpus(void)
{
	char *p = map_pages(1);

	p[0] = 1;
	check(child_status(move_under_reader, p) == SIGSEGV);
	munmap(p, PAGE_SIZE);
}

static void migrate_numbers(void *arg)
{
	u64 *p = arg, i;

	for (i = 0; i < 4; i++)
		move_to(p + i * 512, 1);
	check_numbers(p, 4, 1);
	number_pages(p, 4, 50);
}

/* A folio keeps its index when it moves; at its old address there may be others with the same. */
void test_moved_pages_migrate_and_are_copied_on_write(void)
{
	u64 *p = map_pages(4), *to = map_pages(4);

	number_pages(p, 4, 1);
	check(mremap(p, 4 * PAGE_SIZE, 4 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	check(mmap(p, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED) == p);
	number_pages(p, 4, 1);
	check(child_status(migrate_numbers, to) == 0);
	check(child_status(migrate_numbers, p) == 0);
	check_numbers(to, 4, 1);
	check_numbers(p, 4, 1);
	migrate_numbers(to);
	check_numbers(to, 4, 50);
	check_numbers(p, 4, 1);
	munmap(p, 4 * PAGE_SIZE);
	munmap(to, 4 * PAGE_SIZE);
}
