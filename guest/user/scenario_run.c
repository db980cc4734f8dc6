/*
 * scenario_run.c - the columns of program `scenario` under way: the part that is explored. Whatever two columns
 * share here is one more place where their order matters, so they share the word that lets them go and
 * nothing else. For scenario.c.
 */
#include "scenario.h"

/*
 * In .data, whose pages exist from the start: one of .bss that was only read is the zero
 * page, and the store that lets all go would begin every run with a copy and a shootdown.
 */
static struct {
	u32 go;
} start __section(".data") ____cacheline_aligned;

static inline void pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

noinline void scenario_wait(struct scenario_column *column)
{
	WRITE_ONCE(column->waiting, 1);
	while (!READ_ONCE(start.go))
		pause();
}

noinline void scenario_start(void)
{
	WRITE_ONCE(start.go, 1);
}

noinline void scenario_end(void)
{
	u32 i;

	for (i = 0; i < nr_scenario_columns; i++)
		while (!READ_ONCE(scenario_columns[i].done))
			pause();
}

/*
 * One access to memory, at which a fault is an outcome: then the handler goes on behind it, with -EFAULT in
 * RAX. Each leaves the two addresses for it.
 */
#define ACCESS(instruction)				\
	"1:	" instruction "\n"			\
	"2:\n"						\
	"	.pushsection .fixups, \"a\"\n"		\
	"	.quad 1b, 2b\n"				\
	"	.popsection"

struct fixup {
	u64 instruction, next;
};

extern const struct fixup fixups_start[], fixups_end[];

long scenario_load(u64 address, u64 *value)
{
	long err = 0;

	__asm__ volatile(ACCESS("mov (%2), %1") : "+a"(err), "+r"(*value) : "r"(address) : "memory");
	return err;
}

static long store(u64 address, u64 value)
{
	long err = 0;

	__asm__ volatile(ACCESS("mov %2, (%1)") : "+a"(err) : "r"(address), "r"(value) : "memory");
	return err;
}

static long xchg(u64 address, u64 *value)
{
	long err = 0;

	__asm__ volatile(ACCESS("xchg %1, (%2)") : "+a"(err), "+r"(*value) : "r"(address) : "memory");
	return err;
}

void scenario_fault(int signo, struct siginfo *info, struct ucontext *context)
{
	const struct fixup *f;

	(void)signo, (void)info;
	for (f = fixups_start; f < fixups_end; f++) {
		if (f->instruction == context->mcontext.ip) {
			context->mcontext.ip = f->next;
			context->mcontext.ax = -EFAULT;
			return;
		}
	}
	handle_faults(NULL);	/* not an operation's: it happens again, and ends the program */
}

/* The load takes the hint fault that promotes; what it reads is nobody's. */
static long migrate(u64 page, u64 node)
{
	u64 value = 0;
	long ret;

	if (node)
		return syscall3(__NR_madvise, page, PAGE_SIZE, MADV_PAGEOUT);
	ret = syscall6(__NR_mbind, page, PAGE_SIZE, MPOL_DEFAULT, 0, 0, MPOL_MF_LAZY);
	return ret ? ret : scenario_load(page, &value);
}

static long pin(const struct scenario_column *column, u64 page)
{
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = column->pin_fd, .aio_buf = page, .aio_nbytes = sizeof(u64),
	};
	struct iocb *list[1] = { &iocb };

	return io_submit(column->pin_context, 1, list);
}

/* The value goes by the column's own file, which is what the read reads. */
static long pinwrite(const struct scenario_column *column, u64 value)
{
	struct io_event event;
	long ret = pwrite(column->pin_fd, &value, sizeof(value), 0);

	if (ret < 0)
		return ret;
	ret = io_getevents(column->pin_context, 1, 1, &event);
	return ret == 1 ? event.res : ret < 0 ? ret : -EINVAL;	/* the pin had failed */
}

/* The child holds what it got, asleep, until the program ends. */
static long fork_and_hold(struct scenario_column *column)
{
	long pid = syscall3(__NR_fork, 0, 0, 0);

	while (!pid)
		futex_wait(&column->op, column->op);
	return pid;
}

static void exit_column(struct scenario_column *column)
{
	WRITE_ONCE(column->done, 1);
	for (;;)
		syscall3(__NR_exit, 0, 0, 0);
}

/* What the system call returned, or -EFAULT. *value is the register that the operation sets. */
static long run_op(struct scenario_column *column, const struct scenario_op *op, u64 *value)
{
	long pid;

	switch (op->kind) {
	case OP_LOAD:
		return scenario_load(op->address, value);
	case OP_STORE:
		return store(op->address, op->value);
	case OP_XCHG:
		*value = op->value;
		return xchg(op->address, value);
	case OP_MFENCE:
		__asm__ volatile("mfence" ::: "memory");
		return 0;
	case OP_MIGRATE:
		return migrate(op->address, op->value);
	case OP_MPROTECT:
		return syscall3(__NR_mprotect, op->address, PAGE_SIZE, op->value);
	case OP_MUNMAP:
		return syscall3(__NR_munmap, op->address, PAGE_SIZE, 0);
	case OP_MMAP:
		return syscall6(__NR_mmap, op->address, PAGE_SIZE, op->value,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	case OP_MREMAP:
		return syscall6(__NR_mremap, op->address, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
				op->value, 0);
	case OP_MADVISE:
		return syscall3(__NR_madvise, op->address, PAGE_SIZE, MADV_DONTNEED);
	case OP_WRITE:
		return pwrite(op->address, &op->value, sizeof(op->value), op->offset);
	case OP_READ:
		return pread(op->address, value, sizeof(*value), op->offset);
	case OP_TRUNCATE:
		return ftruncate(op->address, 0);
	case OP_PIN:
		return pin(column, op->address);
	case OP_PINWRITE:
		return pinwrite(column, op->value);
	case OP_FORK:
		pid = fork_and_hold(column);
		*value = pid;
		return pid;
	case OP_EXIT:
		exit_column(column);
	case NR_SCENARIO_OPS:
		break;
	}
	__builtin_unreachable();
}

void scenario_run(struct scenario_column *column)
{
	u32 i;

	for (i = 0; i < column->nr_ops; i++) {
		const struct scenario_op *op = &column->ops[i];
		u64 value = 0;
		long ret;

		WRITE_ONCE(column->op, i);
		ret = run_op(column, op, &value);
		if (IS_ERR_VALUE(ret))
			column->status[i] = ret;
		else if (op->reg != NO_REGISTER)
			column->registers[op->reg] = value;
	}
	WRITE_ONCE(column->op, i);
	WRITE_ONCE(column->done, 1);
	scenario_end();
}
