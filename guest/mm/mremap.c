/*
 * mremap.c - mremap(2): Linux 6.6's mm/mremap.c for 4 KiB pages, in its order of steps. Entered from the
 * system-call table.
 */
#include "tlbflush.h"

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2

/*
 * Moves the entries of one pair of tables. The flush comes before the locks go: whoever finds an entry at its new
 * place takes it away and flushes there, and would free a frame that other CPUs still reach by the old address.
 *
 * A walk from a folio goes through an mm by address. It could look at the new place before the move and at the
 * old one after it, and miss the entry, if the new one comes first; then need_rmap_locks keeps walks out.
 */
static void move_ptes(struct vm_area_struct *vma, pmd_t *old_pmd, unsigned long old_addr, unsigned long old_end,
		      pmd_t *new_pmd, unsigned long new_addr, bool need_rmap_locks)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long len = old_end - old_addr;
	spinlock_t *old_ptl, *new_ptl;
	pte_t *old_pte, *new_pte;
	bool force_flush = false, flush_late = bug_enabled(BUG_MREMAP_FLUSH);

	if (need_rmap_locks)
		down_write(&mm->anonmm->rwsem);
	/* Both may be the same table. mmap_lock is held for writing, so nobody takes two in the other order. */
	old_pte = pte_offset_map_lock(mm, old_pmd, old_addr, &old_ptl);
	new_pte = pte_offset_map(new_pmd, new_addr);
	new_ptl = pte_lockptr(new_pte);
	if (new_ptl != old_ptl)
		spin_lock(new_ptl);
	flush_tlb_batched_pending(mm);

	for (; old_addr < old_end; old_addr += PAGE_SIZE, new_addr += PAGE_SIZE, old_pte++, new_pte++) {
		pte_t pte;

		if (pte_none(ptep_get(old_pte)))
			continue;
		pte = ptep_get_and_clear(mm, old_addr, old_pte);
		if (pte_present(pte))
			force_flush = true;
		set_pte_at(mm, new_addr, new_pte, pte);
	}

	if (force_flush && !flush_late)
		flush_tlb_mm_range(mm, old_end - len, old_end, false);
	if (new_ptl != old_ptl)
		spin_unlock(new_ptl);
	pte_unmap_unlock(old_pte - 1, old_ptl);
	if (need_rmap_locks)
		up_write(&mm->anonmm->rwsem);
	if (force_flush && flush_late)
		flush_tlb_mm_range(mm, old_end - len, old_end, false);
}

/* How much was moved: less than len if there is no memory for a table. */
static unsigned long move_page_tables(struct vm_area_struct *vma, unsigned long old_addr, unsigned long new_addr,
				      unsigned long len, bool need_rmap_locks)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long done, extent;

	for (done = 0; done < len; done += extent) {
		unsigned long from = old_addr + done, to = new_addr + done;
		pmd_t *old_pmd = mm_find_pmd(mm, from), *new_pmd;

		/* As far as both tables reach. */
		extent = min(pmd_addr_end(from, old_addr + len) - from, pmd_addr_end(to, new_addr + len) - to);
		if (!old_pmd)
			continue;
		new_pmd = pmd_alloc_addr(mm, to);
		if (!new_pmd || pte_alloc(mm, new_pmd))
			break;
		move_ptes(vma, old_pmd, from, from + extent, new_pmd, to, need_rmap_locks);
		cond_resched();
	}
	return done;
}

static long move_vma(struct vm_area_struct *vma, unsigned long old_addr, unsigned long old_len,
		     unsigned long new_len, unsigned long new_addr)
{
	struct mm_struct *mm = vma->vm_mm;
	bool need_rmap_locks = new_addr < old_addr;
	struct vm_area_struct *new_vma = vm_area_alloc(mm, new_addr, new_addr + new_len, vma->vm_flags);
	unsigned long moved;

	if (!new_vma)
		return -ENOMEM;
	/* The folios keep their index. */
	vma_set_file(new_vma, vma->vm_file, linear_page_index(vma, old_addr));
	insert_vma(mm, new_vma);

	moved = move_page_tables(vma, old_addr, new_addr, old_len, need_rmap_locks);
	if (moved < old_len) {
		/* Back again, for which every table is there. */
		move_page_tables(new_vma, new_addr, old_addr, moved, true);
		do_vma_munmap(mm, new_addr, new_len);
		return -ENOMEM;
	}
	/* What is left of the old mapping has no entries. */
	do_vma_munmap(mm, old_addr, old_len);
	vma_merge_around(mm, new_addr, new_addr + new_len);
	return new_addr;
}

/* The area that holds [addr, addr + old_len), or why it cannot be resized. */
static struct vm_area_struct *vma_to_resize(struct mm_struct *mm, unsigned long addr, unsigned long old_len)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	if (!vma)
		return ERR_PTR(-EFAULT);
	/* Linux duplicates a shared mapping then. */
	if (!old_len)
		return ERR_PTR(-EINVAL);
	if (old_len > vma->vm_end - addr)
		return ERR_PTR(-EFAULT);
	return vma;
}

static long mremap_to(struct mm_struct *mm, unsigned long addr, unsigned long old_len, unsigned long new_addr,
		      unsigned long new_len)
{
	struct vm_area_struct *vma;
	long err;

	if (!mmap_range_ok(new_addr, new_len))
		return -EINVAL;
	if (addr + old_len > new_addr && new_addr + new_len > addr)
		return -EINVAL;
	err = do_vma_munmap(mm, new_addr, new_len);
	if (!err && old_len > new_len) {
		err = do_vma_munmap(mm, addr + new_len, old_len - new_len);
		old_len = new_len;
	}
	if (err)
		return err;
	vma = vma_to_resize(mm, addr, old_len);
	return IS_ERR(vma) ? PTR_ERR(vma) : move_vma(vma, addr, old_len, new_len, new_addr);
}

static bool vma_expandable(struct vm_area_struct *vma, unsigned long delta)
{
	struct vm_area_struct *next = vma_next(vma);

	return delta <= TASK_SIZE - vma->vm_end && (!next || next->vm_start - vma->vm_end >= delta);
}

static long resize(struct mm_struct *mm, unsigned long addr, unsigned long old_len, unsigned long new_len, bool may_move)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	unsigned long new_addr;
	long err;

	if (old_len >= new_len) {
		err = !vma ? -EFAULT : old_len > new_len ? do_vma_munmap(mm, addr + new_len, old_len - new_len) : 0;
		return err ? err : (long)addr;
	}
	vma = vma_to_resize(mm, addr, old_len);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (old_len == vma->vm_end - addr && vma_expandable(vma, new_len - old_len)) {
		vma_set_end(vma, addr + new_len);
		vma_merge_around(mm, addr, addr + new_len);
		return addr;
	}
	if (!may_move)
		return -ENOMEM;
	new_addr = get_unmapped_area(mm, new_len);
	return new_addr ? move_vma(vma, addr, old_len, new_len, new_addr) : -ENOMEM;
}

long do_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned long flags, unsigned long new_addr)
{
	struct mm_struct *mm = current->mm;
	long ret;

	if (flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED)) {
		printk("mremap: only MREMAP_MAYMOVE and MREMAP_FIXED exist (flags 0x%lx)\n", flags);
		return -EINVAL;
	}
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	old_len = PAGE_ALIGN(old_len);
	new_len = PAGE_ALIGN(new_len);
	if ((addr & ~PAGE_MASK) || addr > TASK_SIZE || old_len > TASK_SIZE - addr || !new_len || new_len > TASK_SIZE)
		return -EINVAL;

	down_write(&mm->mmap_lock);
	if (flags & MREMAP_FIXED)
		ret = mremap_to(mm, addr, old_len, new_addr, new_len);
	else
		ret = resize(mm, addr, old_len, new_len, flags & MREMAP_MAYMOVE);
	up_write(&mm->mmap_lock);
	return ret;
}
