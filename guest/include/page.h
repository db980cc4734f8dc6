/*
 * page.h - one descriptor per physical frame, and the ways between frame number,
 * descriptor and direct-map address. Every file of mm/ includes it.
 *
 * Linux has struct page and struct folio over the same memory because a folio
 * may have many pages. User memory here is made of base pages only, so the two
 * coincide and only the folio remains. A block of higher order (a kernel stack, a
 * large kmalloc) is described by the descriptor of its first frame.
 */
#ifndef GUEST_PAGE_H
#define GUEST_PAGE_H

#include "bitops.h"
#include "memlayout.h"
#include "spinlock.h"

#define PAGE_ALIGN(x) ALIGN((x), PAGE_SIZE)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)

/* PG_*: bit numbers in folio.flags. All are changed with atomic bit operations. */
enum pageflags {
	PG_locked,		/* folio_lock(); held over every migration */
	PG_waiters,		/* somebody sleeps for PG_locked */
	PG_lru,			/* on an LRU list; whoever clears it owns folio.lru */
	PG_active,		/* on (or bound for) the active list */
	PG_referenced,		/* seen once by the aging scan */
	PG_buddy,		/* free, head of a block of `order` on a free list */
	PG_reserved,		/* never given to the allocator: image, firmware, mem_map */
	PG_table,		/* is a page table; `ptl` is live */
	PG_slab,		/* belongs to kmalloc; `freelist` is live */
	PG_anon,		/* mapped anonymous memory; `anonmm` and `index` are live */
	PG_anon_exclusive,	/* only one mm can ever have mapped it since the last fork */
	PG_file,		/* in the page cache of a memory file; `mapping` and `index` are live */
	PG_migrc,		/* policy migrc: src or dst of a migration whose flush is deferred */
};

struct anonmm;
struct address_space;

struct folio {
	unsigned long flags;
	atomic_t _refcount;	/* 0: free, or about to be */
	atomic_t _mapcount;	/* number of PTEs that map it */
	struct list_head lru;	/* buddy list, LRU, or the list of whoever isolated it */
	union {
		struct {			/* PG_anon, PG_file */
			union {
				struct anonmm *anonmm;	/* the mms that may map it (rmap.h) */
				struct address_space *mapping;	/* the file */
			};
			unsigned long index;	/* in the file; or the page number where it was first mapped. See vm_pgoff */
		};
		spinlock_t ptl;			/* PG_table: guards the PTEs in this table */
		struct {			/* PG_slab; under the cache's lock */
			void *freelist;		/* free objects, linked through their first word */
			unsigned short cache;	/* which size class */
			unsigned short inuse;
		};
	};
	unsigned int access_time;	/* us when its hint PTE was put in place (memory tiering) */
	u8 order;		/* valid on the head of a block */
	u8 nid;			/* node; set once at boot */
};

extern struct folio *mem_map;
extern unsigned long max_pfn;	/* one past the last frame that has a descriptor */

static inline void *__va(phys_addr_t pa)
{
	return (void *)(pa + PAGE_OFFSET);
}

/* Accepts addresses of the direct map and of the kernel image. */
static inline phys_addr_t __pa(const void *va)
{
	unsigned long x = (unsigned long)va;

	return x >= __START_KERNEL_map ? x - __START_KERNEL_map : x - PAGE_OFFSET;
}

static inline bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn;
}

static inline struct folio *pfn_folio(unsigned long pfn)
{
	return mem_map + pfn;
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return folio - mem_map;
}

static inline void *folio_address(const struct folio *folio)
{
	return __va(PFN_PHYS(folio_pfn(folio)));
}

static inline struct folio *virt_to_folio(const void *va)
{
	return pfn_folio(PFN_DOWN(__pa(va)));
}

static inline int folio_nid(const struct folio *folio)
{
	return folio->nid;
}

#define FOLIO_FLAG(name, bit)						\
static inline bool folio_test_##name(const struct folio *f) { return test_bit(bit, &f->flags); } \
static inline void folio_set_##name(struct folio *f) { set_bit(bit, &f->flags); } \
static inline void folio_clear_##name(struct folio *f) { clear_bit(bit, &f->flags); } \
static inline bool folio_test_set_##name(struct folio *f) { return test_and_set_bit(bit, &f->flags); } \
static inline bool folio_test_clear_##name(struct folio *f) { return test_and_clear_bit(bit, &f->flags); }

FOLIO_FLAG(locked, PG_locked)
FOLIO_FLAG(waiters, PG_waiters)
FOLIO_FLAG(lru, PG_lru)
FOLIO_FLAG(active, PG_active)
FOLIO_FLAG(referenced, PG_referenced)
FOLIO_FLAG(buddy, PG_buddy)
FOLIO_FLAG(reserved, PG_reserved)
FOLIO_FLAG(table, PG_table)
FOLIO_FLAG(slab, PG_slab)
FOLIO_FLAG(anon, PG_anon)
FOLIO_FLAG(anon_exclusive, PG_anon_exclusive)
FOLIO_FLAG(file, PG_file)
FOLIO_FLAG(migrc, PG_migrc)

/* References: one per PTE, one per holder. Linux's include/linux/page_ref.h. */
static inline int folio_ref_count(const struct folio *folio)
{
	return atomic_read(&folio->_refcount);
}

static inline int folio_mapcount(const struct folio *folio)
{
	return atomic_read(&folio->_mapcount);
}

static inline bool folio_mapped(const struct folio *folio)
{
	return folio_mapcount(folio) > 0;
}

static inline void folio_get(struct folio *folio)
{
	atomic_inc(&folio->_refcount);
}

/* For callers that found the folio without a reference, e.g. on an LRU list. */
static inline bool folio_try_get(struct folio *folio)
{
	return atomic_inc_not_zero(&folio->_refcount);
}

void __folio_put(struct folio *folio);

static inline void folio_put(struct folio *folio)
{
	if (atomic_dec_and_test(&folio->_refcount))
		__folio_put(folio);
}

/* folio.c */
static inline bool folio_trylock(struct folio *folio)
{
	return !folio_test_set_locked(folio);
}

void folio_lock(struct folio *folio);
void folio_unlock(struct folio *folio);
struct wait_queue_head *folio_waitqueue(struct folio *folio);

void folio_add_lru(struct folio *folio);
bool folio_isolate_lru(struct folio *folio);
void folio_putback_lru(struct folio *folio);

#endif
