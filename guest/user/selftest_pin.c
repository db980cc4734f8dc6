/* selftest_pin.c - tests of reads that the kernel does behind the page tables, into pages that it has pinned. */
#include "selftest.h"

static u64 ctx;
static struct iocb iocb;

static long submit(int fd, void *buf, u64 n, u64 offset)
{
	struct iocb *list[1] = { &iocb };

	iocb = (struct iocb){
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (u64)buf, .aio_nbytes = n,
		.aio_offset = offset, .aio_data = 77,
	};
	return io_submit(ctx, 1, list);
}

/* What the read returned, when it is done. */
static s64 complete(void)
{
	struct io_event event;

	if (io_getevents(ctx, 1, 1, &event) != 1)
		return -EAGAIN;
	check(event.data == 77 && event.obj == (u64)&iocb);
	return event.res;
}

static int number_file(u64 value)
{
	int fd = memfd_create("selftest", 0);

	check(pwrite(fd, &value, sizeof(value), 0) == sizeof(value));
	return fd;
}

void test_asynchronous_reads_come_when_fetched(void)
{
	int fd = number_file(5);
	u64 *p = map_pages(2);

	check(io_setup(4, &ctx) == 0);
	p[1] = 1;
	check(submit(fd, p + 1, 8, 0) == 1);
	check(p[1] == 1);
	check(complete() == 8 && p[1] == 5);
	check(complete() == -EAGAIN);
	/* Where nothing was yet, and past the end of the file. */
	check(submit(fd, p + 512, 8, 4) == 1 && complete() == 4 && p[512] == 0);
	check(submit(fd, p, 8, 4096) == 1 && complete() == 0);
	check(submit(99, p, 8, 0) == -EBADF);
	check(submit(fd, p + 511, 16, 0) == -EINVAL);
	check(submit(fd, (void *)0x1000, 8, 0) == -EFAULT);
	check(mprotect(p, PAGE_SIZE, PROT_READ) == 0);
	check(submit(fd, p, 8, 0) == -EFAULT);
	check(io_destroy(ctx) == 0 && io_destroy(ctx) == -EINVAL);
	check(io_getevents(ctx, 0, 0, NULL) == -EINVAL);
	munmap(p, 2 * PAGE_SIZE);
	close(fd);
}

void test_a_pinned_page_does_not_migrate(void)
{
	int fd = number_file(9), before;
	u64 *p = map_pages(1);

	check(io_setup(1, &ctx) == 0);
	p[0] = 3;
	before = node_of(p);
	check(submit(fd, p, 8, 0) == 1);
	madvise(p, PAGE_SIZE, MADV_PAGEOUT);
	check(node_of(p) == before && p[0] == 3);
	/* Its rights may go; the read is under way all the same. */
	check(mprotect(p, PAGE_SIZE, PROT_READ) == 0);
	check(complete() == 8 && p[0] == 9);
	madvise(p, PAGE_SIZE, MADV_PAGEOUT);
	check(p[0] == 9);
	/* Nobody fetches these: they end with the context, and with the mapping. */
	check(mprotect(p, PAGE_SIZE, PROT_READ | PROT_WRITE) == 0);
	check(submit(fd, p, 8, 0) == 1);
	munmap(p, PAGE_SIZE);
	check(io_destroy(ctx) == 0);
	close(fd);
}

static void expect_old(void *arg)
{
	u64 *p = arg;

	if (p[0] != 3)
		exit(1);
	p[0] = 4;
	if (p[0] != 4)
		exit(2);
}

void test_a_pinned_page_stays_with_the_parent(void)
{
	int fd = number_file(9);
	u64 *p = map_pages(1);

	check(io_setup(1, &ctx) == 0);
	p[0] = 3;
	check(submit(fd, p, 8, 0) == 1);
	check(child_status(expect_old, p) == 0);
	p[1] = 5;
	check(complete() == 8 && p[0] == 9 && p[1] == 5);
	check(io_destroy(ctx) == 0);
	munmap(p, PAGE_SIZE);
	close(fd);
}
