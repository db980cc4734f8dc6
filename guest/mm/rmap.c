/*
 * rmap.c - from a folio to the PTEs that map it, and what is done there: counting
 * accesses, and replacing PTEs by migration entries. For mm/.
 *
 * Linux's anon_vma keeps the vmas that may map a folio in a tree; here a walk looks at
 * every vma of the mms in question (struct anonmm), of which there are few.
 */
#include "flush_policy.h"

/* Guards anonmm.refs, so that a folio's anonmm can be pinned while the folio is still mapped. */
static DEFINE_SPINLOCK(anonmm_lock);

struct anonmm *anonmm_alloc(void)
{
	struct anonmm *anonmm = kmalloc(sizeof(*anonmm), GFP_KERNEL);

	if (anonmm) {
		init_rwsem(&anonmm->rwsem);
		INIT_LIST_HEAD(&anonmm->mms);
		anonmm->refs = 1;
	}
	return anonmm;
}

struct anonmm *anonmm_get(struct anonmm *anonmm)
{
	spin_lock(&anonmm_lock);
	anonmm->refs++;
	spin_unlock(&anonmm_lock);
	return anonmm;
}

void anonmm_put(struct anonmm *anonmm)
{
	bool last;

	spin_lock(&anonmm_lock);
	last = --anonmm->refs == 0;
	spin_unlock(&anonmm_lock);
	if (last)
		kfree(anonmm);
}

/*
 * At the tail: a walk meets parents before children. Fork copies entries from
 * parent to child, so an entry that a walk has changed in the parent is either
 * copied as changed, or was copied before and is met in the child.
 */
void anonmm_join(struct anonmm *anonmm, struct mm_struct *mm)
{
	mm->anonmm = anonmm_get(anonmm);
	down_write(&anonmm->rwsem);
	list_add_tail(&mm->anonmm_link, &anonmm->mms);
	up_write(&anonmm->rwsem);
}

void anonmm_leave(struct mm_struct *mm)
{
	down_write(&mm->anonmm->rwsem);
	list_del_init(&mm->anonmm_link);
	up_write(&mm->anonmm->rwsem);
}

/*
 * As long as the folio is mapped, the mm that maps it, or the file that it belongs
 * to, has a reference to the anonmm, and drops it only after unmapping: so mapped
 * under the lock means alive. The caller has a reference to the folio.
 */
struct anonmm *folio_get_anonmm(struct folio *folio)
{
	struct anonmm *anonmm = NULL;

	spin_lock(&anonmm_lock);
	if (folio_mapped(folio)) {
		anonmm = folio_test_file(folio) ? folio->mapping->anonmm : folio->anonmm;
		anonmm->refs++;
	}
	spin_unlock(&anonmm_lock);
	return anonmm;
}

void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long addr)
{
	folio->anonmm = vma->vm_mm->anonmm;
	folio->index = linear_page_index(vma, addr);
	folio_set_anon_exclusive(folio);
	folio_set_anon(folio);
	atomic_set(&folio->_mapcount, 1);
}

void folio_add_anon_rmap_pte(struct folio *folio, bool exclusive)
{
	if (exclusive)
		folio_set_anon_exclusive(folio);
	atomic_inc(&folio->_mapcount);
}

void folio_add_file_rmap_pte(struct folio *folio)
{
	atomic_inc(&folio->_mapcount);
}

void folio_dup_anon_rmap(struct folio *folio)
{
	folio_clear_anon_exclusive(folio);
	atomic_inc(&folio->_mapcount);
}

void folio_remove_rmap(struct folio *folio)
{
	BUG_ON(!folio_mapped(folio));
	atomic_dec(&folio->_mapcount);
}

/* In one mm several vmas may be for the folio's index: one where it was moved to, others where it had been. */
static bool rmap_walk_mm(struct folio *folio, struct mm_struct *mm, struct rmap_walk_control *rwc)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &mm->mmap, link) {
		unsigned long addr = vma_address(folio, vma);

		if (addr && !rwc->rmap_one(folio, vma, addr, rwc->arg))
			return false;
	}
	return true;
}

/* The caller pins the anonmm; the walk goes over its mms, and over the vmas in them that may map the folio. */
void rmap_walk(struct folio *folio, struct anonmm *anonmm, struct rmap_walk_control *rwc)
{
	struct mm_struct *mm;

	down_read(&anonmm->rwsem);
	list_for_each_entry(mm, &anonmm->mms, anonmm_link) {
		if (!rmap_walk_mm(folio, mm, rwc))
			break;
	}
	up_read(&anonmm->rwsem);
}

/* The PTE at addr if it maps folio, locked; else NULL. */
static pte_t *folio_pte_lock(struct folio *folio, struct vm_area_struct *vma, unsigned long addr, spinlock_t **ptlp)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	pte_t *pte, val;

	if (!pmd)
		return NULL;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, ptlp);
	val = ptep_get(pte);
	if (pte_present(val) && pte_pfn(val) == folio_pfn(folio))
		return pte;
	pte_unmap_unlock(pte, *ptlp);
	return NULL;
}

static bool folio_referenced_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	spinlock_t *ptl;
	pte_t *pte = folio_pte_lock(folio, vma, addr, &ptl);

	if (pte) {
		if (ptep_clear_flush_young(pte))
			(*(int *)arg)++;
		pte_unmap_unlock(pte, ptl);
	}
	return true;
}

int folio_referenced(struct folio *folio)
{
	struct anonmm *anonmm = folio_get_anonmm(folio);
	int referenced = 0;
	struct rmap_walk_control rwc = { .arg = &referenced, .rmap_one = folio_referenced_one };

	if (!anonmm)
		return 0;
	rmap_walk(folio, anonmm, &rwc);
	anonmm_put(anonmm);
	return referenced;
}

/* Is there any other CPU to interrupt? If not, flushing right now costs no IPI. */
static bool should_defer_flush(struct mm_struct *mm, enum ttu_flags flags)
{
	return (flags & TTU_BATCH_FLUSH) && (cpumask_bits(mm_cpumask(mm)) & ~BIT(this_cpu_id()));
}

static bool try_to_migrate_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	enum ttu_flags flags = *(enum ttu_flags *)arg;
	struct mm_struct *mm = vma->vm_mm;
	pte_t pteval, entry;
	spinlock_t *ptl;
	pte_t *pte = folio_pte_lock(folio, vma, addr, &ptl);

	if (!pte)
		return true;

	/* Nuke the entry, and remember the flush while the lock is held. */
	if (bug_enabled(BUG_NUMA_FLUSH) && pte_protnone(ptep_get(pte))) {
		pteval = ptep_get_and_clear(mm, addr, pte);
	} else if (should_defer_flush(mm, flags)) {
		struct tlbflush_unmap_batch *ubc = &current->mm_state.tlb_ubc;

		pteval = ptep_get_and_clear(mm, addr, pte);
		if (flush_policy->unmap_batch)
			ubc = flush_policy->unmap_batch(vma, pteval);
		set_tlb_ubc_flush_pending(ubc, mm, pteval);
	} else {
		pteval = ptep_clear_flush(vma, addr, pte);
	}

	if (pte_write(pteval))
		entry = make_writable_migration_entry(folio_pfn(folio));
	else if (folio_test_anon_exclusive(folio))
		entry = make_readable_exclusive_migration_entry(folio_pfn(folio));
	else
		entry = make_readable_migration_entry(folio_pfn(folio));
	folio_clear_anon_exclusive(folio);	/* the entry remembers it */
	if (pte_young(pteval))
		entry = make_migration_entry_young(entry);
	if (pte_dirty(pteval))
		entry = make_migration_entry_dirty(entry);
	set_pte_at(mm, addr, pte, entry);

	folio_remove_rmap(folio);
	folio_put(folio);
	pte_unmap_unlock(pte, ptl);
	return true;
}

void try_to_migrate(struct folio *folio, struct anonmm *anonmm, enum ttu_flags flags)
{
	struct rmap_walk_control rwc = { .arg = &flags, .rmap_one = try_to_migrate_one };

	BUG_ON(!folio_test_locked(folio));
	rmap_walk(folio, anonmm, &rwc);
}
