/*
 * migrc_safe.c - migrc with its flushes before publication: our repair of version 3.
 *
 * The invariant. While a CPU can use a translation to src, src and dst are equal:
 *   (1) nobody writes src, from its copy until it is free again;
 *   (2) nobody writes dst, until every such translation is gone.
 *
 * (1) src is copied only after every TLB entry that can write it is gone, and is given
 * back only after a flush of all CPUs that may still read it (migrc_req.c). The PTE
 * alone does not tell what TLBs hold: one that has lost its right to write a moment ago
 * (to mprotect, fork or a NUMA hint) may stand in a TLB with that right until the flush
 * that follows; tlb_may_write() asks for all three, and nothing is deferred then. A write
 * by the kernel itself goes through a reference to the folio, and a reference makes
 * migration fail.
 *
 * (2) Nobody gets a right to write a folio but through folio_make_writable(), which calls
 * migrc_make_writable() here *before* the writable PTE is stored, or the kernel's own
 * store done. If the folio is the dst of a deferred flush, every CPU that owes one is
 * flushed first. Path by path:
 *   do_wp_page(), reuse   the call is in wp_page_reuse(), under the page-table lock.
 *   do_wp_page(), copy    dst is only read. The copy is new, and no translation to src
 *                         stays for the address: ptep_clear_flush() comes before its PTE.
 *   mprotect              change_present_pte(), before the entry that may be written.
 *   hint faults           do_numa_page(), likewise.
 *   migration entries     remove_migration_pte(): a page that one mm could write and
 *                         another only read (shared memory), or whose vma has become
 *                         writable meanwhile.
 *   fork                  takes rights away, from the parent too. Its child maps dst, and has no
 *                         translation to src; each write is a do_wp_page() again.
 *   mremap                moves an entry with its rights: it was made writable before.
 *   a new mapping         anonymous memory gets a new folio, whose flags are clear; a page
 *                         of a memory file that is mapped writable calls.
 *   the kernel            a pin for writing wants a writable PTE first; write() to a memory
 *                         file calls before it stores; copy_to_user() goes through the PTE.
 *   dst moves on          PG_migrc goes with the contents, to the next dst.
 *   dst is freed          zapping flushes the address on every CPU, by tlb_gen in full.
 *
 * Why a flush does end it: migrc_owed is raised before dst is mapped, so there is no time
 * at which dst could be written and its debt not be known; v3 publishes a whole batch later.
 * Nothing waits for a flush of somebody else's: what a CPU has done stands in its
 * migrc_done, written after the flush, and a second caller that finds it behind
 * flushes as well. PG_migrc is cleared last, so who does not see it needs no flush.
 */
#include "migrc.h"
#include "vmstat.h"

/* The last batch for which a CPU may hold translations to a src; it is clean if migrc_done is not before that. */
static DEFINE_PER_CPU(int, migrc_owed);

/* Only ever forward. Other CPUs' variables too, so with one locked instruction. */
static void advance(int *gen, int to)
{
	int old = READ_ONCE(*gen);

	while (migrc_before(old, to) && !try_cmpxchg(gen, &old, to))
		;
}

/*
 * Can a TLB hold an entry for this PTE, just taken away, through which it can write?
 * The PTE itself if it could be written. Else an older one whose flush is to come. vm_flags
 * is read before the counts: mprotect and fork raise theirs before they change anything.
 */
static bool tlb_may_write(struct vm_area_struct *vma, pte_t pteval)
{
	bool vma_writable = READ_ONCE(vma->vm_flags) & VM_WRITE;

	if (pte_flags(pteval) & (_PAGE_RW | _PAGE_DIRTY))
		return true;
	if (mm_tlb_wrprotect_pending(vma->vm_mm))
		return true;
	/* NUMA hints come and go, and what they leave behind may have been writable before. */
	return vma_writable && mm_tlb_flush_pending(vma->vm_mm);
}

static struct tlbflush_unmap_batch *safe_unmap_batch(struct vm_area_struct *vma, pte_t pteval)
{
	struct mm_task_state *ts = &current->mm_state;

	if (!tlb_may_write(vma, pteval))
		return &ts->tlb_ubc_nowr;
	ts->migrc_writable = true;
	return &ts->tlb_ubc;
}

/*
 * Other than in v3 a src that is itself the dst of a deferred flush may be deferred
 * again: all three copies are equal, and the write that ends it flushes for both.
 */
static bool safe_folio_unmapped(struct folio *src, struct folio *dst)
{
	struct mm_task_state *ts = &current->mm_state;
	bool writable = ts->migrc_writable;

	ts->migrc_writable = false;
	if (folio_test_migrc(src))
		folio_set_migrc(dst);
	if (!ts->mreq || migrc_paused() || writable || !ts->tlb_ubc_nowr.flush_required) {
		migrc_fold_ubc_nowr(ts);
		return false;
	}
	folio_get(src);
	folio_set_migrc(dst);
	arch_tlbbatch_fold(&ts->mreq->arch, &ts->tlb_ubc_nowr.arch);
	ts->tlb_ubc_nowr.flush_required = false;
	return true;
}

/* No dst is mapped yet: the debt is written down first. */
static void safe_unmap_flush(void)
{
	struct mm_task_state *ts = &current->mm_state;
	struct migrc_req *req = ts->mreq;
	unsigned int cpu;

	migrc_fold_ubc_nowr(ts);
	if (req) {
		req->gen = atomic_inc_return(&migrc_gen);
		for_each_cpu(cpu, &req->arch.cpumask)
			advance(&per_cpu(migrc_owed, cpu), req->gen);
	}
	try_to_unmap_flush();
}

static void safe_folio_moved(struct folio *src, struct folio *dst, bool moved)
{
	(void)dst;
	if (!moved) {
		folio_put(src);
		return;
	}
	folio_set_migrc(src);
	migrc_req_add(src);
}

/*
 * Every CPU that owes a flush gets it. CPUs that the flush leaves out, because they are
 * lazy or run something else by now, use no entry before they have looked at tlb_gen.
 */
static void flush_owed(void)
{
	struct arch_tlbflush_unmap_batch arch = { CPU_MASK_NONE };
	int owed[NR_CPUS];
	cpumask_t cpus;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		owed[cpu] = READ_ONCE(per_cpu(migrc_owed, cpu));
		if (migrc_before(READ_ONCE(per_cpu(migrc_done, cpu)), owed[cpu]))
			__cpumask_set_cpu(cpu, &arch.cpumask);
	}
	cpus = arch.cpumask;
	if (cpumask_empty(&cpus))
		return;
	count_vm_event(migrc_wp_flush);
	arch_tlbbatch_flush(&arch);
	for_each_cpu(cpu, &cpus)
		advance(&per_cpu(migrc_done, cpu), owed[cpu]);
}

static void migrc_make_writable(struct folio *folio)
{
	if (!folio_test_migrc(folio))
		return;
	flush_owed();
	folio_clear_migrc(folio);
}

const struct flush_policy flush_policy_migrc_safe = {
	.name = "migrc-safe",
	.migrate_begin = migrc_req_start,
	.unmap_batch = safe_unmap_batch,
	.folio_unmapped = safe_folio_unmapped,
	.unmap_flush = safe_unmap_flush,
	.folio_moved = safe_folio_moved,
	.migrate_end = migrc_req_end,
	.make_writable = migrc_make_writable,
	.pending_free = migrc_pending_free,
	.reclaim_pending = migrc_try_flush_free_folios,
	.alloc_slowpath_begin = migrc_pause,
	.alloc_slowpath_end = migrc_resume,
	.flush_tlb_local = migrc_flush_tlb_local,
};
