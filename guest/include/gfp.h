/*
 * gfp.h - nodes, zones and the frame allocator. Anyone may allocate; only mm/ looks
 * inside a zone. Node 0 is the fast tier, node 1 the slow one.
 *
 * Linux splits a node into zones by address; nothing here needs that, so a node
 * has exactly one zone and the two are one structure each for their own state.
 */
#ifndef GUEST_GFP_H
#define GUEST_GFP_H

#include "page.h"
#include "wait.h"

#define MAX_ORDER 10
#define MAX_NUMNODES 2
#define NODE_FAST 0
#define NODE_SLOW 1
#define NUMA_NO_NODE (-1)

typedef unsigned int gfp_t;
#define __GFP_ZERO		0x01u	/* clear the frames */
#define __GFP_THISNODE		0x02u	/* no fallback to the other node */
#define __GFP_DIRECT_RECLAIM	0x04u	/* may sleep, demote and flush to find memory */
#define __GFP_KSWAPD_RECLAIM	0x08u	/* may wake kswapd */
#define __GFP_MEMALLOC		0x10u	/* may dip below the min watermark (page tables, kswapd) */
#define __GFP_NOFAIL		0x20u	/* panics rather than return NULL */
#define __GFP_NOMEMALLOC	0x40u	/* stays above the min watermark, whoever asks */

#define GFP_ATOMIC	(__GFP_KSWAPD_RECLAIM | __GFP_MEMALLOC)
#define GFP_KERNEL	(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_HIGHUSER	GFP_KERNEL
/* A migration target: give up quickly, never steal from the other node. */
#define GFP_MIGRATE_TARGET	(__GFP_THISNODE | __GFP_KSWAPD_RECLAIM | __GFP_NOMEMALLOC)

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };
enum lru_list { LRU_INACTIVE, LRU_ACTIVE, NR_LRU_LISTS };

struct free_area {
	struct list_head free_list;
	unsigned long nr_free;
};

struct zone {
	spinlock_t lock;		/* free_area, nr_free_pages; taken with interrupts off */
	struct free_area free_area[MAX_ORDER + 1];
	atomic_long_t nr_free_pages;	/* written under lock, read anywhere */
	unsigned long managed_pages;
	unsigned long watermark[NR_WMARK];
	atomic_long_t migrc_pending_nr;	/* frames that a deferred flush holds back */
};

struct lruvec {
	spinlock_t lru_lock;		/* lists, nr */
	struct list_head lists[NR_LRU_LISTS];
	unsigned long nr[NR_LRU_LISTS];
};

struct migrc_req;

typedef struct pglist_data {
	int node_id;
	unsigned long node_spanned_pages;
	struct zone zone;
	struct lruvec lruvec;

	wait_queue_head_t kswapd_wait;
	struct task_struct *kswapd;
	bool kswapd_wanted;
	unsigned long kswapd_retry;	/* jiffies before which waking it is no use: demotion found no room */

	/* NUMA promotion (numa_balancing.c) */
	u64 nbp_rl_start;		/* us; start of the current rate window */
	atomic_long_t nbp_rl_nr_cand;	/* candidates in it */

	/* policy migrc */
	spinlock_t migrc_lock;
	struct list_head migrc_reqs;
	atomic_long_t migrc_pending_nr;
} pg_data_t;

extern pg_data_t node_data[MAX_NUMNODES];
extern int nr_online_nodes;
#define NODE_DATA(nid) (&node_data[nid])
#define for_each_online_node(nid) for ((nid) = 0; (nid) < nr_online_nodes; (nid)++)

static inline struct zone *folio_zone(const struct folio *folio)
{
	return &NODE_DATA(folio_nid(folio))->zone;
}

static inline bool node_is_toptier(int nid)
{
	return nid == NODE_FAST;
}

/* First choice is `nid` (NUMA_NO_NODE: the fast node), then the other one. */
struct folio *__folio_alloc(gfp_t gfp, unsigned int order, int nid);

static inline struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return __folio_alloc(gfp, order, NUMA_NO_NODE);
}

/* The same by direct-map address, for kernel stacks, tables and buffers. */
void *__get_free_pages(gfp_t gfp, unsigned int order);
void free_pages(void *addr, unsigned int order);

/* Below __folio_put: the last reference is gone. __free_pages_core() is for memory never allocated yet. */
void free_unref_folio(struct folio *folio, unsigned int order);
void __free_pages_core(struct folio *folio, unsigned int order);

bool zone_watermark_ok(struct zone *zone, unsigned int order, unsigned long mark);
unsigned long nr_free_pages(int nid);

#endif
