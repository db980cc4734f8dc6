/*
 * migrc_v3.c - "mm: Defer TLB flush by keeping both src and dst folios at migration",
 * version 3 (Byungchul Park, October 2023), as posted, in its order of steps.
 *
 * A stale translation to src that can only be read does no harm while src and dst
 * are equal. So if every PTE of src was read-only, src is kept and its flush put
 * off until src is wanted as free memory, or dst is about to be written.
 *
 * Its requests are in migrc_req.c. What looks wrong is left wrong, each place marked
 * QUESTION. The largest has no place here (Nadav Amit's mail of 10 November 2023): only
 * do_wp_page() knows of PG_migrc. mprotect() and hint faults, too, make PTEs writable
 * (can_change_pte_writable()), and remove_migration_ptes() may; they store the
 * writable PTE first and flush after it, or not at all.
 */
#include "migrc.h"
#include "vmstat.h"

/*
 * W or D as hardware has them: a TLB entry filled from such a PTE can be written
 * through. The saved-dirty bit of a page that has become read-only is in no TLB.
 *
 * QUESTION: the PTE is asked, not the TLBs. One that has just lost its right to write,
 * to mprotect, fork or a NUMA hint, is read-only before the flush that makes it so.
 */
static struct tlbflush_unmap_batch *migrc_unmap_batch(struct vm_area_struct *vma, pte_t pteval)
{
	struct mm_task_state *ts = &current->mm_state;

	(void)vma;
	if (!(pte_flags(pteval) & (_PAGE_RW | _PAGE_DIRTY)))
		return &ts->tlb_ubc_nowr;
	ts->migrc_writable = true;
	return &ts->tlb_ubc;
}

/* One folio is unmapped: what went to tlb_ubc_nowr was its own. */
static bool migrc_folio_unmapped(struct folio *src, struct folio *dst)
{
	struct mm_task_state *ts = &current->mm_state;
	bool writable = ts->migrc_writable;

	ts->migrc_writable = false;
	if (!ts->mreq || migrc_paused() || writable || !ts->tlb_ubc_nowr.flush_required ||
	    folio_test_migrc(src)) {
		migrc_fold_ubc_nowr(ts);
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

	migrc_fold_ubc_nowr(ts);
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
	if (moved) {
		migrc_req_add(src);
		return;
	}
	folio_clear_migrc(src);
	folio_clear_migrc(dst);
	folio_put(src);
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
