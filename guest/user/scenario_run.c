/*
 * scenario_run.c - the columns of program `scenario` under way: the part that is explored. Whatever two columns
 * share here is one more place where their order matters, so they share the word that lets them go and
 * nothing else. For scenario.c.
 */
#include "scenario.h"

static struct {
	u32 go;
} start ____cacheline_aligned;

static inline void pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

void scenario_wait(struct scenario_column *column)
{
	WRITE_ONCE(column->waiting, 1);
	while (!READ_ONCE(start.go))
		pause();
}

void scenario_start(void)
{
	WRITE_ONCE(start.go, 1);
}

void scenario_end(void)
{
	u32 i;

	for (i = 0; i < nr_scenario_columns; i++)
		while (!READ_ONCE(scenario_columns[i].done))
			pause();
}

static inline u64 load(u64 address)
{
	return READ_ONCE(*(u64 *)address);
}

static inline u64 xchg(u64 address, u64 value)
{
	__asm__ volatile("xchg %0, %1" : "+r"(value), "+m"(*(u64 *)address) : : "memory");
	return value;
}

/* The load takes the hint fault that promotes; what it reads is nobody's. */
static long migrate(u64 page, u64 node)
{
	long ret;

	if (node)
		return syscall3(__NR_madvise, page, PAGE_SIZE, MADV_PAGEOUT);
	ret = syscall6(__NR_mbind, page, PAGE_SIZE, MPOL_DEFAULT, 0, 0, MPOL_MF_LAZY);
	if (!ret)
		(void)load(page);
	return ret;
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

/* The operation's result: a register's new value, or what the system call returned. */
static s64 run_op(struct scenario_column *column, const struct scenario_op *op)
{
	switch (op->kind) {
	case OP_LOAD:
		return load(op->address);
	case OP_STORE:
		WRITE_ONCE(*(u64 *)op->address, op->value);
		return 0;
	case OP_XCHG:
		return xchg(op->address, op->value);
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
	case OP_MADVISE:
		return syscall3(__NR_madvise, op->address, PAGE_SIZE, MADV_DONTNEED);
	case OP_FORK:
		return fork_and_hold(column);
	case OP_EXIT:
		exit_column(column);
	case NR_SCENARIO_OPS:
		break;
	}
	__builtin_unreachable();
}

static bool is_system_call(enum scenario_op_kind kind)
{
	return kind > OP_MFENCE;
}

void scenario_run(struct scenario_column *column)
{
	u32 i;

	for (i = 0; i < column->nr_ops; i++) {
		const struct scenario_op *op = &column->ops[i];
		s64 result;

		WRITE_ONCE(column->op, i);
		result = run_op(column, op);
		if (is_system_call(op->kind) && IS_ERR_VALUE(result))
			column->status[i] = result;
		else if (op->reg != NO_REGISTER)
			column->registers[op->reg] = result;
	}
	WRITE_ONCE(column->op, i);
	WRITE_ONCE(column->done, 1);
	scenario_end();
}
