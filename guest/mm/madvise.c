/* madvise.c - the advice that changes what is mapped; the rest is accepted and ignored, as Linux may. */
#include "migrate.h"
#include "tlbflush.h"

static long madvise_dontneed(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	long ret = 0;

	down_read(&mm->mmap_lock);
	for (vma = find_vma(mm, start); start < end; vma = vma_next(vma)) {
		unsigned long next;

		/* Holes are skipped, and reported at the end. */
		if (!vma || vma->vm_start >= end) {
			ret = -ENOMEM;
			break;
		}
		if (vma->vm_start > start) {
			ret = -ENOMEM;
			start = vma->vm_start;
		}
		next = min(vma->vm_end, end);
		zap_page_range(mm, start, next);
		start = next;
	}
	up_read(&mm->mmap_lock);
	return ret;
}

/* Linux's madvise_cold_or_pageout_pte_range(): isolates what is mapped in one table. */
static void isolate_for_pageout(struct mm_struct *mm, unsigned long addr, unsigned long end, struct list_head *folios)
{
	pmd_t *pmd = mm_find_pmd(mm, addr);
	spinlock_t *ptl;
	pte_t *start_pte, *pte;

	if (!pmd)
		return;
	start_pte = pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	flush_tlb_batched_pending(mm);
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		pte_t ptent = ptep_get(pte);
		struct folio *folio = pte_present(ptent) ? vm_normal_folio(ptent) : NULL;

		if (folio && folio_isolate_lru(folio)) {
			folio_clear_referenced(folio);
			list_add(&folio->lru, folios);
		}
	}
	pte_unmap_unlock(start_pte, ptl);
}

/*
 * Reclaims the range now, whatever its accessed bits say. Reclaim means demotion
 * here, since there is no swap; what is on the slow node stays. Linux leaves out folios
 * that others map too, lest one process slow another down; kswapd has no such
 * scruple, and this is the way to make its work happen to a given page. For the same
 * reason mmap_lock goes before the reclaim, which Linux does under it: kswapd holds none, so
 * whatever the process does may meet it.
 */
static long madvise_pageout(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned long addr, next;
	LIST_HEAD(folios);

	down_read(&mm->mmap_lock);
	for (addr = start; addr != end; addr = next) {
		next = pmd_addr_end(addr, end);
		isolate_for_pageout(mm, addr, next, &folios);
		cond_resched();
	}
	up_read(&mm->mmap_lock);
	reclaim_pages(&folios);
	return 0;
}

long do_madvise(unsigned long start, size_t len, int behavior)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + PAGE_ALIGN(len);

	if ((start & ~PAGE_MASK) || end < start || end > TASK_SIZE)
		return -EINVAL;
	if (start == end)
		return 0;
	switch (behavior) {
	case MADV_NORMAL:
		return 0;
	case MADV_DONTNEED:
		return madvise_dontneed(mm, start, end);
	case MADV_PAGEOUT:
		return madvise_pageout(mm, start, end);
	case MADV_POPULATE_READ:
		return populate_range(mm, start, end, 0);
	case MADV_POPULATE_WRITE:
		return populate_range(mm, start, end, FAULT_FLAG_WRITE);
	}
	printk("madvise: advice %d is not implemented\n", behavior);
	return -EINVAL;
}
