/*
 * fork_mm.c - the life of a struct mm_struct: made empty or copied, shared, dropped.
 * For fork, exec, exit and the scheduler.
 */
#include "aio.h"
#include "gup.h"
#include "migrate.h"
#include "string.h"
#include "tlbflush.h"

static atomic64_t last_mm_ctx_id = ATOMIC64_INIT(1);	/* 1 is init_mm's */

static struct mm_struct *mm_init(struct anonmm *anonmm)
{
	struct mm_struct *mm = kzalloc(sizeof(*mm), GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->context.ctx_id = atomic64_inc_return(&last_mm_ctx_id);
	atomic64_set(&mm->context.tlb_gen, 1);
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	init_rwsem(&mm->mmap_lock);
	INIT_LIST_HEAD(&mm->mmap);
	spin_lock_init(&mm->page_table_lock);
	spin_lock_init(&mm->ioctx_lock);
	mm->pgd = pgd_alloc(mm);
	if (!mm->pgd) {
		kfree(mm);
		return NULL;
	}
	anonmm_join(anonmm, mm);
	return mm;
}

struct mm_struct *mm_alloc(void)
{
	struct anonmm *anonmm = anonmm_alloc();
	struct mm_struct *mm = anonmm ? mm_init(anonmm) : NULL;

	if (anonmm)
		anonmm_put(anonmm);
	return mm;
}

void __mmdrop(struct mm_struct *mm)
{
	BUG_ON(mm == &init_mm || mm == this_cpu_read(cpu_tlbstate.loaded_mm));
	pgd_free(mm, mm->pgd);
	WARN_ON_ONCE(atomic_long_read(&mm->pgtables) != 0);
	anonmm_put(mm->anonmm);
	kfree(mm);
}

void mmput(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_aio(mm);
	exit_mmap(mm);
	mmdrop(mm);
}

/*
 * What is pinned stays with the parent, who gave it to a device: the child gets its
 * copy at once. As the parent keeps its right to write, contents may be torn, as in Linux.
 */
static int copy_present_page(struct mm_struct *dst_mm, struct vm_area_struct *src_vma, unsigned long addr,
			     pte_t *dst_pte, struct folio *folio)
{
	struct folio *new = folio_alloc(GFP_ATOMIC, 0);
	pte_t pte;

	if (!new)
		return -ENOMEM;
	copy_page(folio_address(new), folio_address(folio));
	folio_add_new_anon_rmap(new, src_vma, addr);	/* the child's area has the same index and anonmm */
	folio_add_lru(new);
	atomic_long_inc(&dst_mm->rss);
	pte = mk_pte(new, src_vma->vm_page_prot);
	if (src_vma->vm_flags & VM_WRITE)
		pte = pte_mkwrite(pte);
	set_pte_at(dst_mm, addr, dst_pte, pte_mkdirty(pte));
	return 0;
}

/*
 * One PTE, both page-table locks held. Both sides lose the right to write, and
 * with it the folio its exclusiveness, before either can write again.
 */
static int copy_one_pte(struct mm_struct *dst_mm, struct vm_area_struct *src_vma, unsigned long addr,
			pte_t *dst_pte, pte_t *src_pte)
{
	struct mm_struct *src_mm = src_vma->vm_mm;
	pte_t pte = ptep_get(src_pte);
	struct folio *folio;

	if (!pte_present(pte)) {
		if (!is_readable_migration_entry(pte)) {
			pte_t entry = make_readable_migration_entry(pte_pfn(pte));

			if (is_migration_entry_young(pte))
				entry = make_migration_entry_young(entry);
			if (is_migration_entry_dirty(pte))
				entry = make_migration_entry_dirty(entry);
			pte = entry;
			set_pte_at(src_mm, addr, src_pte, pte);
		}
		atomic_long_inc(&dst_mm->rss);
		set_pte_at(dst_mm, addr, dst_pte, pte);
		return 0;
	}

	folio = vm_normal_folio(pte);
	if (folio && folio_maybe_dma_pinned(folio) && folio_test_anon_exclusive(folio))
		return copy_present_page(dst_mm, src_vma, addr, dst_pte, folio);
	if (folio) {
		folio_get(folio);
		folio_dup_anon_rmap(folio);
		atomic_long_inc(&dst_mm->rss);
	}
	if (pte_write(pte)) {
		ptep_set_wrprotect(src_pte);
		pte = pte_wrprotect(pte);
	}
	set_pte_at(dst_mm, addr, dst_pte, pte_mkold(pte));
	return 0;
}

static int copy_pte_range(struct mm_struct *dst_mm, struct vm_area_struct *src_vma, pmd_t *src_pmd,
			  unsigned long addr, unsigned long end)
{
	int err = 0;
	pmd_t *dst_pmd = pmd_alloc_addr(dst_mm, addr);
	spinlock_t *dst_ptl, *src_ptl;
	pte_t *dst_pte, *src_pte;

	if (!dst_pmd || pte_alloc(dst_mm, dst_pmd))
		return -ENOMEM;
	/* Nobody else takes two of these; the child's is taken by nobody but us and walks from a folio. */
	dst_pte = pte_offset_map_lock(dst_mm, dst_pmd, addr, &dst_ptl);
	src_pte = pte_offset_map_lock(src_vma->vm_mm, src_pmd, addr, &src_ptl);
	for (; addr != end && !err; addr += PAGE_SIZE, src_pte++, dst_pte++)
		if (!pte_none(ptep_get(src_pte)))
			err = copy_one_pte(dst_mm, src_vma, addr, dst_pte, src_pte);
	pte_unmap_unlock(src_pte, src_ptl);
	pte_unmap_unlock(dst_pte, dst_ptl);
	return err;
}

int copy_page_range(struct mm_struct *dst_mm, struct vm_area_struct *src_vma)
{
	unsigned long addr, next;

	/* Faults will find in the file what is left out here. */
	if (src_vma->vm_flags & VM_SHARED)
		return 0;
	for (addr = src_vma->vm_start; addr != src_vma->vm_end; addr = next) {
		pmd_t *src_pmd = mm_find_pmd(src_vma->vm_mm, addr);

		next = pmd_addr_end(addr, src_vma->vm_end);
		if (src_pmd && copy_pte_range(dst_mm, src_vma, src_pmd, addr, next))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = mm_init(oldmm->anonmm);
	struct vm_area_struct *vma;
	int err = 0;

	if (!mm)
		return NULL;
	down_write(&oldmm->mmap_lock);
	inc_tlb_wrprotect_pending(oldmm);
	mm->start_brk = oldmm->start_brk;
	mm->brk = oldmm->brk;
	list_for_each_entry(vma, &oldmm->mmap, link) {
		struct vm_area_struct *new = vm_area_alloc(mm, vma->vm_start, vma->vm_end, vma->vm_flags);

		if (!new) {
			err = -ENOMEM;
			break;
		}
		vma_set_file(new, vma->vm_file, vma->vm_pgoff);
		insert_vma(mm, new);
		err = copy_page_range(mm, vma);
		if (err)
			break;
	}
	/* The parent's threads may still hold writable entries for pages that are now shared. */
	flush_tlb_mm(oldmm);
	dec_tlb_wrprotect_pending(oldmm);
	up_write(&oldmm->mmap_lock);
	if (err) {
		mmput(mm);
		return NULL;
	}
	return mm;
}
