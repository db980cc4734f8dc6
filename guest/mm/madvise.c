/* madvise.c - the advice that changes what is mapped; the rest is accepted and ignored, as Linux may. */
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
	case MADV_POPULATE_READ:
		return populate_range(mm, start, end, 0);
	case MADV_POPULATE_WRITE:
		return populate_range(mm, start, end, FAULT_FLAG_WRITE);
	}
	printk("madvise: advice %d is not implemented\n", behavior);
	return -EINVAL;
}
