/*
 * mempolicy.c - mbind(2), of which there is only the part that NUMA balancing rests on: making hint PTEs
 * by hand (MPOL_MF_LAZY, which Linux 6.6 has inside but takes from no program). The next access to each
 * page that is marked takes a hint fault, and promotes it if it is on the slow node.
 */
#include "mm.h"

#define MPOL_DEFAULT 0
#define MPOL_MF_LAZY 0x8

long do_mbind(unsigned long start, size_t len, int mode, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + PAGE_ALIGN(len);
	struct vm_area_struct *vma;

	if ((start & ~PAGE_MASK) || end < start || end > TASK_SIZE)
		return -EINVAL;
	if (mode != MPOL_DEFAULT || flags != MPOL_MF_LAZY) {
		printk("mbind: only MPOL_DEFAULT with MPOL_MF_LAZY exists (mode %d, flags 0x%x)\n", mode, flags);
		return -EINVAL;
	}
	/* For reading, as the scan does it that this stands for. */
	down_read(&mm->mmap_lock);
	for (vma = find_vma(mm, start); vma && vma->vm_start < end; vma = vma_next(vma)) {
		if (vma_migratable(vma))
			change_prot_numa(vma, max(start, vma->vm_start), min(end, vma->vm_end));
	}
	up_read(&mm->mmap_lock);
	return 0;
}
