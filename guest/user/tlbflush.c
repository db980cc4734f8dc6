/*
 * tlbflush.c - threads that map, touch and unmap in one address space, after
 * will-it-scale. Every munmap must reach each CPU on which a sibling runs.
 *
 *	threads=N	default: one per CPU
 *	iterations=N	per thread (2000)
 *	pages=N		mapped and touched each time (8)
 */
#include "libc.h"

static u64 iterations, pages;

struct worker {
	struct thread thread;
	u64 id, sum;
};

static void work(void *arg)
{
	struct worker *w = arg;
	u64 i, p;

	for (i = 0; i < iterations; i++) {
		u64 *area = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

		if (area == MAP_FAILED)
			die("tlbflush: mmap failed");
		for (p = 0; p < pages; p++) {
			u64 *word = area + p * (PAGE_SIZE / 8) + (i & 511);

			*word = mix64(w->id << 48 | i << 8 | p);
			/* The rest of a fresh page is zero: a sum that is off saw somebody else's frame. */
			w->sum += word[i & 1 ? -1 : 1];
		}
		for (p = 0; p < pages; p++)
			w->sum += area[p * (PAGE_SIZE / 8) + (i & 511)];
		if (munmap(area, pages * PAGE_SIZE))
			die("tlbflush: munmap failed");
	}
}

int main(void)
{
	static struct worker workers[MAX_THREADS];
	u64 n = arg_u64("threads", online_cpus()), sum = 0, i;

	iterations = arg_u64("iterations", 2000);
	pages = arg_u64("pages", 8);
	args_done();
	if (n < 1 || n > MAX_THREADS || !pages)
		die("tlbflush: threads must be 1..%d, pages at least 1", MAX_THREADS);
	for (i = 0; i < n; i++) {
		workers[i].id = i;
		thread_create(&workers[i].thread, work, &workers[i], -1);
	}
	for (i = 0; i < n; i++) {
		thread_join(&workers[i].thread);
		sum += workers[i].sum;
	}
	print_checksum(sum);
	return 0;
}
