/* thread.c - threads, mutexes and barriers over clone(2) and futex(2). */
#include "libc.h"

#define CLONE_FLAGS 0x10f00		/* VM, FS, FILES, SIGHAND, THREAD */
#define CLONE_PARENT_SETTID 0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define STACK_SIZE 65536

long clone_thread(long flags, void *stack, u32 *parent_tid, u32 *child_tid, struct thread *t);

/*
 * The child returns from the system call with an empty stack and the thread in
 * R12, and must not return further: so in assembly.
 */
__asm__(".text\n"
	"clone_thread:\n"
	"	.cfi_startproc\n"
	"	push %r12\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_rel_offset r12, 0\n"
	"	mov %r8, %r12\n"
	"	mov %rcx, %r10\n"
	"	xor %r8d, %r8d\n"
	"	mov $56, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	pop %r12\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	.cfi_restore r12\n"
	"	ret\n"
	"	.cfi_endproc\n"
	/* A backtrace of the child ends here. */
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r12, %rdi\n"
	"	call thread_main\n"
	"	hlt\n"
	"	.cfi_endproc\n");

void thread_main(struct thread *t) __noreturn;

void thread_main(struct thread *t)
{
	if (t->cpu >= 0 && sched_setaffinity(0, 1UL << t->cpu))
		die("sched_setaffinity: no CPU %d", t->cpu);
	t->fn(t->arg);
	for (;;)
		syscall3(__NR_exit, 0, 0, 0);
}

void thread_create(struct thread *t, void (*fn)(void *), void *arg, int cpu)
{
	long ret;

	t->fn = fn;
	t->arg = arg;
	t->cpu = cpu;
	t->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	if (t->stack == MAP_FAILED)
		die("thread_create: no memory for a stack");
	ret = clone_thread(CLONE_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
			   (char *)t->stack + STACK_SIZE, &t->tid, &t->tid, t);
	if (ret < 0)
		die("thread_create: clone failed: %ld", ret);
}

void thread_join(struct thread *t)
{
	u32 tid;

	while ((tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE)))
		futex_wait(&t->tid, tid);
	munmap(t->stack, STACK_SIZE);
}

int online_cpus(void)
{
	u64 mask = sched_getaffinity(0);
	int n;

	for (n = 0; mask; n++)
		mask &= mask - 1;
	return n;
}

void mutex_lock(mutex_t *m)
{
	u32 c = 0;

	if (__atomic_compare_exchange_n(m, &c, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	if (c != 2)
		c = __atomic_exchange_n(m, 2, __ATOMIC_ACQUIRE);
	while (c) {
		futex_wait(m, 2);
		c = __atomic_exchange_n(m, 2, __ATOMIC_ACQUIRE);
	}
}

void mutex_unlock(mutex_t *m)
{
	if (__atomic_exchange_n(m, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(m, 1);
}

void barrier_init(struct barrier *b, u32 n)
{
	*b = (struct barrier){ .n = n };
}

void barrier_wait(struct barrier *b)
{
	u32 generation = __atomic_load_n(&b->generation, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&b->arrived, 1, __ATOMIC_ACQ_REL) == b->n) {
		__atomic_store_n(&b->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&b->generation, generation + 1, __ATOMIC_RELEASE);
		futex_wake(&b->generation, MAX_THREADS);
		return;
	}
	while (__atomic_load_n(&b->generation, __ATOMIC_ACQUIRE) == generation)
		futex_wait(&b->generation, generation);
}
