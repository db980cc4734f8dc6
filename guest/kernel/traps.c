/*
 * traps.c - the IDT, and what each vector does. entry.S saved the registers and
 * calls handle_vector() with interrupts off.
 */
#include "apic.h"
#include "console.h"
#include "mm.h"
#include "printk.h"
#include "processor.h"
#include "sched.h"
#include "segment.h"
#include "smp.h"
#include "traps.h"

static_assert(offsetof(struct pt_regs, cs) == 136, "PT_CS in entry.S");

#define X86_TRAP_DB 1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP 3
#define X86_TRAP_DF 8
#define X86_TRAP_PF 14
#define X86_TRAP_MC 18
#define IST_DF 1
#define IST_NMI 2
#define IST_MC 3

struct gate_desc {
	u16 offset_low, segment;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
} __packed;

static struct gate_desc idt_table[256] __aligned(16);
extern char idt_stubs[];

/* Name, and the signal that a user task dies of (Linux's choice). */
static const struct {
	const char *name;
	int signal;
} exceptions[32] = {
	{ "divide error", 8 }, { "debug", 5 }, { "NMI", 0 }, { "int3", 5 },
	{ "overflow", 11 }, { "bounds", 11 }, { "invalid opcode", 4 }, { "device not available", 4 },
	{ "double fault", 0 }, { "coprocessor segment overrun", 8 }, { "invalid TSS", 11 },
	{ "segment not present", 7 }, { "stack segment", 7 }, { "general protection fault", 11 },
	{ "page fault", 11 }, { "reserved", 11 }, { "x87 floating point", 8 }, { "alignment check", 7 },
	{ "machine check", 0 }, { "SIMD floating point", 8 }, { "virtualization", 11 },
	{ "control protection", 11 },
	[22 ... 31] = { "reserved", 11 },
};

static void set_gate(unsigned int vector, u8 ist, u8 dpl)
{
	u64 offset = (u64)idt_stubs + 16 * vector;

	idt_table[vector] = (struct gate_desc){
		.offset_low = offset, .segment = __KERNEL_CS, .ist = ist,
		.type = 0x8e | dpl << 5,	/* present interrupt gate */
		.offset_mid = offset >> 16, .offset_high = offset >> 32,
	};
}

void trap_init(void)
{
	unsigned int vector;

	for (vector = 0; vector < 256; vector++)
		set_gate(vector, 0, 0);
	set_gate(X86_TRAP_BP, 0, 3);
	set_gate(X86_TRAP_DF, IST_DF, 0);
	set_gate(X86_TRAP_NMI, IST_NMI, 0);
	set_gate(X86_TRAP_MC, IST_MC, 0);
}

void load_idt(void)
{
	struct { u16 limit; u64 base; } __packed descr = { sizeof(idt_table) - 1, (u64)idt_table };

	__asm__ volatile("lidt %0" : : "m"(descr));
}

void show_regs(const struct pt_regs *r)
{
	printk("cpu %u task %s[%d]\n", this_cpu_id(), current->comm, current->pid);
	printk("rip %04lx:%p rsp %p flags %08lx cr2 %p cr3 %p\n", r->cs, (void *)r->ip, (void *)r->sp,
	       r->flags, (void *)read_cr2(), (void *)read_cr3());
	printk("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->ax, r->bx, r->cx, r->dx);
	printk("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->si, r->di, r->bp, r->r8);
	printk("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printk("r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
}

void die(const char *what, struct pt_regs *regs, unsigned long error_code)
{
	local_irq_disable();
	console_break_lock();
	show_regs(regs);
	panic("%s in the kernel at %p, error %lx", what, (void *)regs->ip, error_code);
}

void bad_area(struct pt_regs *regs, unsigned long addr, unsigned long error_code, int sig, int si_code)
{
	if (user_mode(regs)) {
		if (handle_fault_signal(regs, sig, si_code, addr, error_code))
			return;
		printk("%s[%d]: %s at %lx ip %lx sp %lx error %lx\n", current->comm, current->pid,
		       sig == SIGSEGV ? "segfault" : "bus error", addr, regs->ip, regs->sp, error_code);
		do_group_exit(sig);
	}
	if (!fixup_exception(regs))
		die("page fault", regs, error_code);
}

static void handle_exception(struct pt_regs *regs, unsigned int vector)
{
	if (vector == X86_TRAP_PF) {
		exc_page_fault(regs, read_cr2(), regs->orig_ax);
		return;
	}
	if (!user_mode(regs) || !exceptions[vector].signal) {
		if (!fixup_exception(regs))
			die(exceptions[vector].name, regs, regs->orig_ax);
		return;
	}
	local_irq_enable();
	printk("%s[%d]: trap %s ip %lx sp %lx error %lx\n", current->comm, current->pid,
	       exceptions[vector].name, regs->ip, regs->sp, regs->orig_ax);
	do_group_exit(exceptions[vector].signal);
}

static void handle_interrupt(struct pt_regs *regs, unsigned int vector)
{
	irq_enter();
	switch (vector) {
	case LOCAL_TIMER_VECTOR:
		apic_eoi();
		tick_handle(user_mode(regs));
		break;
	case RESCHEDULE_VECTOR:
		/* Nothing to do here: the way out looks at need_resched. */
		apic_eoi();
		break;
	case CALL_FUNCTION_VECTOR:
		apic_eoi();
		generic_smp_call_function_interrupt();
		break;
	case ISA_IRQ_VECTOR_BASE + 4:
		console_interrupt();
		apic_eoi();
		break;
	case REBOOT_VECTOR:
		for (;;)
			__asm__ volatile("cli; hlt");
	case ERROR_APIC_VECTOR:
		apic_write(APIC_ESR, 0);
		printk("apic: error %x on cpu %u\n", apic_read(APIC_ESR), this_cpu_id());
		apic_eoi();
		break;
	case SPURIOUS_APIC_VECTOR:	/* no EOI: it is not in service (SDM 3A 11.9) */
		break;
	default:
		printk("interrupt: unexpected vector %u on cpu %u\n", vector, this_cpu_id());
		if (vector >= ISA_IRQ_VECTOR_BASE + 16)
			apic_eoi();
	}
	irq_exit();
}

void handle_vector(struct pt_regs *regs, unsigned int vector);

void handle_vector(struct pt_regs *regs, unsigned int vector)
{
	/* Nothing here sends one: somebody outside wants to see where this CPU is. */
	if (vector == X86_TRAP_NMI)
		die("NMI", regs, 0);
	if (vector < FIRST_EXTERNAL_VECTOR)
		handle_exception(regs, vector);
	else
		handle_interrupt(regs, vector);
	local_irq_disable();
	if (user_mode(regs))
		exit_to_user_mode();
}
