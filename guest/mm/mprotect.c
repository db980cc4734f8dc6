/*
 * mprotect.c - changing the rights of a range: by the system call, and for NUMA
 * balancing's hint PTEs.
 */
#include "flush_policy.h"

/*
 * A hint PTE on this page would be a wasted fault: nothing to gain, or nowhere to
 * go. Linux's tests, in memory-tiering mode: only the slow tier is scanned.
 */
static bool prot_numa_skip(pte_t pte)
{
	struct folio *folio;

	if (pte_protnone(pte))
		return true;
	folio = vm_normal_folio(pte);
	if (!folio)
		return true;
	/* Shared copy-on-write pages stay where they are. */
	if (folio_test_anon(folio) && folio_ref_count(folio) != 1)
		return true;
	if (node_is_toptier(folio_nid(folio)))
		return true;
	WRITE_ONCE(folio->access_time, numa_access_clock());
	return false;
}

static void change_present_pte(struct vm_area_struct *vma, unsigned long addr, pte_t *pte, pgprot_t newprot,
				unsigned long cp_flags, struct mmu_gather *tlb)
{
	pte_t oldpte = ptep_modify_prot_start(vma, addr, pte);
	pte_t ptent = pte_modify(oldpte, newprot);

	if ((cp_flags & MM_CP_TRY_CHANGE_WRITABLE) && !pte_write(ptent) && can_change_pte_writable(vma, addr, ptent))
		ptent = pte_mkwrite(ptent);
	if (pte_write(ptent) && !pte_write(oldpte))
		folio_make_writable(vm_normal_folio(ptent));
	/* Visible to every walker from here; the flush comes at tlb_finish_mmu(). */
	ptep_modify_prot_commit(vma, addr, pte, oldpte, ptent);
	if (pte_needs_flush(oldpte, ptent))
		tlb_flush_pte_range(tlb, addr, PAGE_SIZE);
}

/*
 * The vma's rights are the new ones already; one that is being migrated gets them
 * in remove_migration_ptes(). Only a right to write that the entry carries must go.
 */
static bool change_migration_entry(struct mm_struct *mm, unsigned long addr, pte_t *pte, pte_t oldpte)
{
	pte_t entry;

	if (!is_writable_migration_entry(oldpte))
		return false;
	entry = make_readable_exclusive_migration_entry(pte_pfn(oldpte));
	if (is_migration_entry_young(oldpte))
		entry = make_migration_entry_young(entry);
	if (is_migration_entry_dirty(oldpte))
		entry = make_migration_entry_dirty(entry);
	set_pte_at(mm, addr, pte, entry);
	return true;
}

static long change_pte_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr,
			     unsigned long end, pgprot_t newprot, unsigned long cp_flags)
{
	bool prot_numa = cp_flags & MM_CP_PROT_NUMA;
	long pages = 0;
	spinlock_t *ptl;
	pte_t *start_pte, *pte;

	start_pte = pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (mprotect_flushes_batched)
		flush_tlb_batched_pending(vma->vm_mm);
	for (; addr != end; addr += PAGE_SIZE, pte++) {
		pte_t oldpte = ptep_get(pte);

		if (pte_none(oldpte))
			continue;
		if (pte_present(oldpte)) {
			if (prot_numa && prot_numa_skip(oldpte))
				continue;
			change_present_pte(vma, addr, pte, newprot, cp_flags, tlb);
			pages++;
		} else if (change_migration_entry(vma->vm_mm, addr, pte, oldpte)) {
			pages++;
		}
	}
	pte_unmap_unlock(start_pte, ptl);
	return pages;
}

/* How many entries were changed. mmap_lock is held: for writing, or for reading with MM_CP_PROT_NUMA. */
long change_protection(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, unsigned long cp_flags)
{
	pgprot_t newprot = cp_flags & MM_CP_PROT_NUMA ? vm_get_page_prot(0) : vma->vm_page_prot;
	unsigned long addr, next;
	long pages = 0;

	for (addr = start; addr != end; addr = next) {
		pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);

		next = pmd_addr_end(addr, end);
		if (pmd)
			pages += change_pte_range(tlb, vma, pmd, addr, next, newprot, cp_flags);
		cond_resched();
	}
	return pages;
}

/* [start, end) of vma becomes newflags; splits what sticks out. */
static int mprotect_fixup(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
			  unsigned long end, unsigned long newflags)
{
	unsigned long cp_flags = newflags & VM_WRITE ? MM_CP_TRY_CHANGE_WRITABLE : 0;
	int err;

	if (vma->vm_flags == newflags)
		return 0;
	if (start > vma->vm_start) {
		err = split_vma(vma, start);
		if (err)
			return err;
		vma = vma_next(vma);
	}
	if (end < vma->vm_end) {
		err = split_vma(vma, end);
		if (err)
			return err;
	}
	/* Before the PTEs: remove_migration_ptes() reads it under the page-table lock. */
	WRITE_ONCE(vma->vm_flags, newflags);
	WRITE_ONCE(vma->vm_page_prot, vm_get_page_prot(newflags));
	change_protection(tlb, vma, start, end, cp_flags);
	return 0;
}

long do_mprotect(unsigned long start, size_t len, int prot)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + PAGE_ALIGN(len), addr;
	unsigned long rights = (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
			       (prot & PROT_EXEC ? VM_EXEC : 0);
	struct mmu_gather tlb;
	int err = 0;

	if ((start & ~PAGE_MASK) || end < start || end > TASK_SIZE)
		return -EINVAL;
	if (start == end)
		return 0;

	down_write(&mm->mmap_lock);
	tlb_gather_mmu(&tlb, mm);
	inc_tlb_wrprotect_pending(mm);
	for (addr = start; addr < end && !err;) {
		struct vm_area_struct *vma = vma_lookup(mm, addr);
		unsigned long next;

		if (!vma) {
			err = -ENOMEM;
			break;
		}
		next = min(vma->vm_end, end);
		err = mprotect_fixup(&tlb, vma, addr, next, (vma->vm_flags & ~VM_ACCESS_FLAGS) | rights);
		addr = next;
	}
	tlb_finish_mmu(&tlb);
	dec_tlb_wrprotect_pending(mm);
	vma_merge_around(mm, start, end);
	up_write(&mm->mmap_lock);
	return err;
}
