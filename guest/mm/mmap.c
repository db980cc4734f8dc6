/*
 * mmap.c - the system calls that make and unmake mappings, and exec's way to fill
 * a new address space. Entered from the system-call table and from exec.
 */
#include "rmap.h"
#include "string.h"
#include "tlbflush.h"
#include "uaccess.h"

#define MMAP_MIN_ADDR 0x10000UL
#define TASK_UNMAPPED_BASE 0x7f0000000000UL

static unsigned long prot_to_vm_flags(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* Whole pages of user space. */
static bool range_ok(unsigned long addr, size_t len)
{
	return !(addr & ~PAGE_MASK) && len && len <= TASK_SIZE && addr <= TASK_SIZE - len;
}

bool mmap_range_ok(unsigned long addr, size_t len)
{
	return range_ok(addr, len) && addr >= MMAP_MIN_ADDR;
}

static bool range_is_free(struct mm_struct *mm, unsigned long addr, size_t len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return mmap_range_ok(addr, len) && (!vma || vma->vm_start >= addr + len);
}

/* Lowest free range from TASK_UNMAPPED_BASE up. */
unsigned long get_unmapped_area(struct mm_struct *mm, size_t len)
{
	unsigned long addr = TASK_UNMAPPED_BASE;
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, addr); vma; vma = vma_next(vma)) {
		if (vma->vm_start >= addr + len)
			break;
		addr = max(addr, vma->vm_end);
	}
	return range_ok(addr, len) ? addr : 0;
}

/*
 * Takes the mappings of [start, end) out; the vmas are already cut at both ends.
 * Linux's order: PTEs, then vmas and tables, then one flush, then the frames.
 */
void unmap_region(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm);
	unmap_page_range(&tlb, start, end);
	down_write(&mm->anonmm->rwsem);
	free_pgtables(&tlb, start, end);
	up_write(&mm->anonmm->rwsem);
	tlb_finish_mmu(&tlb);
}

/* mmap_lock is held for writing. */
int do_vma_munmap(struct mm_struct *mm, unsigned long start, size_t len)
{
	unsigned long end = start + len;
	struct vm_area_struct *vma = find_vma(mm, start), *next;
	int err;

	if (!vma || vma->vm_start >= end)
		return 0;
	if (vma->vm_start < start) {
		err = split_vma(vma, start);
		if (err)
			return err;
		vma = vma_next(vma);
	}
	next = find_vma(mm, end - 1);
	if (next && next->vm_start < end && next->vm_end > end) {
		err = split_vma(next, end);
		if (err)
			return err;
	}
	unmap_region(mm, start, end);
	for (; vma && vma->vm_start < end; vma = next) {
		next = vma_next(vma);
		remove_vma(mm, vma);
	}
	return 0;
}

static int add_vma(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long vm_flags,
		   struct file *file, unsigned long pgoff)
{
	struct vm_area_struct *vma = vm_area_alloc(mm, start, end, vm_flags);

	if (!vma)
		return -ENOMEM;
	if (file)
		vma_set_file(vma, file, pgoff);
	insert_vma(mm, vma);
	vma_merge_around(mm, start, end);
	return 0;
}

long do_mmap(unsigned long addr, size_t len, int prot, int flags, struct file *file, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long vm_flags = prot_to_vm_flags(prot) | (file ? VM_SHARED : 0);
	long ret;

	len = PAGE_ALIGN(len);
	if (!len || len > TASK_SIZE)
		return -EINVAL;
	if ((flags & (MAP_SHARED | MAP_PRIVATE)) != (file ? MAP_SHARED : MAP_PRIVATE)) {
		printk("mmap: only private anonymous mappings and shared ones of files exist (flags 0x%x)\n", flags);
		return -ENODEV;
	}

	down_write(&mm->mmap_lock);
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		ret = mmap_range_ok(addr, len) ? 0 : -EINVAL;
		if (!ret && (flags & MAP_FIXED_NOREPLACE) && !range_is_free(mm, addr, len))
			ret = -EEXIST;
		if (!ret)
			ret = do_vma_munmap(mm, addr, len);
	} else {
		addr = PAGE_ALIGN(addr);
		if (!addr || !range_is_free(mm, addr, len))
			addr = get_unmapped_area(mm, len);
		ret = addr ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = add_vma(mm, addr, addr + len, vm_flags, file, pgoff);
	up_write(&mm->mmap_lock);

	if (!ret && (flags & MAP_POPULATE) && (prot & (PROT_READ | PROT_WRITE)))
		populate_range(mm, addr, addr + len, prot & PROT_WRITE ? FAULT_FLAG_WRITE : 0);
	return ret ? ret : (long)addr;
}

long do_munmap(unsigned long addr, size_t len)
{
	struct mm_struct *mm = current->mm;
	int ret;

	len = PAGE_ALIGN(len);
	if (!range_ok(addr, len))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	ret = do_vma_munmap(mm, addr, len);
	up_write(&mm->mmap_lock);
	return ret;
}

void set_mm_brk(struct mm_struct *mm, unsigned long brk)
{
	mm->start_brk = mm->brk = PAGE_ALIGN(brk);
}

/* As in Linux, failure is told by returning the old value. */
long do_brk(unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long old, new;

	down_write(&mm->mmap_lock);
	old = PAGE_ALIGN(mm->brk);
	new = PAGE_ALIGN(brk);
	if (brk >= mm->start_brk && brk <= TASK_SIZE) {
		if (new == old ||
		    (new < old && !do_vma_munmap(mm, new, old - new)) ||
		    (new > old && range_is_free(mm, old, new - old) &&
		     !add_vma(mm, old, new, VM_READ | VM_WRITE, NULL, 0)))
			mm->brk = brk;
	}
	brk = mm->brk;
	up_write(&mm->mmap_lock);
	return brk;
}

/*
 * The mm is new, but uses the direct map rather than its own addresses: pages are
 * written before anyone can see them, whatever `prot` will allow.
 */
int map_user_segment(struct mm_struct *mm, unsigned long va, const void *data, size_t filesz,
		     size_t memsz, int prot)
{
	unsigned long start = va & PAGE_MASK, end = PAGE_ALIGN(va + memsz), done = 0;
	int err;

	if (filesz > memsz || !range_is_free(mm, start, end - start))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	err = add_vma(mm, start, end, prot_to_vm_flags(prot), NULL, 0);
	up_write(&mm->mmap_lock);
	if (err)
		return err;
	if (!filesz)
		return 0;
	err = populate_range(mm, start, va + filesz, FAULT_FLAG_WRITE | FAULT_FLAG_FORCE);
	while (!err && done < filesz) {
		unsigned long addr = va + done;
		size_t n = min(filesz - done, PAGE_SIZE - (addr & ~PAGE_MASK));
		spinlock_t *ptl;
		pte_t *pte = pte_offset_map_lock(mm, mm_find_pmd(mm, addr), addr, &ptl);

		memcpy(folio_address(pfn_folio(pte_pfn(ptep_get(pte)))) + (addr & ~PAGE_MASK),
		       (const char *)data + done, n);
		pte_unmap_unlock(pte, ptl);
		done += n;
	}
	return err;
}

int map_user_stack(struct mm_struct *mm, unsigned long top, size_t size)
{
	int err;

	if (!range_is_free(mm, top - size, size))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	err = add_vma(mm, top - size, top, VM_READ | VM_WRITE | VM_STACK, NULL, 0);
	up_write(&mm->mmap_lock);
	return err;
}
