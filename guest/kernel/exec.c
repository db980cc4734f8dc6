/*
 * exec.c - the start of init: a program that was linked into the kernel image is
 * mapped into a new address space, with its arguments on its stack. There is no
 * file system and so no execve(2); processes come from fork.
 */
#include "elf.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "rq.h"
#include "sched.h"
#include "segment.h"
#include "string.h"
#include "uaccess.h"

#define STACK_TOP (TASK_SIZE - 16 * PAGE_SIZE)
#define STACK_SIZE 0x100000UL
#define MAX_ARGS 32

/* Made by build.mjs from guest/user. */
struct user_program {
	const char *name;
	const u8 *start, *end;
};

extern const struct user_program user_programs[];
extern const unsigned int nr_user_programs;

static const struct user_program *find_program(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_user_programs; i++) {
		if (!strcmp(user_programs[i].name, name))
			return &user_programs[i];
	}
	printk("exec: there is no program %s; there are:", name);
	for (i = 0; i < nr_user_programs; i++)
		printk(" %s", user_programs[i].name);
	printk("\n");
	panic("exec: init=%s not found", name);
}

static int prot_of(u32 p_flags)
{
	return (p_flags & PF_R ? PROT_READ : 0) | (p_flags & PF_W ? PROT_WRITE : 0) |
	       (p_flags & PF_X ? PROT_EXEC : 0);
}

/* Returns the entry point. */
static u64 load_elf(struct mm_struct *mm, const struct user_program *prog)
{
	const struct elf64_hdr *eh = (const struct elf64_hdr *)prog->start;
	const struct elf64_phdr *ph;
	u64 brk = 0;
	unsigned int i;

	if (memcmp(eh->e_ident, ELFMAG, 4) || eh->e_ident[4] != ELFCLASS64 || eh->e_type != ET_EXEC ||
	    eh->e_machine != EM_X86_64)
		panic("exec: %s is not a static x86-64 ELF executable", prog->name);
	ph = (const struct elf64_phdr *)(prog->start + eh->e_phoff);
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (map_user_segment(mm, ph[i].p_vaddr, prog->start + ph[i].p_offset, ph[i].p_filesz,
				     ph[i].p_memsz, prot_of(ph[i].p_flags)))
			panic("exec: cannot map %s", prog->name);
		brk = max(brk, ph[i].p_vaddr + ph[i].p_memsz);
	}
	set_mm_brk(mm, ALIGN(brk, PAGE_SIZE));
	return eh->e_entry;
}

/* Splits buf at spaces, in place. */
static unsigned int split_args(char *buf, char *argv[MAX_ARGS])
{
	unsigned int argc = 0;

	while (*buf) {
		if (*buf == ' ') {
			*buf++ = '\0';
			continue;
		}
		if (argc == MAX_ARGS)
			panic("exec: more than %d arguments", MAX_ARGS);
		argv[argc++] = buf;
		while (*buf && *buf != ' ')
			buf++;
	}
	return argc;
}

static u64 push(u64 sp, const void *data, size_t n)
{
	sp -= n;
	if (copy_to_user((void *)sp, data, n))
		panic("exec: cannot write the stack");
	return sp;
}

/* The layout at process entry: psABI 3.4.1. Returns RSP. */
static u64 setup_stack(const char *name, const char *args)
{
	static char buf[1024];
	char *argv[MAX_ARGS];
	u64 block[1 + MAX_ARGS + 1 + 1 + 4], sp = STACK_TOP;
	unsigned int argc, i, n = 0;

	snprintf(buf, sizeof(buf), "%s %s", name, args);
	argc = split_args(buf, argv);
	block[n++] = argc;
	for (i = 0; i < argc; i++) {
		sp = push(sp, argv[i], strlen(argv[i]) + 1);
		block[n++] = sp;
	}
	block[n++] = 0;		/* end of argv */
	block[n++] = 0;		/* no environment */
	block[n++] = AT_PAGESZ;
	block[n++] = PAGE_SIZE;
	block[n++] = AT_NULL;
	block[n++] = 0;
	sp = ALIGN_DOWN(sp - n * sizeof(u64), 16UL);
	return push(sp + n * sizeof(u64), block, n * sizeof(u64));
}

void kernel_execve(const char *name, const char *args)
{
	const struct user_program *prog = find_program(name);
	struct mm_struct *mm = mm_alloc(), *borrowed = current->active_mm;
	struct pt_regs *regs = task_pt_regs(current);
	u64 entry;

	if (!mm)
		panic("exec: no memory");
	entry = load_elf(mm, prog);
	if (map_user_stack(mm, STACK_TOP, STACK_SIZE))
		panic("exec: cannot map the stack");

	local_irq_disable();
	current->mm = mm;
	current->active_mm = mm;
	activate_mm(borrowed, mm);
	current->flags &= ~PF_KTHREAD;
	load_fsgs(current);
	local_irq_enable();
	mmdrop(borrowed);
	strscpy(current->comm, name, sizeof(current->comm));

	*regs = (struct pt_regs){
		.ip = entry, .cs = __USER_CS, .ss = __USER_DS, .flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED,
		.sp = setup_stack(name, args),
	};
}
