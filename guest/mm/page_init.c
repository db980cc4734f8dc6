/*
 * page_init.c - nodes, watermarks, and handing boot's memory to the buddy lists.
 * Called once, by mm_init_early().
 */
#include "bootmem.h"
#include "mm.h"

pg_data_t node_data[MAX_NUMNODES];
int nr_online_nodes;

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
		__free_pages_core(pfn_folio(pfn), order);
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
