/* selftest_threads.c - tests of threads, scheduling, and of page tables that several CPUs use at once. */
#include "selftest.h"

#define THREADS 8

static volatile u32 stop;

static void spin_write(void *arg)
{
	volatile u64 *p = arg;

	for (;;)
		(*p)++;
}

static void spin_read(void *arg)
{
	volatile u64 *p = arg;

	for (;;)
		(void)*p;
}

/* In a child: a thread that uses the page on another CPU, until the main thread takes the page away. */
static void protect_under_writer(void *arg)
{
	static struct thread t;
	volatile u64 *p = arg;

	thread_create(&t, spin_write, arg, online_cpus() - 1);
	while (*p < 1000)
		sched_yield();
	mprotect(arg, PAGE_SIZE, PROT_READ);
	usleep(1000000);
	exit(3);	/* the writer goes on: nobody told its CPU */
}

static void unmap_under_reader(void *arg)
{
	static struct thread t;

	thread_create(&t, spin_read, arg, online_cpus() - 1);
	usleep(30000);
	munmap(arg, PAGE_SIZE);
	usleep(1000000);
	exit(3);
}

void test_mprotect_reaches_other_cpus(void)
{
	void *p = map_pages(1);

	check(child_status(protect_under_writer, p) == SIGSEGV);
	munmap(p, PAGE_SIZE);
}

void test_munmap_reaches_other_cpus(void)
{
	void *p = map_pages(1);

	memset(p, 1, PAGE_SIZE);
	check(child_status(unmap_under_reader, p) == SIGSEGV);
	munmap(p, PAGE_SIZE);
}

static mutex_t mutex;
static u64 counter;

static void count_up(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 2000; i++) {
		mutex_lock(&mutex);
		counter++;
		mutex_unlock(&mutex);
	}
}

void test_threads_share_memory_under_a_mutex(void)
{
	static struct thread t[THREADS];
	int i;

	counter = 0;
	for (i = 0; i < THREADS; i++)
		thread_create(&t[i], count_up, NULL, -1);
	for (i = 0; i < THREADS; i++)
		thread_join(&t[i]);
	check(counter == THREADS * 2000);
}

static struct barrier barrier;
static u64 round_of[THREADS];

static void run_rounds(void *arg)
{
	u64 me = (u64)arg, round, i;

	for (round = 1; round <= 50; round++) {
		round_of[me] = round;
		barrier_wait(&barrier);
		for (i = 0; i < THREADS; i++) {
			if (round_of[i] != round)
				fail("thread %lu in round %lu saw %lu in %lu", me, round, i, round_of[i]);
		}
		barrier_wait(&barrier);
	}
}

void test_barrier_keeps_rounds_apart(void)
{
	static struct thread t[THREADS];
	u64 i;

	barrier_init(&barrier, THREADS);
	for (i = 0; i < THREADS; i++)
		thread_create(&t[i], run_rounds, (void *)i, -1);
	for (i = 0; i < THREADS; i++)
		thread_join(&t[i]);
}

void test_affinity_moves_the_caller(void)
{
	u64 all = sched_getaffinity(0);
	int cpu, n = online_cpus(), round;

	for (round = 0; round < 3; round++) {
		for (cpu = n - 1; cpu >= 0; cpu--) {
			check(sched_setaffinity(0, 1UL << cpu) == 0);
			check(getcpu() == cpu);
		}
	}
	check(sched_setaffinity(0, 0) == -EINVAL);
	check(sched_setaffinity(0, all) == 0);
	check(sched_getaffinity(0) == all);
}

static volatile u32 where;

static void report_cpu(void *unused)
{
	(void)unused;
	while (!stop)
		where = getcpu();
}

void test_affinity_moves_a_running_thread(void)
{
	static struct thread t;
	u32 cpu, n = online_cpus(), tid;

	stop = 0;
	thread_create(&t, report_cpu, NULL, -1);
	tid = t.tid;
	for (cpu = 0; cpu < 3 * n; cpu++) {
		check(sched_setaffinity(tid, 1UL << cpu % n) == 0);
		usleep(30000);
		if (where != cpu % n)
			fail("it runs on %u, not on %u", where, cpu % n);
	}
	stop = 1;
	thread_join(&t);
}

static volatile u64 progress[2 * MAX_THREADS];

static void advance(void *arg)
{
	while (!stop)
		progress[(u64)arg]++;
}

void test_busy_threads_all_advance(void)
{
	static struct thread t[MAX_THREADS];
	u64 n = min(2 * online_cpus() + 1, MAX_THREADS), i, waited;

	stop = 0;
	for (i = 0; i < n; i++) {
		progress[i] = 0;
		thread_create(&t[i], advance, (void *)i, -1);
	}
	for (i = 0; i < n; i++) {
		for (waited = 0; progress[i] < 1000 && waited < 500; waited++)
			usleep(10000);
		if (progress[i] < 1000)
			fail("thread %lu stands still", i);
	}
	stop = 1;
	for (i = 0; i < n; i++)
		thread_join(&t[i]);
}

static u64 now_ns(void)
{
	u64 ts[2];

	syscall3(__NR_clock_gettime, 1, ts, 0);
	return ts[0] * 1000000000 + ts[1];
}

void test_sleep_lasts_at_least_as_asked(void)
{
	u64 start = now_ns(), ns;

	usleep(50000);
	ns = now_ns() - start;
	if (ns < 50000000)
		fail("50 ms lasted %lu ns", ns);
}

static void exit_under_threads(void *unused)
{
	static struct thread t[THREADS];
	u64 i;

	(void)unused;
	stop = 0;
	for (i = 0; i < THREADS; i++)
		thread_create(&t[i], i & 1 ? advance : count_up, (void *)i, -1);
	usleep(20000);
	exit(9);
}

void test_exit_group_ends_running_threads(void)
{
	int i;

	for (i = 0; i < 5; i++)
		check(child_status(exit_under_threads, NULL) == exited(9));
}

static u64 thread_pointer(void)
{
	u64 v;

	__asm__ volatile("mov %%fs:0, %0" : "=r"(v));
	return v;
}

static void use_thread_pointer(void *arg)
{
	u64 *block = arg, i;

	block[0] = (u64)arg;
	check(syscall3(__NR_arch_prctl, 0x1002, block, 0) == 0);
	for (i = 0; i < 200; i++) {
		if (thread_pointer() != (u64)arg)
			fail("another thread's FS base");
		sched_yield();
	}
}

void test_thread_pointer_is_per_thread(void)
{
	static struct thread t[THREADS];
	static u64 blocks[THREADS][8];
	int i;

	for (i = 0; i < THREADS; i++)
		thread_create(&t[i], use_thread_pointer, blocks[i], -1);
	for (i = 0; i < THREADS; i++)
		thread_join(&t[i]);
}
