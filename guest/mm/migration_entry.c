/*
 * migration_entry.c - the entries that stand in for a PTE while its folio moves:
 * waiting for them, and turning them back. For memory.c and migrate.c.
 */
#include "flush_policy.h"

void migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long address)
{
	DEFINE_WAIT(wait);
	wait_queue_head_t *wq;
	struct folio *folio;
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, pmd, address, &ptl);
	pte_t pte = ptep_get(ptep);

	if (!is_migration_entry(pte)) {
		pte_unmap_unlock(ptep, ptl);
		return;
	}
	/*
	 * No reference is taken: it would make the migration fail. The entry keeps
	 * the folio locked, and so alive, until we are on the queue; after that only
	 * the queue is touched.
	 */
	folio = migration_entry_folio(pte);
	wq = folio_waitqueue(folio);
	prepare_to_wait(wq, &wait, TASK_UNINTERRUPTIBLE);
	folio_set_waiters(folio);
	BUG_ON(!folio_test_locked(folio));
	pte_unmap_unlock(ptep, ptl);
	schedule();
	finish_wait(wq, &wait);
}

static bool remove_migration_pte(struct folio *dst, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	struct folio *src = arg;
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	pte_t *ptep, old, pte;

	if (!pmd)
		return true;
	ptep = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	old = ptep_get(ptep);
	if (is_migration_entry(old) && migration_entry_folio(old) == src) {
		folio_get(dst);
		pte = mk_pte(dst, READ_ONCE(vma->vm_page_prot));
		if (is_migration_entry_young(old))
			pte = pte_mkyoung(pte);
		if (is_writable_migration_entry(old))
			pte = pte_mkwrite(pte);
		if (is_migration_entry_dirty(old))
			pte = pte_mkdirty(pte);
		if (pte_write(pte))
			folio_make_writable(dst);
		if (folio_test_anon(dst))
			folio_add_anon_rmap_pte(dst, !is_readable_migration_entry(old));
		else
			folio_add_file_rmap_pte(dst);
		set_pte_at(vma->vm_mm, addr, ptep, pte);
	}
	pte_unmap_unlock(ptep, ptl);
	return true;
}

void remove_migration_ptes(struct folio *src, struct folio *dst, struct anonmm *anonmm)
{
	struct rmap_walk_control rwc = { .arg = src, .rmap_one = remove_migration_pte };

	rmap_walk(dst, anonmm, &rwc);
}
