/*
 * wp.c - write faults on read-only PTEs: copy-on-write, or proof that nobody shares
 * the page. The place where almost every RO page becomes RW. For memory.c.
 */
#include "flush_policy.h"
#include "string.h"
#include "vmstat.h"

/*
 * May mprotect or a hint fault make this PTE writable on their own? Only if a
 * write fault would have found nothing to do: the page belongs to this mm alone.
 */
bool can_change_pte_writable(struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	struct folio *folio;

	(void)addr;
	if (WARN_ON_ONCE(!(vma->vm_flags & VM_WRITE)))
		return false;
	if (pte_protnone(pte))
		return false;
	if (vma->vm_flags & VM_SHARED)
		return pte_dirty(pte);
	folio = vm_normal_folio(pte);
	return folio && folio_test_anon(folio) && folio_test_anon_exclusive(folio);
}

/* exec may write to a read-only segment through the kernel's map, but its PTE stays so. */
static pte_t maybe_mkwrite(pte_t pte, struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

/* The page-table lock is held, and let go. No flush: rights are only raised. */
static vm_fault_t wp_page_reuse(struct vm_fault *vmf, struct folio *folio)
{
	pte_t entry = maybe_mkwrite(pte_mkdirty(pte_mkyoung(vmf->orig_pte)), vmf->vma);

	folio_make_writable(folio);
	ptep_set_access_flags(vmf->vma, vmf->address, vmf->pte, entry, true);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	count_vm_event(pgreuse);
	return 0;
}

/* The page-table lock is not held; old (NULL: the zero page) has a reference of ours. */
static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct folio *old)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *new = folio_alloc(GFP_HIGHUSER | (old ? 0 : __GFP_ZERO), 0);
	vm_fault_t ret = VM_FAULT_OOM;

	if (!new)
		goto put_old;
	if (old)
		copy_page(folio_address(new), folio_address(old));
	ret = 0;

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (pte_same(ptep_get(vmf->pte), vmf->orig_pte)) {
		pte_t entry = pte_mkyoung(mk_pte(new, vma->vm_page_prot));
		bool flush_late = bug_enabled(BUG_COW_FLUSH);

		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
		/*
		 * Clear and flush before the new entry is stored: no thread may still
		 * read the old page when another can write the new one.
		 */
		if (!flush_late)
			ptep_clear_flush(vma, vmf->address, vmf->pte);
		folio_add_new_anon_rmap(new, vma, vmf->address);
		folio_add_lru(new);
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
		if (flush_late)
			flush_tlb_page(vma, vmf->address);
		if (old) {
			folio_remove_rmap(old);
			folio_put(old);		/* the PTE's */
		} else {
			atomic_long_inc(&vma->vm_mm->rss);
		}
		new = NULL;
	}
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	if (new)
		folio_put(new);
put_old:
	if (old)
		folio_put(old);
	return ret;
}

/*
 * A write to a present, read-only PTE of a vma that may be written. Entered with
 * the page-table lock held and orig_pte verified; leaves with it released.
 */
vm_fault_t do_wp_page(struct vm_fault *vmf)
{
	struct folio *folio = vm_normal_folio(vmf->orig_pte);

	if (folio && flush_policy->wp_page)
		flush_policy->wp_page(folio);

	/* Whoever maps a file may write to it: there is nothing to copy. */
	if (vmf->vma->vm_flags & VM_SHARED)
		return wp_page_reuse(vmf, folio);

	if (folio && folio_test_anon(folio)) {
		if (folio_test_anon_exclusive(folio))
			return wp_page_reuse(vmf, folio);
		/*
		 * Shared once; perhaps the others are gone. Every other mapping or
		 * holder has a reference, and nobody new can come while it is locked.
		 */
		if (folio_ref_count(folio) == 1 && folio_trylock(folio)) {
			bool reuse = folio_ref_count(folio) == 1;

			if (reuse)
				folio_set_anon_exclusive(folio);
			folio_unlock(folio);
			if (reuse)
				return wp_page_reuse(vmf, folio);
		}
	}

	if (folio)
		folio_get(folio);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return wp_page_copy(vmf, folio);
}
