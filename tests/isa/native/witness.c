/*
 * Runs instructions on this machine's own processor: each case is loaded into the registers of the process by returning
 * from a signal handler, and what it left is taken from the next signal (INT3 behind the code, or a fault). Memory has
 * the addresses that the emulated guest uses. Reads cases from stdin, writes results to stdout; tests/isa/witness.ts
 * has the formats.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <asm/prctl.h>

#define DATA_AT 0x300000ul
#define DATA_BYTES 0x2000ul
#define CODE_AT 0x400000ul
#define CODE_BYTES 0xc00000ul
#define COMPARED 256

struct test_case {
	uint64_t registers[16];
	uint64_t flags;
	uint64_t gs_base;
	uint64_t rip;
	uint64_t data_at; /* where `data` goes */
	uint8_t data[COMPARED];
	uint8_t code[32];
};

struct result {
	uint64_t registers[16];
	uint64_t flags;
	uint64_t rip;
	uint64_t signal;
	uint64_t fault_address;
	uint8_t data[COMPARED];
};

/* Registers of ucontext in the encoding order of the instruction set. */
static const int order[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static struct test_case current;
static int running;

static int read_case(void)
{
	return fread(&current, sizeof current, 1, stdin) == 1;
}

static void load_case(greg_t *gregs)
{
	memcpy((void *)current.rip, current.code, sizeof current.code);
	memcpy((void *)current.data_at, current.data, COMPARED);
	syscall(SYS_arch_prctl, ARCH_SET_GS, current.gs_base);
	for (int i = 0; i < 16; i++)
		gregs[order[i]] = (greg_t)current.registers[i];
	gregs[REG_RIP] = (greg_t)current.rip;
	gregs[REG_EFL] = (greg_t)(current.flags | 0x202);
	running = 1;
}

static void write_result(int signal, siginfo_t *info, greg_t *gregs)
{
	struct result r;

	for (int i = 0; i < 16; i++)
		r.registers[i] = (uint64_t)gregs[order[i]];
	r.flags = (uint64_t)gregs[REG_EFL];
	r.rip = (uint64_t)gregs[REG_RIP];
	r.signal = (uint64_t)signal;
	r.fault_address = signal == SIGTRAP ? 0 : (uint64_t)info->si_addr;
	memcpy(r.data, (void *)current.data_at, COMPARED);
	fwrite(&r, sizeof r, 1, stdout);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	/* The handler runs with the case's DF, which the C library must not see. */
	__asm__ volatile("cld");
	if (running)
		write_result(signal, info, gregs);
	if (!read_case()) {
		fflush(stdout);
		_exit(0);
	}
	load_case(gregs);
}

static void map(uint64_t at, uint64_t bytes, int protection)
{
	void *p = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)at) {
		fprintf(stderr, "witness: cannot map %#lx\n", (unsigned long)at);
		exit(3);
	}
}

int main(void)
{
	static const int signals[] = { SIGTRAP, SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGUSR1 };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	stack_t stack = { .ss_sp = malloc(1 << 18), .ss_size = 1 << 18 };

	map(DATA_AT, DATA_BYTES, PROT_READ | PROT_WRITE);
	map(CODE_AT, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	raise(SIGUSR1);
	return 1;
}
