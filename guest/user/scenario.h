/*
 * scenario.h - the program `scenario`: a race of up to eight threads, written as a
 * litmus test is, on the real kernel. For scenario*.c, and for whoever explores a
 * run from outside, who finds everything below by its name in
 * dist/guest/user/scenario.elf.
 *
 *	init=scenario -- ARG...
 *
 *	file=NAME[,pages=N]
 *			a memory file of N pages (1), up to 16
 *	page=NAME[,ro|rw][,node=N][,value=V][,file=FILE]
 *			a page in an area of its own, with unmapped pages around it; rw if
 *			nothing is said. Its first word is V (0), and it is on node N (where it
 *			comes to be, if nothing is said). It is private and anonymous, or a
 *			shared mapping of the first page of FILE: then V goes there unless it
 *			is 0, and a page that is rw has no entry in the page table at first
 *	hole=NAME	the address of a page where nothing is mapped
 *	var=NAME[,value=V]
 *			a word on a cache line of its own, in a page that nobody moves
 *	P0=OP;OP...	columns, P0 to P7. Column k is a thread that is pinned to CPU k, so
 *	P1=OP;OP...	there must be as many CPUs
 *
 *	load,LOC,REG		REG becomes the word at LOC
 *	store,LOC,V		the word at LOC becomes V
 *	xchg,LOC,V[,REG]	both at once, and a full barrier
 *	mfence
 *	migrate,PAGE,NODE	as the kernel moves pages on its own: to node 1 by demotion,
 *				to node 0 by a hint fault (see below)
 *	mprotect,PAGE,none|r|rw
 *	munmap,PAGE
 *	mmap,PAGE,r|rw		private anonymous memory there, in place of what there was
 *	mremap,PAGE,HOLE	moves the page
 *	madvise,PAGE		MADV_DONTNEED
 *	write,FILE,OFFSET,V	pwrite() of one word; the offset is a multiple of 8
 *	read,FILE,OFFSET,REG	pread() of one word
 *	truncate,FILE		ftruncate() to nothing
 *	pin,PAGE		io_submit() of a read into the page: it is made writable as by
 *				a store, and pinned
 *	pinwrite,V		io_getevents(): the oldest of the column's reads is done. The
 *				kernel writes V to the first word of the page and unpins it
 *	fork[,REG]		REG becomes the child's number. The child keeps its copy of the
 *				address space and sleeps
 *	exit			ends this thread, and so must be its last operation
 *
 * LOC is NAME or NAME+OFFSET, a multiple of 8 below 4096 (vars have no offset); REG
 * is r0 to r7; numbers are decimal or 0x. A system call that fails leaves -errno as
 * its operation's status, a load, store or exchange that faults leaves -EFAULT; either
 * way its register stays as it was, and the column goes on.
 *
 * Policies defer flushes for demotion and promotion only, which no program can ask
 * for by name in Linux. So `migrate` goes the nearest ways: MADV_PAGEOUT, which hands
 * the page to reclaim, and reclaim demotes it; and mbind() with MPOL_MF_LAZY, which
 * makes a hint PTE as the NUMA scan does, and then a load, whose fault promotes it.
 * With numa_balancing=0 on the kernel's command line nothing else moves a page. No
 * flush is ever deferred for a promotion of a page that one address space maps: the
 * hint PTE was flushed when it was made.
 *
 * When every column waits in scenario_wait(), the first calls scenario_start(), which
 * lets all go. A column that is done sets `done` and spins in scenario_end() until all
 * are. Between the two, columns share nothing but what their operations name. Then the
 * results are printed by the first column that has no `exit`, and the status is 0:
 *
 *	P1: r1=1 r2=0			registers that the column's operations set
 *	P0: mprotect[1]=-12		operation 1 of column 0 (counted from 0) failed
 *	P2: store[0]=-14		there was no page, or no right
 *	p=1 node=1			first word of a page, and where it is; or `p unmapped`, if nothing
 *					can be read there
 *	a=1
 *	f=3				first word of a file; or `f empty`
 *	checksum: 0x...			of all of these
 */
#ifndef GUEST_USER_SCENARIO_H
#define GUEST_USER_SCENARIO_H

#include "libc.h"

#define SCENARIO_COLUMNS 8
#define SCENARIO_OPS 16
#define SCENARIO_REGISTERS 8
#define SCENARIO_LOCATIONS 16
#define SCENARIO_NAME 16

enum scenario_op_kind {
	OP_LOAD,
	OP_STORE,
	OP_XCHG,
	OP_MFENCE,
	OP_MIGRATE,
	OP_MPROTECT,
	OP_MUNMAP,
	OP_MMAP,
	OP_MREMAP,
	OP_MADVISE,
	OP_WRITE,
	OP_READ,
	OP_TRUNCATE,
	OP_PIN,
	OP_PINWRITE,
	OP_FORK,
	OP_EXIT,
	NR_SCENARIO_OPS,
};

/* Of an operation that sets no register. */
#define NO_REGISTER SCENARIO_REGISTERS

struct scenario_op {
	enum scenario_op_kind kind;
	u32 reg;
	u64 address;		/* of the word or the page; or a file's descriptor */
	u64 offset;		/* in the file */
	u64 value;		/* to store; or a node, PROT_*, or the new address */
};

/* All that a column touches but its stack and its operands: nobody else does until it is done. */
struct scenario_column {
	u64 registers[SCENARIO_REGISTERS];
	s64 status[SCENARIO_OPS];	/* -errno of each operation that failed; else 0 */
	u32 op;				/* the operation that is under way; nr_ops: none any more */
	u32 done;
	u32 waiting;
	u32 nr_ops;
	u32 registers_set;		/* bit r: an operation sets register r */
	u32 exits;			/* its last operation is `exit` */
	u32 pins;			/* its `pin`s that no `pinwrite` has followed, while it is read */
	u32 pin_fd;			/* what its `pinwrite`s get their values from */
	u64 pin_context;		/* of io_setup(); 0: it has no `pin` */
	struct thread thread;		/* column 0 is the program's first thread, and has none */
	struct scenario_op ops[SCENARIO_OPS];
} __aligned(PAGE_SIZE);

enum scenario_location_kind { SCENARIO_PAGE, SCENARIO_HOLE, SCENARIO_VAR, SCENARIO_FILE };

struct scenario_location {
	char name[SCENARIO_NAME];
	u64 address;		/* a file's: its descriptor */
	enum scenario_location_kind kind;
	u64 value;		/* of the first word at the start */
	int prot;		/* of a page at the start */
	int node;		/* of a page at the start; -1: wherever it came to be */
	u64 pages;		/* of a file */
	const struct scenario_location *file;	/* that a page is of; NULL: anonymous */
};

extern struct scenario_column scenario_columns[SCENARIO_COLUMNS];
extern u32 nr_scenario_columns;
/* Pages and holes; the variables; the files. */
extern struct scenario_location scenario_pages[SCENARIO_LOCATIONS];
extern u32 nr_scenario_pages;
extern struct scenario_location scenario_vars[SCENARIO_LOCATIONS];
extern u32 nr_scenario_vars;
extern struct scenario_location scenario_files[SCENARIO_LOCATIONS];
extern u32 nr_scenario_files;

/* scenario_parse.c: fills in the above; ends the program with a line that names the word if it cannot. */
void scenario_parse(void);
const char *scenario_op_name(enum scenario_op_kind kind);

/* scenario_run.c. Places to stop at: */
void scenario_wait(struct scenario_column *column);	/* spins in user mode until the start */
void scenario_start(void);				/* all columns wait, the kernel is quiet */
void scenario_end(void);				/* this column is done; spins until all are */
/* The handler of SIGSEGV and SIGBUS. */
void scenario_fault(int signo, struct siginfo *info, struct ucontext *context);
/* 0, or -EFAULT and *value as it was. */
long scenario_load(u64 address, u64 *value);
/* From the start to the end of a column. Does not return if the column exits. */
void scenario_run(struct scenario_column *column);

#endif
