/*
 * scenario.c - runs a small race of pinned threads that its arguments describe, and
 * prints what each of them saw. The grammar, the results and what a debugger or an
 * explorer may rely on are in scenario.h.
 */
#include "scenario.h"

static u64 checksum;

static void add_to_checksum(u64 value)
{
	checksum = mix64(checksum + value);
}

static void make_file(const struct scenario_location *file)
{
	int fd = memfd_create(file->name, 0);

	if (fd != (int)file->address || ftruncate(fd, file->pages * PAGE_SIZE))
		die("scenario: %s: it cannot be made", file->name);
}

/* Two mappings of a file come with two first values; those that say nothing leave the other's alone. */
static u64 *map_page(const struct scenario_location *page)
{
	void *address = (void *)page->address;
	u64 *p;

	if (page->file)
		p = mmap_file(address, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, page->file->address, 0);
	else
		p = mmap(address, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
	if (p == MAP_FAILED)
		die("scenario: %s: mmap failed", page->name);
	/* Written even if it is zero, or there would be no frame of its own. */
	if (!page->file || page->value)
		*p = page->value;
	else
		*p = *(volatile u64 *)p;
	return p;
}

static void make_page(const struct scenario_location *page)
{
	u64 *p = map_page(page);
	void *address = p;
	int status = -1;

	if (page->node >= 0 &&
	    (move_pages(0, 1, &address, &page->node, &status, MPOL_MF_MOVE_ALL) || status != page->node))
		die("scenario: %s: it cannot be on node %d", page->name, page->node);
	if (page->prot != (PROT_READ | PROT_WRITE)) {
		if (mprotect(p, PAGE_SIZE, page->prot))
			die("scenario: %s: mprotect failed", page->name);
	} else if (page->file) {
		madvise(p, PAGE_SIZE, MADV_DONTNEED);
	}
}

static void make_locations(void)
{
	u32 i;

	for (i = 0; i < nr_scenario_files; i++)
		make_file(&scenario_files[i]);
	for (i = 0; i < nr_scenario_pages; i++) {
		if (scenario_pages[i].kind == SCENARIO_PAGE)
			make_page(&scenario_pages[i]);
	}
	for (i = 0; i < nr_scenario_vars; i++)
		*(u64 *)scenario_vars[i].address = scenario_vars[i].value;
}

static void prepare_pins(struct scenario_column *column)
{
	u32 i;
	int fd;

	for (i = 0; i < column->nr_ops && column->ops[i].kind != OP_PIN; i++)
		;
	if (i == column->nr_ops)
		return;
	fd = memfd_create("pin", 0);
	if (fd < 0 || ftruncate(fd, sizeof(u64)) || io_setup(SCENARIO_OPS, &column->pin_context))
		die("scenario: pins cannot be made ready");
	column->pin_fd = fd;
}

static void print_column(u32 k)
{
	const struct scenario_column *column = &scenario_columns[k];
	u32 i;

	printf("P%u:", k);
	for (i = 0; i < SCENARIO_REGISTERS; i++) {
		if (!(column->registers_set >> i & 1))
			continue;
		printf(" r%u=%lu", i, column->registers[i]);
		add_to_checksum(column->registers[i]);
	}
	for (i = 0; i < column->nr_ops; i++) {
		if (!column->status[i])
			continue;
		printf(" %s[%u]=%ld", scenario_op_name(column->ops[i].kind), i, column->status[i]);
		add_to_checksum(column->status[i]);
	}
	printf("\n");
}

/* Made readable first: what a scenario leaves there may be unmapped, out of reach, or of a file that has been cut. */
static void print_page(const struct scenario_location *page)
{
	void *address = (void *)page->address;
	int node = -1;
	u64 value = 0;

	if (mprotect(address, PAGE_SIZE, PROT_READ) || scenario_load(page->address, &value)) {
		printf("%s unmapped\n", page->name);
		add_to_checksum(~0UL);
		return;
	}
	move_pages(0, 1, &address, NULL, &node, 0);
	if (node < 0)
		printf("%s=%lu\n", page->name, value);	/* no frame of its own: never written */
	else
		printf("%s=%lu node=%d\n", page->name, value, node);
	add_to_checksum(value);
	add_to_checksum(node);
}

static void print_file(const struct scenario_location *file)
{
	u64 value;

	if (pread(file->address, &value, sizeof(value), 0) != sizeof(value)) {
		printf("%s empty\n", file->name);
		add_to_checksum(~0UL);
		return;
	}
	printf("%s=%lu\n", file->name, value);
	add_to_checksum(value);
}

static void print_results(void)
{
	u32 i;

	for (i = 0; i < nr_scenario_columns; i++)
		print_column(i);
	for (i = 0; i < nr_scenario_pages; i++)
		print_page(&scenario_pages[i]);
	for (i = 0; i < nr_scenario_vars; i++) {
		u64 value = *(u64 *)scenario_vars[i].address;

		printf("%s=%lu\n", scenario_vars[i].name, value);
		add_to_checksum(value);
	}
	for (i = 0; i < nr_scenario_files; i++)
		print_file(&scenario_files[i]);
	print_checksum(checksum);
	exit(0);
}

static void run_column(struct scenario_column *column) __noreturn;
static void run_column(struct scenario_column *column)
{
	u32 first = 0;

	scenario_run(column);
	while (scenario_columns[first].exits)
		first++;
	if (column == &scenario_columns[first])
		print_results();
	for (;;)
		syscall3(__NR_exit, 0, 0, 0);
}

static void column_main(void *arg)
{
	scenario_wait(arg);
	run_column(arg);
}

int main(void)
{
	u32 i;

	scenario_parse();
	if (online_cpus() < (int)nr_scenario_columns)
		die("scenario: %u columns need as many CPUs; there are %d", nr_scenario_columns, online_cpus());
	make_locations();
	for (i = 0; i < nr_scenario_columns; i++)
		prepare_pins(&scenario_columns[i]);
	handle_faults(scenario_fault);
	sched_setaffinity(0, 1);
	for (i = 1; i < nr_scenario_columns; i++)
		thread_create(&scenario_columns[i].thread, column_main, &scenario_columns[i], i);
	for (i = 1; i < nr_scenario_columns; i++)
		while (!READ_ONCE(scenario_columns[i].waiting))
			sched_yield();
	scenario_start();
	run_column(&scenario_columns[0]);
}
