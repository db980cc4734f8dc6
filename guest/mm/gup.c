/*
 * gup.c - holding a user page while a device, or the kernel in its place, writes to it: Linux's mm/gup.c for
 * pin_user_pages() with FOLL_WRITE. For kernel/aio.c.
 */
#include "flush_policy.h"
#include "gup.h"

/* The folio that the entry maps for writing, pinned; NULL if a write fault must come first. */
static struct folio *follow_page_pte(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(mm, addr);
	struct folio *folio = NULL;
	spinlock_t *ptl;
	pte_t *ptep, pte;

	if (!pmd)
		return NULL;
	ptep = pte_offset_map_lock(mm, pmd, addr, &ptl);
	pte = ptep_get(ptep);
	/* Under the lock the entry holds a reference, so a pin can be added. */
	if (pte_present(pte) && !pte_protnone(pte) && pte_write(pte)) {
		folio = vm_normal_folio(pte);
		atomic_add(GUP_PIN_COUNTING_BIAS, &folio->_refcount);
	}
	pte_unmap_unlock(ptep, ptl);
	return folio;
}

/*
 * The write fault gives the right to write as it would to a store, copying what is shared. From then on the pin
 * keeps the folio where it is: migration finds a reference too many. So the entry need not stay, and whoever writes
 * later needs no right any more.
 */
struct folio *pin_user_page(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	struct folio *folio = NULL;
	vm_fault_t fault = 0;

	if (addr >= TASK_SIZE)
		return ERR_PTR(-EFAULT);
	down_read(&mm->mmap_lock);
	while (!folio && !fault) {
		struct vm_area_struct *vma = vma_lookup(mm, addr);

		if (!vma || !(vma->vm_flags & VM_WRITE))
			fault = VM_FAULT_SIGSEGV;
		else if (!(folio = follow_page_pte(mm, addr)))
			fault = handle_mm_fault(vma, addr, FAULT_FLAG_WRITE);
		cond_resched();
	}
	up_read(&mm->mmap_lock);
	if (fault)
		return ERR_PTR(fault & VM_FAULT_OOM ? -ENOMEM : -EFAULT);
	return folio;
}

void unpin_user_page(struct folio *folio)
{
	atomic_sub(GUP_PIN_COUNTING_BIAS - 1, &folio->_refcount);
	folio_put(folio);
}
