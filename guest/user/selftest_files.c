/* selftest_files.c - tests of memory files: read and written, mapped, cut, shared by processes, migrated. */
#include "selftest.h"

static int new_file(u64 pages)
{
	int fd = memfd_create("selftest", 0);

	check(fd >= 3);
	check(ftruncate(fd, pages * PAGE_SIZE) == 0);
	return fd;
}

static void *map_file(int fd, u64 pages, int prot)
{
	void *p = mmap_file(NULL, pages * PAGE_SIZE, prot, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("selftest: mmap of a file failed");
	return p;
}

static void write_number(int fd, u64 offset, u64 value)
{
	check(pwrite(fd, &value, sizeof(value), offset) == sizeof(value));
}

static u64 read_number(int fd, u64 offset)
{
	u64 value = 0;

	check(pread(fd, &value, sizeof(value), offset) == sizeof(value));
	return value;
}

void test_files_are_read_and_written(void)
{
	static u64 in[1500], out[1500];
	int fd = memfd_create("selftest", 0);
	u64 i;

	for (i = 0; i < ARRAY_SIZE(in); i++)
		in[i] = mix64(i);
	/* Over page boundaries, from an odd place; the hole before it reads as zeroes. */
	check(write(fd, "abc", 3) == 3);
	check(pwrite(fd, in, sizeof(in), 8191) == sizeof(in));
	check(pread(fd, out, sizeof(out), 8191) == sizeof(out));
	check(memcmp(in, out, sizeof(in)) == 0);
	check(read_number(fd, 4096) == 0 && read_number(fd, 0) == 0x636261);
	check(read(fd, out, 8) == 8);	/* from where write() left off */
	check(out[0] == 0);
	check(pread(fd, out, sizeof(out), 8191 + sizeof(in) - 5) == 5);
	check(pread(fd, out, 8, 1 << 20) == 0);
	check(pwrite(fd, in, 8, 1 << 30) == -EFBIG);
	check(pwrite(fd, (void *)0x1000, 8, 0) == -EFAULT);
	check(pread(fd, (void *)0x1000, 8, 0) == -EFAULT);
	check(close(fd) == 0);
	check(close(fd) == -EBADF && pread(fd, out, 8, 0) == -EBADF && ftruncate(fd, 0) == -EBADF);
}

void test_mappings_of_a_file_show_one_contents(void)
{
	int fd = new_file(4);
	volatile u64 *a = map_file(fd, 4, PROT_READ | PROT_WRITE), *b = map_file(fd, 4, PROT_READ);
	volatile u64 *third = mmap_file(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 2 * PAGE_SIZE);

	check(b[1024] == 0);
	a[1024] = 5;
	check(b[1024] == 5 && third[0] == 5 && read_number(fd, 8192) == 5);
	write_number(fd, 8192, 6);
	check(a[1024] == 6 && b[1024] == 6 && third[0] == 6);
	check(madvise((void *)a, 4 * PAGE_SIZE, MADV_DONTNEED) == 0);
	check(a[1024] == 6);
	check(mprotect((void *)b, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE) == 0);
	b[0] = 7;
	check(a[0] == 7);
	/* Mappings outlive the descriptor. */
	check(close(fd) == 0);
	b[1] = 8;
	check(a[1] == 8);
	munmap((void *)a, 4 * PAGE_SIZE);
	check(b[1] == 8);
	munmap((void *)b, 4 * PAGE_SIZE);
	munmap((void *)third, PAGE_SIZE);
}

static void write_in_child(void *arg)
{
	u64 *p = arg;

	if (p[0] != 1)
		exit(1);
	p[0] = 2;
	p[512] = 3;
}

void test_fork_shares_files(void)
{
	int fd = new_file(2);
	u64 *p = map_file(fd, 2, PROT_READ | PROT_WRITE);
	u64 *anonymous = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);

	p[0] = 1;
	check(child_status(write_in_child, p) == 0);
	check(p[0] == 2 && p[512] == 3 && read_number(fd, 4096) == 3);
	anonymous[0] = 1;
	check(child_status(write_in_child, anonymous) == 0);
	check(anonymous[0] == 2 && anonymous[512] == 3);
	munmap(anonymous, 2 * PAGE_SIZE);
	munmap(p, 2 * PAGE_SIZE);
	close(fd);
}

static void read_word(void *p)
{
	(void)*(volatile u64 *)p;
}

void test_pages_beyond_the_end_of_a_file_fault(void)
{
	int fd = new_file(4);
	u64 *p = map_file(fd, 6, PROT_READ | PROT_WRITE), i;

	for (i = 0; i < 4; i++)
		p[i * 512] = p[i * 512 + 1] = i + 1;
	check(child_status(read_word, p + 4 * 512) == SIGBUS);
	check(ftruncate(fd, PAGE_SIZE + 8) == 0);
	check(p[0] == 1 && p[512] == 2 && p[513] == 0);
	check(child_status(read_word, p + 2 * 512) == SIGBUS);
	check(ftruncate(fd, 4 * PAGE_SIZE) == 0);
	check(p[512] == 2 && p[2 * 512] == 0 && p[3 * 512] == 0);
	check(ftruncate(fd, 1UL << 40) == -EFBIG);
	munmap(p, 6 * PAGE_SIZE);
	close(fd);
}

static void spin_read(void *arg)
{
	for (;;)
		read_word(arg);
}

static void cut_under_reader(void *arg)
{
	static struct thread t;
	int fd = *(int *)arg;
	void *p = map_file(fd, 1, PROT_READ);

	thread_create(&t, spin_read, p, online_cpus() - 1);
	usleep(30000);
	ftruncate(fd, 0);
	usleep(1000000);
	exit(3);	/* the reader goes on: nobody told its CPU */
}

void test_truncation_reaches_other_cpus(void)
{
	int fd = new_file(1);

	check(child_status(cut_under_reader, &fd) == SIGBUS);
	close(fd);
}

static void move_and_write_file(void *arg)
{
	u64 *p = arg, round;

	for (round = 0; round < 8; round++) {
		move_to(p, round & 1 ? 0 : 1);
		p[0]++;
	}
}

void test_pages_of_files_migrate(void)
{
	int fd = new_file(2), node;
	u64 *p = map_file(fd, 2, PROT_READ | PROT_WRITE), *other = map_file(fd, 2, PROT_READ);

	p[0] = 10;
	p[512] = 20;
	for (node = 1; node >= 0; node--) {
		move_to(p, node);
		check(p[0] == 10 && read_number(fd, 0) == 10);
		p[0] = 11;
		check(read_number(fd, 0) == 11);
		write_number(fd, 0, 10);
		check(p[0] == 10);
	}
	/* Mapped twice, and then by two processes: reclaim moves it all the same. */
	check(other[0] == 10 && other[512] == 20);
	madvise(p, 2 * PAGE_SIZE, MADV_PAGEOUT);
	check(node_of(p) == node_of(other));
	p[0] = 12;
	check(other[0] == 12 && read_number(fd, 0) == 12);
	munmap(other, 2 * PAGE_SIZE);
	check(child_status(move_and_write_file, p) == 0);
	check(p[0] == 20 && p[512] == 20);
	munmap(p, 2 * PAGE_SIZE);
	close(fd);
}

static volatile u32 stop, bad;

/* Through the file's other mapping: what is written there grows and never shrinks. */
static void follow_file(void *arg)
{
	volatile u64 *p = arg;
	u64 seen = 0;

	while (!stop) {
		u64 now = *p;

		if (now < seen)
			bad++;
		seen = now;
	}
}

void test_writes_to_a_migrating_file_are_seen_everywhere(void)
{
	static struct thread t[3];
	int fd = new_file(1);
	u64 *p = map_file(fd, 1, PROT_READ | PROT_WRITE), *other = map_file(fd, 1, PROT_READ), i;

	stop = bad = 0;
	for (i = 0; i < 3; i++)
		thread_create(&t[i], follow_file, i & 1 ? p : other, -1);
	for (i = 1; i < 60; i++) {
		if (i & 2)
			madvise(p, PAGE_SIZE, MADV_PAGEOUT);
		else
			move_to(other, 0);
		if (i & 1)
			write_number(fd, 0, i);
		else
			*(volatile u64 *)p = i;
		check(*(volatile u64 *)other == i);
	}
	stop = 1;
	for (i = 0; i < 3; i++)
		thread_join(&t[i]);
	check(bad == 0);
	munmap(p, PAGE_SIZE);
	munmap(other, PAGE_SIZE);
	close(fd);
}
