/*
 * churn.c - folios go back and forth between two nodes while pinned threads read
 * them. Each round: a barrier, then the main thread moves every page to the other
 * node as the readers sum what they read and compare; a barrier, and the pages of
 * the second half get new contents. In a round nobody writes, so a reader that
 * sees anything but the round's contents has read through a stale translation.
 *
 * The first half is PROT_READ for good. The second is made writable between rounds,
 * written, and made read-only again.
 *
 *	threads=N	readers, pinned (default: CPUs - 1, at least 1)
 *	pages=N		in all (512)
 *	rounds=N	(32)
 *	passes=N	over the pages, by each reader in a round (2)
 */
#include "libc.h"

#define WORDS (PAGE_SIZE / 8)
#define MAX_PAGES 16384

static u64 nr_readers, pages, rounds, passes;
static u64 *area;
static struct barrier barrier;
static u64 round_now;
static u64 page_sums[MAX_PAGES];	/* what each page must add up to in this round */

struct reader {
	struct thread thread;
	u64 sum;
};

static u64 *page_at(u64 p)
{
	return area + p * WORDS;
}

static void fill_page(u64 p, u64 round)
{
	u64 seed = mix64(round << 32 | p), sum = 0, i;

	for (i = 0; i < WORDS; i++) {
		page_at(p)[i] = seed + i * seed;
		sum += seed + i * seed;
	}
	page_sums[p] = sum;
}

static u64 sum_page(u64 p)
{
	const volatile u64 *word = page_at(p);
	u64 sum = 0, i;

	for (i = 0; i < WORDS; i++)
		sum += word[i];
	return sum;
}

static void read_round(struct reader *r)
{
	u64 pass, p;

	for (pass = 0; pass < passes; pass++) {
		for (p = 0; p < pages; p++) {
			u64 sum = sum_page(p);

			if (sum != page_sums[p])
				die("churn: round %lu: page %lu adds up to 0x%lx, not 0x%lx", round_now, p, sum,
				    page_sums[p]);
			r->sum += mix64(sum + round_now);
		}
	}
}

static void reader_main(void *arg)
{
	u64 round;

	for (round = 0; round < rounds; round++) {
		barrier_wait(&barrier);
		read_round(arg);
		barrier_wait(&barrier);
	}
}

/* Pages that a reader's fault or the kernel holds may stay: the status says so, and the next round tries again. */
static u64 move_all(int node)
{
	static void *addr[MAX_PAGES];
	static int nodes[MAX_PAGES], status[MAX_PAGES];
	u64 p, moved = 0;
	long ret;

	for (p = 0; p < pages; p++) {
		addr[p] = page_at(p);
		nodes[p] = node;
	}
	ret = move_pages(0, pages, addr, nodes, status, MPOL_MF_MOVE);
	if (ret < 0)
		die("churn: move_pages failed: %ld", ret);
	for (p = 0; p < pages; p++)
		moved += status[p] == node;
	return moved;
}

static void rewrite_second_half(u64 round)
{
	u64 first = pages / 2, p;

	if (mprotect(page_at(first), (pages - first) * PAGE_SIZE, PROT_READ | PROT_WRITE))
		die("churn: mprotect failed");
	for (p = first; p < pages; p++)
		fill_page(p, round);
	if (mprotect(page_at(first), (pages - first) * PAGE_SIZE, PROT_READ))
		die("churn: mprotect failed");
}

int main(void)
{
	static struct reader readers[MAX_THREADS];
	u64 cpus = online_cpus(), sum = 0, moved = 0, i;

	nr_readers = arg_u64("threads", max(cpus - 1, 1UL));
	pages = arg_u64("pages", 512);
	rounds = arg_u64("rounds", 32);
	passes = arg_u64("passes", 2);
	args_done();
	if (nr_readers < 1 || nr_readers >= MAX_THREADS || pages < 2 || pages > MAX_PAGES)
		die("churn: threads must be 1..%d, pages 2..%d", MAX_THREADS - 1, MAX_PAGES);

	area = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	if (area == MAP_FAILED)
		die("churn: mmap failed");
	for (i = 0; i < pages; i++)
		fill_page(i, 0);
	if (mprotect(area, pages * PAGE_SIZE, PROT_READ))
		die("churn: mprotect failed");

	sched_setaffinity(0, 1);
	barrier_init(&barrier, nr_readers + 1);
	for (i = 0; i < nr_readers; i++)
		thread_create(&readers[i].thread, reader_main, &readers[i], (i + 1) % cpus);
	for (round_now = 0; round_now < rounds; round_now++) {
		barrier_wait(&barrier);
		moved += move_all(round_now & 1 ? 0 : 1);
		barrier_wait(&barrier);
		rewrite_second_half(round_now + 1);
	}
	for (i = 0; i < nr_readers; i++) {
		thread_join(&readers[i].thread);
		sum += readers[i].sum;
	}
	for (i = 0; i < pages; i++)
		sum += mix64(sum_page(i) + i);
	printf("churn: %lu of %lu moves reached their node\n", moved, rounds * pages);
	print_checksum(sum);
	return 0;
}
