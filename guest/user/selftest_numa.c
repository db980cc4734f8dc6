/* selftest_numa.c - tests of migration between nodes. On a machine with one node they pass at once. */
#include "selftest.h"

#define PAGES 64

int node_of(void *page)
{
	int status = -1;
	long ret = move_pages(0, 1, &page, NULL, &status, 0);

	return ret < 0 ? (int)ret : status;
}

bool move_to(void *page, int node)
{
	int status = -1;

	if (move_pages(0, 1, &page, &node, &status, MPOL_MF_MOVE) < 0)
		return false;
	return status == node && node_of(page) == node;
}

static bool two_nodes(void)
{
	char *p = map_pages(1);
	bool two;

	p[0] = 1;
	two = move_to(p, 1);
	munmap(p, PAGE_SIZE);
	return two;
}

void test_move_pages_keeps_contents(void)
{
	u64 *p = map_pages(PAGES), i, round;
	int untouched;

	if (!two_nodes())
		return;
	for (i = 0; i < PAGES * 512; i++)
		p[i] = mix64(i);
	for (round = 0; round < 6; round++) {
		for (i = 0; i < PAGES; i++)
			check(move_to(p + i * 512, round & 1 ? 0 : 1));
		for (i = 0; i < PAGES * 512; i++)
			check(p[i] == mix64(i));
	}
	check(madvise(p, PAGE_SIZE, MADV_DONTNEED) == 0);
	untouched = node_of(p);
	check(untouched == -ENOENT);
	munmap(p, PAGES * PAGE_SIZE);
}

static volatile u32 stop, bad;
static u64 *shared;

static void verify(void *unused)
{
	u64 i;

	(void)unused;
	while (!stop) {
		for (i = 0; i < PAGES; i++) {
			if (shared[i * 512 + (i & 63)] != mix64(i))
				bad++;
		}
	}
}

void test_move_pages_under_readers(void)
{
	static struct thread t[3];
	u64 round, i;

	if (!two_nodes())
		return;
	shared = map_pages(PAGES);
	for (i = 0; i < PAGES; i++)
		shared[i * 512 + (i & 63)] = mix64(i);
	check(mprotect(shared, PAGES * PAGE_SIZE / 2, PROT_READ) == 0);
	stop = bad = 0;
	for (i = 0; i < 3; i++)
		thread_create(&t[i], verify, NULL, -1);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < PAGES; i++)
			move_to(shared + i * 512, round & 1 ? 0 : 1);
	}
	stop = 1;
	for (i = 0; i < 3; i++)
		thread_join(&t[i]);
	check(bad == 0);
	munmap(shared, PAGES * PAGE_SIZE);
}

static volatile u64 turn;

/* Sees the value for a turn only if its CPU's translation is the one that the writer used. */
static void follow(void *unused)
{
	u64 seen = 0;

	(void)unused;
	while (!stop) {
		u64 now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);

		if (now == seen)
			continue;
		if (*(volatile u64 *)shared < now)
			bad++;
		seen = now;
	}
}

void test_write_after_move_is_seen_everywhere(void)
{
	static struct thread t[3];
	u64 i;

	if (!two_nodes())
		return;
	shared = map_pages(1);
	shared[0] = 1;
	stop = bad = 0;
	turn = 0;
	for (i = 0; i < 3; i++)
		thread_create(&t[i], follow, NULL, -1);
	for (i = 1; i < 100; i++) {
		move_to(shared, i & 1);
		*(volatile u64 *)shared = i;
		__atomic_store_n(&turn, i, __ATOMIC_RELEASE);
	}
	stop = 1;
	for (i = 0; i < 3; i++)
		thread_join(&t[i]);
	check(bad == 0);
	munmap(shared, PAGE_SIZE);
}

static void move_and_write(void *arg)
{
	u64 *p = arg, i;

	for (i = 0; i < PAGES; i++) {
		move_to(p + i * 512, i & 1);
		if (p[i * 512] != mix64(i))
			exit(1);
		p[i * 512] = 5;
		move_to(p + i * 512, !(i & 1));
		if (p[i * 512] != 5)
			exit(2);
	}
}

void test_shared_cow_pages_move(void)
{
	u64 *p = map_pages(PAGES), i;

	if (!two_nodes())
		return;
	for (i = 0; i < PAGES; i++)
		p[i * 512] = mix64(i);
	check(child_status(move_and_write, p) == 0);
	for (i = 0; i < PAGES; i++)
		check(p[i * 512] == mix64(i));
	munmap(p, PAGES * PAGE_SIZE);
}
