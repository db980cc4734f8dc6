/*
 * migrate.c - moving folios to another node: Linux 6.6's mm/migrate.c for base
 * pages, anonymous and of memory files. A batch goes through all unmaps, then one flush, then all
 * moves. For vmscan.c, numa_balancing.c and move_pages.c.
 */
#include "flush_policy.h"
#include "string.h"
#include "vmstat.h"

#define NR_MAX_BATCHED_MIGRATION 512
#define NR_MAX_MIGRATE_ASYNC_RETRY 3
#define NR_MAX_MIGRATE_SYNC_RETRY 10

/* A folio on its way. Linux keeps this in dst->private and two parallel lists. */
struct migration {
	struct list_head link;
	struct folio *src, *dst;
	struct anonmm *anonmm;	/* pinned while src is unmapped; NULL: it was not mapped */
	bool deferred;		/* the policy puts the flush off, and holds a reference on src */
};

struct migrate_control {
	int nid;
	enum migrate_mode mode;
	enum migrate_reason reason;
	unsigned int nr_succeeded;
	unsigned int nr_failed;
};

/* src stays where it was: mapped again, unlocked, still isolated. dst goes back. */
static void migrate_folio_undo(struct migration *m)
{
	if (m->anonmm) {
		remove_migration_ptes(m->src, m->src, m->anonmm);
		anonmm_put(m->anonmm);
	}
	folio_unlock(m->src);
	folio_unlock(m->dst);
	folio_put(m->dst);
	kfree(m);
}

/*
 * Gets a dst, locks both, and replaces src's PTEs. MIGRATEPAGE_UNMAP with *mp set,
 * or -EAGAIN (busy: try again) or -ENOMEM (no room on that node).
 */
static int migrate_folio_unmap(struct folio *src, struct migrate_control *mc, struct migration **mp)
{
	gfp_t gfp = mc->reason == MR_SYSCALL ? GFP_HIGHUSER | __GFP_THISNODE : GFP_MIGRATE_TARGET;
	struct migration *m = kmalloc(sizeof(*m), GFP_ATOMIC);

	if (!m)
		return -ENOMEM;
	m->src = src;
	m->deferred = false;
	m->dst = __folio_alloc(gfp, 0, mc->nid);
	if (!m->dst) {
		kfree(m);
		return -ENOMEM;
	}
	if (!folio_trylock(src)) {
		if (mc->mode == MIGRATE_ASYNC) {
			folio_put(m->dst);
			kfree(m);
			return -EAGAIN;
		}
		folio_lock(src);
	}
	BUG_ON(!folio_trylock(m->dst));	/* nobody knows it yet */

	m->anonmm = folio_get_anonmm(src);
	if (m->anonmm)
		try_to_migrate(src, m->anonmm, mc->mode == MIGRATE_ASYNC ? TTU_BATCH_FLUSH : TTU_SYNC_FLUSH);
	if (folio_mapped(src)) {
		migrate_folio_undo(m);
		return -EAGAIN;
	}
	if (flush_policy->folio_unmapped)
		m->deferred = flush_policy->folio_unmapped(src, m->dst);
	*mp = m;
	return MIGRATEPAGE_UNMAP;
}

/* Only our isolation keeps it: its owner has gone, and it needs no new home. */
static bool folio_is_orphan(struct folio *folio)
{
	return folio_ref_count(folio) == 1;
}

/* Anything beyond our reference (and the policy's, and the file's) is a pin: somebody may be using the old frame. */
static int folio_migrate_mapping(struct migration *m)
{
	struct folio *src = m->src, *dst = m->dst;

	if (folio_test_file(src))
		return filemap_replace_folio(src, dst, 2 + m->deferred);
	if (folio_ref_count(src) != 1 + m->deferred)
		return -EAGAIN;
	dst->anonmm = src->anonmm;
	dst->index = src->index;
	folio_set_anon(dst);
	return MIGRATEPAGE_SUCCESS;
}

static void folio_migrate_flags(struct folio *dst, struct folio *src)
{
	if (folio_test_clear_active(src))
		folio_set_active(dst);
	if (folio_test_referenced(src))
		folio_set_referenced(dst);
	dst->access_time = src->access_time;
}

/* Copies, maps dst where src was mapped, and gives src back. -EAGAIN leaves everything as it was. */
static int migrate_folio_move(struct migration *m, struct migrate_control *mc)
{
	struct folio *src = m->src, *dst = m->dst;
	int rc = folio_migrate_mapping(m);

	if (rc != MIGRATEPAGE_SUCCESS)
		return rc;
	copy_page(folio_address(dst), folio_address(src));
	folio_migrate_flags(dst, src);
	folio_add_lru(dst);
	if (m->anonmm) {
		remove_migration_ptes(src, dst, m->anonmm);
		anonmm_put(m->anonmm);
	}
	if (m->deferred)
		flush_policy->folio_moved(src, dst, true);
	folio_unlock(dst);
	folio_put(dst);		/* the allocation's; the PTEs have their own */
	folio_unlock(src);
	folio_put(src);		/* the isolation's */
	mc->nr_succeeded++;
	return rc;
}

static void migrate_folios_unmap(struct list_head *from, struct migrate_control *mc, struct list_head *unmapped,
				 struct list_head *ret_folios, int passes)
{
	bool no_memory = false;

	while (!list_empty(from) && passes-- && !no_memory) {
		LIST_HEAD(again);

		while (!list_empty(from) && !no_memory) {
			struct folio *folio = list_first_entry(from, struct folio, lru);
			struct migration *m;
			int rc;

			cond_resched();
			list_del_init(&folio->lru);
			if (folio_is_orphan(folio)) {
				folio_put(folio);
				continue;
			}
			rc = migrate_folio_unmap(folio, mc, &m);
			if (rc == MIGRATEPAGE_UNMAP) {
				list_add_tail(&m->link, unmapped);
				continue;
			}
			list_add_tail(&folio->lru, &again);
			/* The rest would fare no better. */
			no_memory = rc == -ENOMEM;
		}
		list_splice_init(&again, from);
	}
	list_splice_tail_init(from, ret_folios);
}

static void migrate_folios_move(struct list_head *unmapped, struct migrate_control *mc,
				struct list_head *ret_folios, int passes)
{
	struct migration *m, *next;

	while (!list_empty(unmapped) && passes--) {
		list_for_each_entry_safe(m, next, unmapped, link) {
			cond_resched();
			if (migrate_folio_move(m, mc) == MIGRATEPAGE_SUCCESS) {
				list_del(&m->link);
				kfree(m);
			}
		}
	}
	list_for_each_entry_safe(m, next, unmapped, link) {
		list_del(&m->link);
		if (m->deferred)
			flush_policy->folio_moved(m->src, m->dst, false);
		list_add_tail(&m->src->lru, ret_folios);
		migrate_folio_undo(m);
	}
}

static void migrate_pages_batch(struct list_head *from, struct migrate_control *mc, struct list_head *ret_folios)
{
	int passes = mc->mode == MIGRATE_ASYNC ? NR_MAX_MIGRATE_ASYNC_RETRY : NR_MAX_MIGRATE_SYNC_RETRY;
	LIST_HEAD(unmapped);

	if (flush_policy->migrate_begin)
		flush_policy->migrate_begin(mc->reason, folio_nid(list_first_entry(from, struct folio, lru)));
	migrate_folios_unmap(from, mc, &unmapped, ret_folios, passes);

	/* Before any copy: from here on nobody can write to a src. */
	if (flush_policy->unmap_flush)
		flush_policy->unmap_flush();
	else
		try_to_unmap_flush();
	/* With the bug, what try_to_migrate_one() asks under the page-table lock is asked here, without. */
	if (bug_enabled(BUG_NUMA_FLUSH) && mc->reason == MR_NUMA_MISPLACED && mm_tlb_flush_pending(current->mm))
		flush_tlb_mm(current->mm);

	migrate_folios_move(&unmapped, mc, ret_folios, passes);
	if (flush_policy->migrate_end)
		flush_policy->migrate_end();
}

/* Cuts at most NR_MAX_BATCHED_MIGRATION folios off the front. */
static void cut_batch(struct list_head *from, struct list_head *batch, int n)
{
	while (n-- && !list_empty(from))
		list_move_tail(from->next, batch);
}

/* Linux's migrate_pages_sync(): the whole batch once without waiting, then what is left one by one. */
static void migrate_one_batch(struct list_head *batch, struct migrate_control *mc, struct list_head *ret_folios)
{
	enum migrate_mode mode = mc->mode;
	LIST_HEAD(failed);

	mc->mode = MIGRATE_ASYNC;
	migrate_pages_batch(batch, mc, mode == MIGRATE_ASYNC ? ret_folios : &failed);
	mc->mode = mode;
	while (!list_empty(&failed)) {
		LIST_HEAD(one);

		cut_batch(&failed, &one, 1);
		migrate_pages_batch(&one, mc, ret_folios);
	}
}

int migrate_pages(struct list_head *from, int nid, enum migrate_mode mode, enum migrate_reason reason,
		  unsigned int *ret_succeeded)
{
	struct migrate_control mc = { .nid = nid, .mode = mode, .reason = reason };
	struct list_head *pos;
	LIST_HEAD(ret_folios);
	int nr_failed = 0;

	while (!list_empty(from)) {
		LIST_HEAD(batch);

		cut_batch(from, &batch, NR_MAX_BATCHED_MIGRATION);
		migrate_one_batch(&batch, &mc, &ret_folios);
	}
	list_for_each(pos, &ret_folios)
		nr_failed++;
	list_splice_init(&ret_folios, from);
	count_vm_events(pgmigrate_success, mc.nr_succeeded);
	count_vm_events(pgmigrate_fail, nr_failed);
	if (ret_succeeded)
		*ret_succeeded = mc.nr_succeeded;
	return nr_failed;
}
