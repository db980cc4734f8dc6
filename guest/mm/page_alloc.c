/*
 * page_alloc.c - the buddy allocator of each node, watermarks, and what an
 * allocation does when memory is short. Anyone may call it, interrupts included
 * (GFP_ATOMIC).
 */
#include "flush_policy.h"
#include "string.h"
#include "vmstat.h"

static struct folio *find_buddy(struct folio *folio, unsigned int order)
{
	unsigned long pfn = folio_pfn(folio) ^ BIT(order);
	struct folio *buddy;

	if (!pfn_valid(pfn))
		return NULL;
	buddy = pfn_folio(pfn);
	if (!folio_test_buddy(buddy) || buddy->order != order || buddy->nid != folio->nid)
		return NULL;
	return buddy;
}

static void add_to_free_list(struct zone *zone, struct folio *folio, unsigned int order)
{
	folio->order = order;
	folio_set_buddy(folio);
	list_add(&folio->lru, &zone->free_area[order].free_list);
	zone->free_area[order].nr_free++;
}

static void del_from_free_list(struct zone *zone, struct folio *folio)
{
	list_del(&folio->lru);
	folio_clear_buddy(folio);
	zone->free_area[folio->order].nr_free--;
}

static void __free_one_block(struct zone *zone, struct folio *folio, unsigned int order)
{
	struct folio *buddy;

	atomic_long_add(1L << order, &zone->nr_free_pages);
	while (order < MAX_ORDER && (buddy = find_buddy(folio, order))) {
		del_from_free_list(zone, buddy);
		folio = pfn_folio(folio_pfn(folio) & ~BIT(order));
		order++;
	}
	add_to_free_list(zone, folio, order);
}

static struct folio *rmqueue(struct zone *zone, unsigned int order)
{
	struct folio *folio = NULL;
	unsigned int current_order;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (current_order = order; current_order <= MAX_ORDER; current_order++) {
		folio = list_first_entry_or_null(&zone->free_area[current_order].free_list, struct folio, lru);
		if (folio)
			break;
	}
	if (folio) {
		del_from_free_list(zone, folio);
		while (current_order > order) {
			current_order--;
			add_to_free_list(zone, folio + BIT(current_order), current_order);
		}
		atomic_long_sub(1L << order, &zone->nr_free_pages);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return folio;
}

/* Every flag of the previous life goes here, PG_migrc among them. */
static void prep_new_folio(struct folio *folio, unsigned int order, gfp_t gfp)
{
	BUG_ON(folio_ref_count(folio) || folio_mapcount(folio));
	WRITE_ONCE(folio->flags, 0);
	folio->order = order;
	folio->access_time = 0;
	INIT_LIST_HEAD(&folio->lru);
	if (gfp & __GFP_ZERO) {
		unsigned long i;

		for (i = 0; i < BIT(order); i++)
			clear_page(folio_address(folio + i));
	}
	atomic_set(&folio->_refcount, 1);
	count_vm_events(pgalloc_normal, BIT(order));
}

/* As in Linux: the mark must remain after the allocation, and a block of the order must exist. */
bool zone_watermark_ok(struct zone *zone, unsigned int order, unsigned long mark)
{
	long free = atomic_long_read(&zone->nr_free_pages);
	unsigned int o;

	if (flush_policy && flush_policy->pending_free)
		free += flush_policy->pending_free(zone);
	if (free - (long)(BIT(order) - 1) <= (long)mark)
		return false;
	if (order == 0)
		return true;
	for (o = order; o <= MAX_ORDER; o++)
		if (READ_ONCE(zone->free_area[o].nr_free))
			return true;
	return false;
}

/* A policy's pending folios: they come back after IPIs, so interrupts must be on. */
static bool reclaim_pending(void)
{
	if (!flush_policy || !flush_policy->reclaim_pending || irqs_disabled() || in_interrupt())
		return false;
	return flush_policy->reclaim_pending();
}

static struct folio *try_node(int nid, unsigned int order, unsigned long mark)
{
	struct zone *zone = &NODE_DATA(nid)->zone;
	struct folio *folio;

	if (!zone_watermark_ok(zone, order, mark) &&
	    !(reclaim_pending() && zone_watermark_ok(zone, order, mark)))
		return NULL;
	folio = rmqueue(zone, order);
	/* The mark was met by pending folios only. */
	if (!folio && reclaim_pending())
		folio = rmqueue(zone, order);
	return folio;
}

/* wmark < 0: no watermark at all. */
static struct folio *get_page_from_freelist(gfp_t gfp, unsigned int order, int preferred, int wmark)
{
	int i, nid;

	for (i = 0; i < nr_online_nodes; i++) {
		struct folio *folio;

		nid = (preferred + i) % nr_online_nodes;
		folio = try_node(nid, order, wmark < 0 ? 0 : NODE_DATA(nid)->zone.watermark[wmark]);
		if (folio) {
			if (i == 0)
				count_vm_event(numa_hit);
			else
				count_vm_event(numa_miss);
			return folio;
		}
		if (gfp & __GFP_THISNODE)
			break;
	}
	return NULL;
}

#define MAX_RECLAIM_RETRIES 4

static struct folio *__alloc_pages_slowpath(gfp_t gfp, unsigned int order, int preferred)
{
	bool memalloc = !(gfp & __GFP_NOMEMALLOC) && ((gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC));
	struct folio *folio;
	int nid, retries;

	if (gfp & __GFP_KSWAPD_RECLAIM) {
		for_each_online_node(nid)
			if (!(gfp & __GFP_THISNODE) || nid == preferred)
				wakeup_kswapd(nid);
	}
	folio = get_page_from_freelist(gfp, order, preferred, memalloc ? -1 : WMARK_MIN);
	if (folio || memalloc || !(gfp & __GFP_DIRECT_RECLAIM))
		return folio;

	BUG_ON(in_atomic());
	for (retries = 0; !folio && retries < MAX_RECLAIM_RETRIES; retries++) {
		unsigned long progress = 0;

		count_vm_event(allocstall);
		for_each_online_node(nid)
			if (!(gfp & __GFP_THISNODE) || nid == preferred)
				progress += try_to_free_pages(nid, gfp);
		folio = get_page_from_freelist(gfp, order, preferred, WMARK_MIN);
		if (!progress)
			break;
	}
	return folio;
}

struct folio *__folio_alloc(gfp_t gfp, unsigned int order, int nid)
{
	int preferred = nid == NUMA_NO_NODE ? NODE_FAST : nid;
	struct folio *folio;

	BUG_ON(order > MAX_ORDER);
	if (preferred >= nr_online_nodes)
		preferred = 0;
	folio = get_page_from_freelist(gfp, order, preferred, WMARK_LOW);
	if (!folio) {
		if (flush_policy && flush_policy->alloc_slowpath_begin)
			flush_policy->alloc_slowpath_begin(order);
		folio = __alloc_pages_slowpath(gfp, order, preferred);
		if (flush_policy && flush_policy->alloc_slowpath_end)
			flush_policy->alloc_slowpath_end(order);
	}
	if (folio)
		prep_new_folio(folio, order, gfp);
	else if (gfp & __GFP_NOFAIL)
		panic("Out of memory: order-%u allocation that may not fail", order);
	return folio;
}

void __free_pages_core(struct folio *folio, unsigned int order)
{
	struct zone *zone = folio_zone(folio);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	__free_one_block(zone, folio, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void free_unref_folio(struct folio *folio, unsigned int order)
{
	BUG_ON(folio_test_buddy(folio) || folio_test_reserved(folio) || folio_test_lru(folio));
	BUG_ON(folio_mapcount(folio));
	count_vm_events(pgfree, BIT(order));
	WRITE_ONCE(folio->flags, 0);
	__free_pages_core(folio, order);
}

void *__get_free_pages(gfp_t gfp, unsigned int order)
{
	struct folio *folio = folio_alloc(gfp, order);

	return folio ? folio_address(folio) : NULL;
}

void free_pages(void *addr, unsigned int order)
{
	if (!addr)
		return;
	BUG_ON(virt_to_folio(addr)->order != order);
	folio_put(virt_to_folio(addr));
}

unsigned long nr_free_pages(int nid)
{
	return atomic_long_read(&NODE_DATA(nid)->zone.nr_free_pages);
}
