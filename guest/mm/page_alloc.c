/*
 * page_alloc.c - the buddy allocator of each node, watermarks, and what an
 * allocation does when memory is short. Anyone may call it, interrupts included
 * (GFP_ATOMIC).
 */
#include "bootmem.h"
#include "flush_policy.h"
#include "string.h"
#include "vmstat.h"

pg_data_t node_data[MAX_NUMNODES];
int nr_online_nodes;

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
	bool memalloc = (gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC);
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

void free_unref_folio(struct folio *folio, unsigned int order)
{
	struct zone *zone = folio_zone(folio);
	unsigned long flags;

	BUG_ON(folio_test_buddy(folio) || folio_test_reserved(folio) || folio_test_lru(folio));
	BUG_ON(folio_mapcount(folio));
	count_vm_events(pgfree, BIT(order));
	WRITE_ONCE(folio->flags, 0);
	spin_lock_irqsave(&zone->lock, flags);
	__free_one_block(zone, folio, order);
	spin_unlock_irqrestore(&zone->lock, flags);
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

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long r = 0;

	while ((r + 1) * (r + 1) <= x)
		r++;
	return r;
}

/*
 * Linux's init_per_zone_wmark_min() and __setup_per_zone_wmarks(): min is
 * sqrt(16 * memory in KiB) KiB, shared out by size; the distance between the
 * others is a quarter of min or 0.1 % of the zone, whichever is more.
 */
static void setup_per_zone_wmarks(void)
{
	unsigned long total = 0, min_pages, delta;
	int nid;

	for_each_online_node(nid)
		total += NODE_DATA(nid)->zone.managed_pages;
	min_pages = int_sqrt(16 * total * (PAGE_SIZE / 1024)) / (PAGE_SIZE / 1024);

	for_each_online_node(nid) {
		struct zone *zone = &NODE_DATA(nid)->zone;

		zone->watermark[WMARK_MIN] = min_pages * zone->managed_pages / total;
		delta = max(zone->watermark[WMARK_MIN] / 4, zone->managed_pages / 1000);
		zone->watermark[WMARK_LOW] = zone->watermark[WMARK_MIN] + delta;
		zone->watermark[WMARK_HIGH] = zone->watermark[WMARK_LOW] + delta;
		zone->watermark[WMARK_PROMO] = zone->watermark[WMARK_HIGH] + delta;
		printk("node %d: %lu pages, watermarks min %lu low %lu high %lu promo %lu\n", nid,
		       zone->managed_pages, zone->watermark[WMARK_MIN], zone->watermark[WMARK_LOW],
		       zone->watermark[WMARK_HIGH], zone->watermark[WMARK_PROMO]);
	}
}

static void node_init(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	int i;

	pgdat->node_id = nid;
	spin_lock_init(&pgdat->zone.lock);
	for (i = 0; i <= MAX_ORDER; i++)
		INIT_LIST_HEAD(&pgdat->zone.free_area[i].free_list);
	spin_lock_init(&pgdat->lruvec.lru_lock);
	for (i = 0; i < NR_LRU_LISTS; i++)
		INIT_LIST_HEAD(&pgdat->lruvec.lists[i]);
	init_waitqueue_head(&pgdat->kswapd_wait);
	spin_lock_init(&pgdat->migrc_lock);
	INIT_LIST_HEAD(&pgdat->migrc_reqs);
}

/* Hands a region to the buddy lists in blocks as large as its alignment allows. */
static void free_region(const struct boot_region *r)
{
	unsigned long pfn = PFN_UP(r->start), end = PFN_DOWN(r->end), i;
	struct zone *zone = &NODE_DATA(r->nid)->zone;

	while (pfn < end) {
		unsigned int order = pfn ? min(__ffs(pfn), (unsigned int)MAX_ORDER) : MAX_ORDER;

		while (pfn + BIT(order) > end)
			order--;
		for (i = 0; i < BIT(order); i++) {
			pfn_folio(pfn + i)->flags = 0;
			pfn_folio(pfn + i)->nid = r->nid;
		}
		__free_one_block(zone, pfn_folio(pfn), order);
		zone->managed_pages += BIT(order);
		pfn += BIT(order);
	}
}

void page_alloc_init(void)
{
	unsigned int i;
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		node_init(nid);
	for (i = 0; i < nr_boot_regions; i++) {
		nr_online_nodes = max(nr_online_nodes, boot_regions[i].nid + 1);
		free_region(&boot_regions[i]);
	}
	for_each_online_node(nid)
		if (!NODE_DATA(nid)->zone.managed_pages)
			panic("node %d has no memory", nid);
	setup_per_zone_wmarks();
}
