/* uaccess.c - range checks in front of usercopy.S, and the exception table. See uaccess.h. */
#include "alternative.h"
#include "printk.h"
#include "processor.h"
#include "string.h"
#include "traps.h"
#include "uaccess.h"

unsigned long __copy_user(void *to, const void *from, unsigned long n);
int __get_user_asm_u32(u32 *v, const u32 *addr);
int __get_user_asm_u64(u64 *v, const u64 *addr);
int __put_user_asm_u32(u32 v, u32 *addr);
int __put_user_asm_u64(u64 v, u64 *addr);

DEFINE_PER_CPU(int, pagefault_disabled_count);

struct exception_table_entry {
	u64 insn, fixup;
};

extern const struct exception_table_entry __start___ex_table[], __stop___ex_table[];

/* A dozen entries: a walk beats a sort. */
bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e;

	for (e = __start___ex_table; e < __stop___ex_table; e++) {
		if (e->insn == regs->ip) {
			regs->ip = e->fixup;
			return true;
		}
	}
	return false;
}

struct alt_instr {
	u8 *addr;
	u8 insn[8];
};

extern const struct alt_instr __alt_instructions[], __alt_instructions_end[];

void apply_alternatives(void)
{
	const struct alt_instr *a;

	if (!boot_cpu_has(X86_FEATURE_SMAP))
		return;
	for (a = __alt_instructions; a < __alt_instructions_end; a++)
		memcpy(a->addr, a->insn, 3);
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return access_ok(to, n) ? __copy_user(to, from, n) : n;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = access_ok(from, n) ? __copy_user(to, from, n) : n;

	/* The caller must not see what its buffer held before. */
	if (unlikely(left))
		memset((char *)to + (n - left), 0, left);
	return left;
}

int __get_user_u32(u32 *v, const u32 __user *addr)
{
	return access_ok(addr, sizeof(*addr)) ? __get_user_asm_u32(v, addr) : -EFAULT;
}

int __get_user_u64(u64 *v, const u64 __user *addr)
{
	return access_ok(addr, sizeof(*addr)) ? __get_user_asm_u64(v, addr) : -EFAULT;
}

int __put_user_u32(u32 v, u32 __user *addr)
{
	return access_ok(addr, sizeof(*addr)) ? __put_user_asm_u32(v, addr) : -EFAULT;
}

int __put_user_u64(u64 v, u64 __user *addr)
{
	return access_ok(addr, sizeof(*addr)) ? __put_user_asm_u64(v, addr) : -EFAULT;
}
