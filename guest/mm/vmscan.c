/*
 * vmscan.c - making room on a node: ageing by accessed bits, and demotion to the slow
 * node, by kswapd in the background or by the allocating task itself. There is no
 * swap, so the slow node has nowhere to demote to and is never reclaimed from.
 */
#include "kthread.h"
#include "migrate.h"
#include "tlbflush.h"
#include "vmstat.h"

#define SWAP_CLUSTER_MAX 32
#define DEF_PRIORITY 12
#define KSWAPD_BACKOFF_MS 10

struct scan_control {
	unsigned long nr_to_reclaim;
	unsigned long nr_reclaimed;
	bool kswapd;
	bool no_room;		/* the slow node would not take a folio */
};

enum folio_references { FOLIOREF_RECLAIM, FOLIOREF_KEEP, FOLIOREF_ACTIVATE };

static int next_demotion_node(int nid)
{
	return node_is_toptier(nid) && nr_online_nodes > 1 ? NODE_SLOW : NUMA_NO_NODE;
}

/* Moves up to nr folios from the tail of a list to dst. Each gets a reference, and loses PG_lru. */
static unsigned int isolate_lru_folios(struct lruvec *lruvec, enum lru_list lru, unsigned int nr,
				       struct list_head *dst)
{
	struct list_head *src = &lruvec->lists[lru];
	unsigned int scanned = 0, taken = 0;

	spin_lock(&lruvec->lru_lock);
	while (scanned++ < nr && !list_empty(src)) {
		struct folio *folio = list_last_entry(src, struct folio, lru);

		/* On its way out. */
		if (!folio_try_get(folio)) {
			list_move(&folio->lru, src);
			continue;
		}
		/* Someone else has just claimed it, and waits for our lock with a reference of his own. */
		if (!folio_test_clear_lru(folio)) {
			list_move(&folio->lru, src);
			folio_put(folio);
			continue;
		}
		list_move(&folio->lru, dst);
		lruvec->nr[lru]--;
		taken++;
	}
	spin_unlock(&lruvec->lru_lock);
	return taken;
}

static void putback_folios(struct list_head *list)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, list, lru) {
		list_del_init(&folio->lru);
		folio_putback_lru(folio);
	}
}

/* Two looks at an accessed bit make a folio active; one keeps it for another round. */
static enum folio_references folio_check_references(struct folio *folio)
{
	int referenced_ptes = folio_referenced(folio);
	bool referenced_folio = folio_test_clear_referenced(folio);

	if (!referenced_ptes)
		return FOLIOREF_RECLAIM;
	folio_set_referenced(folio);
	return referenced_folio || referenced_ptes > 1 ? FOLIOREF_ACTIVATE : FOLIOREF_KEEP;
}

static unsigned int demote_folio_list(struct list_head *demote, int nid, struct scan_control *sc)
{
	int target = next_demotion_node(nid);
	struct zone *zone = &NODE_DATA(target)->zone;
	unsigned int nr_succeeded = 0;

	if (list_empty(demote))
		return 0;
	migrate_pages(demote, target, MIGRATE_ASYNC, MR_DEMOTION, &nr_succeeded);
	if (!nr_succeeded)
		sc->no_room = !zone_watermark_ok(zone, 0, zone->watermark[WMARK_MIN]);
	if (sc->kswapd)
		count_vm_events(pgdemote_kswapd, nr_succeeded);
	else
		count_vm_events(pgdemote_direct, nr_succeeded);
	return nr_succeeded;
}

static void shrink_inactive_list(pg_data_t *pgdat, struct scan_control *sc)
{
	LIST_HEAD(folios);
	LIST_HEAD(demote);
	LIST_HEAD(keep);
	struct folio *folio, *next;
	unsigned int nr = isolate_lru_folios(&pgdat->lruvec, LRU_INACTIVE, SWAP_CLUSTER_MAX, &folios);

	if (sc->kswapd)
		count_vm_events(pgscan_kswapd, nr);
	else
		count_vm_events(pgscan_direct, nr);

	list_for_each_entry_safe(folio, next, &folios, lru) {
		list_del_init(&folio->lru);
		switch (folio_check_references(folio)) {
		case FOLIOREF_RECLAIM:
			list_add_tail(&folio->lru, &demote);
			break;
		case FOLIOREF_ACTIVATE:
			folio_set_active(folio);
			count_vm_event(pgactivate);
			/* fall through */
		case FOLIOREF_KEEP:
			list_add_tail(&folio->lru, &keep);
			break;
		}
	}
	sc->nr_reclaimed += demote_folio_list(&demote, pgdat->node_id, sc);
	putback_folios(&demote);
	putback_folios(&keep);
}

/* Active folios go back to the inactive list, referenced or not, with their accessed bits cleared. */
static void shrink_active_list(pg_data_t *pgdat)
{
	LIST_HEAD(folios);
	struct folio *folio;
	unsigned int nr = isolate_lru_folios(&pgdat->lruvec, LRU_ACTIVE, SWAP_CLUSTER_MAX, &folios);

	list_for_each_entry(folio, &folios, lru) {
		folio_referenced(folio);
		folio_clear_active(folio);
	}
	count_vm_events(pgdeactivate, nr);
	putback_folios(&folios);
}

/* Below a gigabyte Linux wants at least as many inactive folios as active ones. */
static bool inactive_is_low(const struct lruvec *lruvec)
{
	return READ_ONCE(lruvec->nr[LRU_INACTIVE]) < READ_ONCE(lruvec->nr[LRU_ACTIVE]);
}

/* Scans a share of each list that doubles with every step of priority. */
static void shrink_node(pg_data_t *pgdat, struct scan_control *sc, int priority)
{
	unsigned long nr = max(READ_ONCE(pgdat->lruvec.nr[LRU_INACTIVE]) >> priority, (unsigned long)SWAP_CLUSTER_MAX);

	while (nr && sc->nr_reclaimed < sc->nr_to_reclaim && !sc->no_room) {
		if (inactive_is_low(&pgdat->lruvec))
			shrink_active_list(pgdat);
		shrink_inactive_list(pgdat, sc);
		nr -= min(nr, (unsigned long)SWAP_CLUSTER_MAX);
		cond_resched();
	}
}

/* Direct reclaim, by the task that needs the memory. */
unsigned long try_to_free_pages(int nid, gfp_t gfp)
{
	struct scan_control sc = { .nr_to_reclaim = SWAP_CLUSTER_MAX };
	int priority;

	(void)gfp;
	if (next_demotion_node(nid) == NUMA_NO_NODE)
		return 0;
	current->flags |= PF_MEMALLOC;
	for (priority = DEF_PRIORITY; priority >= 0 && sc.nr_reclaimed < sc.nr_to_reclaim && !sc.no_room; priority--)
		shrink_node(NODE_DATA(nid), &sc, priority);
	current->flags &= ~PF_MEMALLOC;
	return sc.nr_reclaimed;
}

void reclaim_pages(struct list_head *folios)
{
	struct folio *folio, *next;
	int nid;

	current->flags |= PF_MEMALLOC;
	for_each_online_node(nid) {
		struct scan_control sc = { 0 };
		LIST_HEAD(demote);

		if (next_demotion_node(nid) == NUMA_NO_NODE)
			continue;
		list_for_each_entry_safe(folio, next, folios, lru) {
			if (folio_nid(folio) == nid)
				list_move_tail(&folio->lru, &demote);
		}
		demote_folio_list(&demote, nid, &sc);
		putback_folios(&demote);
	}
	current->flags &= ~PF_MEMALLOC;
	putback_folios(folios);
}

/* With promotion there must be room for hot folios too, so the highest mark counts (Linux, tiering mode). */
bool pgdat_balanced(pg_data_t *pgdat)
{
	enum zone_watermarks mark = numa_balancing_enabled ? WMARK_PROMO : WMARK_HIGH;

	return zone_watermark_ok(&pgdat->zone, 0, pgdat->zone.watermark[mark]);
}

static void balance_pgdat(pg_data_t *pgdat)
{
	struct scan_control sc = { .kswapd = true };
	int priority = DEF_PRIORITY;

	count_vm_event(pageoutrun);
	while (priority >= 0 && !pgdat_balanced(pgdat) && !sc.no_room) {
		sc.nr_reclaimed = 0;
		sc.nr_to_reclaim = max(pgdat->zone.watermark[WMARK_HIGH], (unsigned long)SWAP_CLUSTER_MAX);
		shrink_node(pgdat, &sc, priority);
		if (!sc.nr_reclaimed)
			priority--;
	}
	if (!pgdat_balanced(pgdat))
		WRITE_ONCE(pgdat->kswapd_retry, jiffies + msecs_to_jiffies(KSWAPD_BACKOFF_MS));
}

static int kswapd(void *arg)
{
	pg_data_t *pgdat = arg;

	current->flags |= PF_MEMALLOC;
	for (;;) {
		wait_event(pgdat->kswapd_wait, READ_ONCE(pgdat->kswapd_wanted));
		WRITE_ONCE(pgdat->kswapd_wanted, false);
		smp_mb();
		balance_pgdat(pgdat);
	}
	return 0;
}

/* Any context. */
void wakeup_kswapd(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);

	if (!pgdat->kswapd || READ_ONCE(pgdat->kswapd_wanted) || pgdat_balanced(pgdat) ||
	    time_before(jiffies, READ_ONCE(pgdat->kswapd_retry)))
		return;
	WRITE_ONCE(pgdat->kswapd_wanted, true);
	wake_up(&pgdat->kswapd_wait);
}

void kswapd_init(void)
{
	int nid;

	for_each_online_node(nid)
		if (next_demotion_node(nid) != NUMA_NO_NODE)
			NODE_DATA(nid)->kswapd = kthread_run(kswapd, NODE_DATA(nid), "kswapd0", -1);
}
