/*
 * uaccess.h - the only way the kernel touches user memory. Every access runs
 * between STAC and CLAC (SMAP, SDM 3A 4.6) and has an exception table entry:
 * a fault that the mm cannot satisfy becomes a short count or -EFAULT.
 * May sleep in a page fault, unless inside pagefault_disable().
 */
#ifndef GUEST_UACCESS_H
#define GUEST_UACCESS_H

#include "errno.h"
#include "memlayout.h"
#include "percpu.h"

static inline bool access_ok(const void __user *addr, size_t size)
{
	return size <= TASK_SIZE && (unsigned long)addr <= TASK_SIZE - size;
}

/* Return the number of bytes NOT copied. */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);

/* Single naturally aligned values, read or written by one instruction; 0 or -EFAULT. */
int __get_user_u32(u32 *v, const u32 __user *addr);
int __get_user_u64(u64 *v, const u64 __user *addr);
int __put_user_u32(u32 v, u32 __user *addr);
int __put_user_u64(u64 v, u64 __user *addr);

#define get_user(x, ptr) ({						\
	BUILD_BUG_ON(sizeof(*(ptr)) != 4 && sizeof(*(ptr)) != 8);	\
	int err__;							\
	if (sizeof(*(ptr)) == 4) {					\
		u32 g__ = 0;						\
		err__ = __get_user_u32(&g__, (const u32 *)(ptr));	\
		(x) = (__typeof__(*(ptr)))g__;				\
	} else {							\
		u64 g__ = 0;						\
		err__ = __get_user_u64(&g__, (const u64 *)(ptr));	\
		(x) = (__typeof__(*(ptr)))g__;				\
	}								\
	err__;								\
})

#define put_user(x, ptr) ({						\
	BUILD_BUG_ON(sizeof(*(ptr)) != 4 && sizeof(*(ptr)) != 8);	\
	sizeof(*(ptr)) == 4 ? __put_user_u32((u32)(x), (u32 *)(ptr))	\
			    : __put_user_u64((u64)(x), (u64 *)(ptr));	\
})

/*
 * Between these, a fault on user memory goes straight to the fixup: for
 * accesses under a spin lock. exc_page_fault() asks faulthandler_disabled().
 */
DECLARE_PER_CPU(int, pagefault_disabled_count);

static inline void pagefault_disable(void) { this_cpu_inc(pagefault_disabled_count); barrier(); }
static inline void pagefault_enable(void) { barrier(); this_cpu_dec(pagefault_disabled_count); }
static inline bool faulthandler_disabled(void) { return this_cpu_read(pagefault_disabled_count) != 0; }

#endif
