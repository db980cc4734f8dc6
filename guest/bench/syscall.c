// System call round trip: ring 3 executes SYSCALL, the kernel swaps GS, counts and mixes the argument,
// SYSRET. One operation is one call; the last one does not return.

#include "runtime/bench.h"

#define IA32_STAR 0xc0000081
#define IA32_LSTAR 0xc0000082
#define IA32_FMASK 0xc0000084
#define KERNEL_CS 0x18ul
#define USER_CS_BASE 0x18ul  // SYSRET: CS is this + 16, SS this + 8
#define RFLAGS_IF 0x200

extern const u8 user_start[], user_end[];
void syscall_entry(void);
u64 enter_user(u64 rip, u64 operations);

static void setup(void) {
  map_page(WINDOW, FRAMES, PTE_USER);
  for (const u8 *from = user_start; from < user_end; from++) ((volatile u8 *)FRAMES)[from - user_start] = *from;
  wrmsr(IA32_STAR, USER_CS_BASE << 48 | KERNEL_CS << 32);
  wrmsr(IA32_LSTAR, (u64)syscall_entry);
  wrmsr(IA32_FMASK, RFLAGS_IF);
}

static u64 run(u64 operations) { return enter_user(WINDOW, operations); }

const struct bench bench = {"syscall", 1, setup, run};

// User side: RDI is the argument of a call and RAX its result, which becomes the next argument.
// Kernel side: R12 counts the calls left, R13 holds the checksum's multiplier, as nobody else runs.
asm(".text\n"
    "user_start:\n"
    "1: movq %rax, %rdi\n"
    "   movl $39, %eax\n"
    "   syscall\n"
    "   jmp 1b\n"
    "user_end:\n"
    ".globl user_start, user_end\n"

    ".globl syscall_entry\n"
    "syscall_entry:\n"
    "   swapgs\n"
    "   movq %rsp, %r14\n"
    "   movq kernel_stack(%rip), %rsp\n"
    "   pushq %rcx\n"
    "   pushq %r11\n"
    "   movl %eax, %eax\n"
    "   imulq %r13, %rdi\n"
    "   addq %rdi, %rax\n"
    "   decq %r12\n"
    "   jz 2f\n"
    "   popq %r11\n"
    "   popq %rcx\n"
    "   movq %r14, %rsp\n"
    "   swapgs\n"
    "   sysretq\n"
    "2: swapgs\n"
    "   movq kernel_stack(%rip), %rsp\n"
    "   popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
    "   ret\n"

    ".globl enter_user\n"
    "enter_user:\n"
    "   pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
    "   movq %rsp, kernel_stack(%rip)\n"
    "   movq %rsi, %r12\n"
    "   movabsq $0x9e3779b97f4a7c15, %r13\n"
    "   movq %rdi, %rcx\n"
    "   movl $2, %r11d\n"
    "   xorl %eax, %eax\n"
    "   sysretq\n"

    ".data\n"
    "kernel_stack: .quad 0\n"
    ".text\n");
