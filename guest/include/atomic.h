/*
 * atomic.h - Linux's atomic_t operations. Every read-modify-write is a locked
 * instruction and so a full barrier on x86 (SDM 3A 9.2.3.9); atomic_read and
 * atomic_set are plain accesses.
 */
#ifndef GUEST_ATOMIC_H
#define GUEST_ATOMIC_H

#include "compiler.h"

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }

#define DEFINE_ATOMIC_OPS(prefix, atype, type)				\
static inline type prefix##_read(const atype *v) { return READ_ONCE(v->counter); } \
static inline void prefix##_set(atype *v, type i) { WRITE_ONCE(v->counter, i); } \
static inline void prefix##_add(type i, atype *v) { __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_sub(type i, atype *v) { __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline void prefix##_inc(atype *v) { prefix##_add(1, v); }	\
static inline void prefix##_dec(atype *v) { prefix##_sub(1, v); }	\
static inline type prefix##_add_return(type i, atype *v) { return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_sub_return(type i, atype *v) { return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_fetch_add(type i, atype *v) { return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); } \
static inline type prefix##_inc_return(atype *v) { return prefix##_add_return(1, v); } \
static inline type prefix##_dec_return(atype *v) { return prefix##_sub_return(1, v); } \
static inline bool prefix##_inc_and_test(atype *v) { return prefix##_inc_return(v) == 0; } \
static inline bool prefix##_dec_and_test(atype *v) { return prefix##_dec_return(v) == 0; } \
static inline bool prefix##_add_negative(type i, atype *v) { return prefix##_add_return(i, v) < 0; } \
static inline type prefix##_xchg(atype *v, type new) { return __atomic_exchange_n(&v->counter, new, __ATOMIC_SEQ_CST); } \
static inline type prefix##_cmpxchg(atype *v, type old, type new)	\
{									\
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old;							\
}									\
static inline bool prefix##_try_cmpxchg(atype *v, type *old, type new)	\
{									\
	return __atomic_compare_exchange_n(&v->counter, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
}									\
static inline bool prefix##_inc_not_zero(atype *v)			\
{									\
	type c = prefix##_read(v);					\
	while (c && !prefix##_try_cmpxchg(v, &c, c + 1))		\
		;							\
	return c != 0;							\
}

DEFINE_ATOMIC_OPS(atomic, atomic_t, int)
DEFINE_ATOMIC_OPS(atomic64, atomic64_t, long)
DEFINE_ATOMIC_OPS(atomic_long, atomic_long_t, long)

#define xchg(ptr, v) __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, old, new) ({					\
	__typeof__(*(ptr)) old__ = (old);				\
	__atomic_compare_exchange_n(ptr, &old__, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	old__;								\
})
#define try_cmpxchg(ptr, oldp, new) \
	__atomic_compare_exchange_n(ptr, oldp, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#endif
