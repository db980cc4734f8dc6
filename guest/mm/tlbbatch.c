/*
 * tlbbatch.c - batched unmap: PTEs are taken away one by one, the CPUs that may hold
 * them are collected, one flush at the end serves all. Linux's mm/rmap.c and
 * arch/x86/include/asm/tlbflush.h have these functions. For reclaim, migration and
 * the flush policies.
 */
#include "tlbflush.h"

/* Of mm->tlb_flush_batched. An enum rather than macros, so that a debugger has the names. */
enum {
	TLB_FLUSH_BATCH_FLUSHED_SHIFT = 16,
	TLB_FLUSH_BATCH_PENDING_MASK = (1 << (TLB_FLUSH_BATCH_FLUSHED_SHIFT - 1)) - 1,
	TLB_FLUSH_BATCH_PENDING_LARGE = TLB_FLUSH_BATCH_PENDING_MASK / 2,
};

void arch_tlbbatch_add_pending(struct arch_tlbflush_unmap_batch *batch, struct mm_struct *mm)
{
	inc_mm_tlb_gen(mm);
	cpumask_or(&batch->cpumask, &batch->cpumask, mm_cpumask(mm));
}

void arch_tlbbatch_fold(struct arch_tlbflush_unmap_batch *dst, struct arch_tlbflush_unmap_batch *src)
{
	cpumask_or(&dst->cpumask, &dst->cpumask, &src->cpumask);
	cpumask_clear(&src->cpumask);
}

/*
 * Under the page-table lock, right after the PTE was taken away: whoever gets that
 * lock next and calls flush_tlb_batched_pending() sees that a flush is owed.
 */
void set_tlb_ubc_flush_pending(struct tlbflush_unmap_batch *ubc, struct mm_struct *mm, pte_t pteval)
{
	int batch;

	if (!pte_accessible(mm, pteval))
		return;

	arch_tlbbatch_add_pending(&ubc->arch, mm);
	ubc->flush_required = true;

	barrier();
	batch = atomic_read(&mm->tlb_flush_batched);
	for (;;) {
		if ((batch & TLB_FLUSH_BATCH_PENDING_MASK) <= TLB_FLUSH_BATCH_PENDING_LARGE) {
			atomic_inc(&mm->tlb_flush_batched);
			break;
		}
		/* Start over, so that `pending` cannot run through its half into `flushed`. */
		if (atomic_try_cmpxchg(&mm->tlb_flush_batched, &batch, 1))
			break;
	}
	if (pte_dirty(pteval))
		ubc->writable = true;
}

void try_to_unmap_flush(void)
{
	struct tlbflush_unmap_batch *ubc = &current->mm_state.tlb_ubc;

	if (!ubc->flush_required)
		return;
	arch_tlbbatch_flush(&ubc->arch);
	ubc->flush_required = false;
	ubc->writable = false;
}

/*
 * Called under a page-table lock by those who are about to change PTEs themselves
 * (mprotect, munmap, madvise): they could find an entry gone and conclude that
 * nothing has to be flushed, while a batch still owes the flush for it.
 */
void flush_tlb_batched_pending(struct mm_struct *mm)
{
	int batch = atomic_read(&mm->tlb_flush_batched);
	int pending = batch & TLB_FLUSH_BATCH_PENDING_MASK;
	int flushed = batch >> TLB_FLUSH_BATCH_FLUSHED_SHIFT;

	if (pending != flushed && !bug_enabled(BUG_BATCHED_UNMAP)) {
		flush_tlb_mm(mm);
		/* If more came meanwhile the exchange fails, and they stay pending. */
		atomic_cmpxchg(&mm->tlb_flush_batched, batch, pending | (pending << TLB_FLUSH_BATCH_FLUSHED_SHIFT));
	}
}

/*
 * Does a TLB that holds oldpte have to forget it, now that newpte is there? Yes if
 * anything was taken away or the rights changed at all; A is let slip, as in
 * ptep_clear_flush_young(). RO to RW counts as a change, and so is flushed, but
 * by the caller's mmu_gather: after newpte was stored.
 */
bool pte_needs_flush(pte_t oldpte, pte_t newpte)
{
	const u64 flush_on_clear = _PAGE_DIRTY | _PAGE_PRESENT;
	const u64 flush_on_change = _PAGE_RW | _PAGE_USER | _PAGE_PWT | _PAGE_PCD | _PAGE_PSE | _PAGE_GLOBAL | _PAGE_NX;
	u64 diff = pte_flags(oldpte) ^ pte_flags(newpte);

	if (!(pte_flags(oldpte) & _PAGE_PRESENT))
		return false;
	if (pte_pfn(oldpte) != pte_pfn(newpte))
		return true;
	return (diff & pte_flags(oldpte) & flush_on_clear) || (diff & flush_on_change);
}
