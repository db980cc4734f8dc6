/*
 * migrc_v3.c - "mm: Defer TLB flush by keeping both src and dst folios at migration",
 * version 3 (Byungchul Park, October 2023), as posted, in its order of steps.
 *
 * A stale translation to src that can only be read does no harm while src and dst
 * are equal. So if every PTE of src was read-only, src is kept and its flush put
 * off until src is wanted as free memory, or dst is about to be written.
 *
 * What looks wrong is left wrong, each place marked QUESTION below. The largest has
 * no place here (Nadav Amit's mail of 10 November 2023): only do_wp_page() knows of
 * PG_migrc. mprotect() and hint faults, too, make PTEs writable
 * (can_change_pte_writable()), and remove_migration_ptes() may; they store the
 * writable PTE first and flush after it, or not at all.
 */
#include "flush_policy.h"
#include "vmstat.h"

/* The folios of one batch whose flush is put off. */
struct migrc_req {
	struct list_head link;		/* pglist_data.migrc_reqs */
	struct list_head folios;	/* src folios, each with a reference of ours */
	struct arch_tlbflush_unmap_batch arch;	/* CPUs that may hold a translation to one of them */
	int gen;			/* migrc_gen after the last of them was unmapped */
	int node;
	unsigned int nr;
};

/* Counts batches. A CPU whose migrc_done is at least g has flushed since batch g was unmapped. */
static atomic_t migrc_gen;
static DEFINE_PER_CPU(int, migrc_done);
/* Above 0: somebody needs contiguous memory, so nothing new is held back. */
static atomic_t migrc_pause_cnt;

static bool before(int a, int b)
{
	return a - b < 0;
}

static void migrc_req_start(enum migrate_reason reason, int src_nid)
{
	struct migrc_req *req = NULL;

	if (reason == MR_DEMOTION || reason == MR_NUMA_MISPLACED)
		req = kzalloc(sizeof(*req), GFP_ATOMIC);
	if (req) {
		INIT_LIST_HEAD(&req->folios);
		req->node = src_nid;
	}
	current->mm_state.mreq = req;
	current->mm_state.migrc_writable = false;
}

/*
 * W or D as hardware has them: a TLB entry filled from such a PTE can be written
 * through. The saved-dirty bit of a page that has become read-only is in no TLB.
 */
static struct tlbflush_unmap_batch *migrc_unmap_batch(pte_t pteval)
{
	struct mm_task_state *ts = &current->mm_state;

	if (!(pte_flags(pteval) & (_PAGE_RW | _PAGE_DIRTY)))
		return &ts->tlb_ubc_nowr;
	ts->migrc_writable = true;
	return &ts->tlb_ubc;
}

static void fold_ubc_nowr(struct mm_task_state *ts)
{
	if (!ts->tlb_ubc_nowr.flush_required)
		return;
	arch_tlbbatch_fold(&ts->tlb_ubc.arch, &ts->tlb_ubc_nowr.arch);
	ts->tlb_ubc.flush_required = true;
	ts->tlb_ubc_nowr.flush_required = false;
}

/* One folio is unmapped: what went to tlb_ubc_nowr was its own. */
static bool migrc_folio_unmapped(struct folio *src, struct folio *dst)
{
	struct mm_task_state *ts = &current->mm_state;
	bool writable = ts->migrc_writable;

	ts->migrc_writable = false;
	if (!ts->mreq || atomic_read(&migrc_pause_cnt) || writable || !ts->tlb_ubc_nowr.flush_required ||
	    folio_test_migrc(src)) {
		fold_ubc_nowr(ts);
		return false;
	}
	folio_get(src);
	folio_set_migrc(src);
	folio_set_migrc(dst);
	arch_tlbbatch_fold(&ts->mreq->arch, &ts->tlb_ubc_nowr.arch);
	ts->tlb_ubc_nowr.flush_required = false;
	return true;
}

static void migrc_unmap_flush(void)
{
	struct mm_task_state *ts = &current->mm_state;

	fold_ubc_nowr(ts);
	if (ts->mreq)
		ts->mreq->gen = atomic_inc_return(&migrc_gen);
	try_to_unmap_flush();
}

/*
 * QUESTION: dst is mapped and unlocked long before req is on the node's list. A
 * write fault on dst in between finds PG_migrc, clears it, flushes what is
 * published, which is not this, and goes on to write.
 */
static void migrc_folio_moved(struct folio *src, struct folio *dst, bool moved)
{
	struct migrc_req *req = current->mm_state.mreq;

	if (moved) {
		list_add_tail(&src->lru, &req->folios);
		req->nr++;
		return;
	}
	folio_clear_migrc(src);
	folio_clear_migrc(dst);
	folio_put(src);
}

static void migrc_req_end(void)
{
	struct migrc_req *req = current->mm_state.mreq;
	pg_data_t *pgdat;

	current->mm_state.mreq = NULL;
	if (!req)
		return;
	if (!req->nr) {
		kfree(req);
		return;
	}
	pgdat = NODE_DATA(req->node);
	count_vm_events(migrc_deferred, req->nr);
	spin_lock(&pgdat->migrc_lock);
	atomic_long_add(req->nr, &pgdat->migrc_pending_nr);
	atomic_long_add(req->nr, &pgdat->zone.migrc_pending_nr);
	list_add_tail(&req->link, &pgdat->migrc_reqs);
	spin_unlock(&pgdat->migrc_lock);
}

/* CPUs that have flushed since the batch was unmapped, for whatever reason, are left out. */
static void migrc_adj(struct migrc_req *req)
{
	unsigned int cpu;

	for_each_cpu(cpu, &req->arch.cpumask)
		if (!before(READ_ONCE(per_cpu(migrc_done, cpu)), req->gen))
			__cpumask_clear_cpu(cpu, &req->arch.cpumask);
}

static void migrc_free_req(struct migrc_req *req)
{
	pg_data_t *pgdat = NODE_DATA(req->node);
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &req->folios, lru) {
		list_del_init(&folio->lru);
		atomic_long_dec(&pgdat->migrc_pending_nr);
		atomic_long_dec(&pgdat->zone.migrc_pending_nr);
		folio_put(folio);
	}
	count_vm_events(migrc_freed, req->nr);
	kfree(req);
}

/*
 * Flushes what is owed, then gives the src folios back.
 *
 * QUESTION: the lists are detached before the flush is done. A second caller finds
 * them empty and returns at once, while CPUs still use the old translations.
 */
static bool migrc_try_flush_free_folios(void)
{
	struct arch_tlbflush_unmap_batch arch = { CPU_MASK_NONE };
	struct migrc_req *req, *next;
	LIST_HEAD(reqs);
	int nid;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);

		if (!atomic_long_read(&pgdat->migrc_pending_nr))
			continue;
		spin_lock(&pgdat->migrc_lock);
		list_splice_tail_init(&pgdat->migrc_reqs, &reqs);
		spin_unlock(&pgdat->migrc_lock);
	}
	if (list_empty(&reqs))
		return false;

	list_for_each_entry(req, &reqs, link) {
		migrc_adj(req);
		arch_tlbbatch_fold(&arch, &req->arch);
	}
	count_vm_event(migrc_flush_free);
	if (!cpumask_empty(&arch.cpumask))
		arch_tlbbatch_flush(&arch);
	list_for_each_entry_safe(req, next, &reqs, link)
		migrc_free_req(req);
	return true;
}

/*
 * QUESTION: the flag goes before the flush. A second write fault, on another
 * thread or through another mm that shares the folio, passes here without waiting.
 */
static void migrc_wp_page(struct folio *folio)
{
	if (!folio_test_migrc(folio))
		return;
	folio_clear_migrc(folio);
	if (migrc_try_flush_free_folios())
		count_vm_event(migrc_wp_flush);
}

static unsigned long migrc_pending_free(struct zone *zone)
{
	return atomic_long_read(&zone->migrc_pending_nr);
}

static void migrc_pause(unsigned int order)
{
	if (order)
		atomic_inc(&migrc_pause_cnt);
}

static void migrc_resume(unsigned int order)
{
	if (order)
		atomic_dec(&migrc_pause_cnt);
}

/*
 * QUESTION: the reload of CR3 drops the entries of the current PCID only, but
 * migrc_done speaks for the whole CPU. Entries under other PCIDs are dropped when
 * switch_mm_irqs_off() finds their tlb_gen behind, since every unmap counted it up.
 */
static void migrc_flush_tlb_local(void)
{
	int gen = atomic_read(&migrc_gen);

	smp_mb();
	native_flush_tlb_local();
	smp_mb();
	if (before(this_cpu_read(migrc_done), gen))
		this_cpu_write(migrc_done, gen);
}

const struct flush_policy flush_policy_migrc_v3 = {
	.name = "migrc-v3",
	.migrate_begin = migrc_req_start,
	.unmap_batch = migrc_unmap_batch,
	.folio_unmapped = migrc_folio_unmapped,
	.unmap_flush = migrc_unmap_flush,
	.folio_moved = migrc_folio_moved,
	.migrate_end = migrc_req_end,
	.wp_page = migrc_wp_page,
	.pending_free = migrc_pending_free,
	.reclaim_pending = migrc_try_flush_free_folios,
	.alloc_slowpath_begin = migrc_pause,
	.alloc_slowpath_end = migrc_resume,
	.flush_tlb_local = migrc_flush_tlb_local,
};
