/*
 * zap.c - taking user pages out of page tables, for munmap, madvise and exit.
 */
#include "migrate.h"
#include "tlbflush.h"

static unsigned long zap_pte_range(struct mmu_gather *tlb, pmd_t *pmd, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = tlb->mm;
	bool force_flush = false;
	spinlock_t *ptl;
	pte_t *start_pte, *pte;

	start_pte = pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	flush_tlb_batched_pending(mm);
	for (; addr != end && !force_flush; addr += PAGE_SIZE, pte++) {
		pte_t ptent = ptep_get(pte);
		struct folio *folio;

		if (pte_none(ptent))
			continue;
		if (pte_present(ptent)) {
			ptent = ptep_get_and_clear(mm, addr, pte);
			tlb_flush_pte_range(tlb, addr, PAGE_SIZE);
			folio = vm_normal_folio(ptent);
			if (!folio)
				continue;
			atomic_long_dec(&mm->rss);
			folio_remove_rmap(folio);
			force_flush = tlb_remove_folio(tlb, folio);
		} else {
			/* A migration entry holds neither a reference nor a mapping. */
			BUG_ON(!is_migration_entry(ptent));
			atomic_long_dec(&mm->rss);
			pte_clear(mm, addr, pte);
		}
	}
	/* Out of room for folios: flush under the lock, free them outside of it. */
	if (force_flush)
		tlb_flush_mmu_tlbonly(tlb);
	pte_unmap_unlock(start_pte, ptl);
	if (force_flush)
		tlb_flush_mmu(tlb);
	return addr;
}

void unmap_page_range(struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
	unsigned long addr = start;

	while (addr != end) {
		unsigned long next = pmd_addr_end(addr, end);
		pmd_t *pmd = mm_find_pmd(tlb->mm, addr);

		if (!pmd) {
			addr = next;
			continue;
		}
		addr = zap_pte_range(tlb, pmd, addr, next);
		cond_resched();
	}
}

void zap_page_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm);
	unmap_page_range(&tlb, start, end);
	tlb_finish_mmu(&tlb);
}

/*
 * The last user is gone. Leaving the anonmm first makes sure that no walk from a
 * folio is, or comes, into tables that are about to be freed.
 */
void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	tlb_gather_mmu_fullmm(&tlb, mm);
	list_for_each_entry(vma, &mm->mmap, link)
		unmap_page_range(&tlb, vma->vm_start, vma->vm_end);
	anonmm_leave(mm);
	list_for_each_entry(vma, &mm->mmap, link)
		free_pgtables(&tlb, vma->vm_start, vma->vm_end);
	tlb_finish_mmu(&tlb);
	list_for_each_entry_safe(vma, next, &mm->mmap, link) {
		list_del(&vma->link);
		vm_area_free(vma);
	}
	WARN_ON_ONCE(atomic_long_read(&mm->rss) != 0);
}
