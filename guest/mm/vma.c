/*
 * vma.c - the list of vmas of an mm. For mm/.
 *
 * Readers hold mmap_lock, or the anonmm's rwsem (walks from a folio to its PTEs
 * come from outside and cannot take mmap_lock). So whoever changes the list, or
 * where a vma begins or ends, holds both for writing.
 */
#include "fs.h"
#include "rmap.h"

/* New PTEs of private pages are never writable: they get there by a write fault that knows who shares them. */
pgprot_t vm_get_page_prot(unsigned long vm_flags)
{
	pgprot_t prot = _PAGE_PRESENT | _PAGE_USER;

	if (!(vm_flags & VM_ACCESS_FLAGS))
		return _PAGE_PROTNONE | _PAGE_NX;
	if (!(vm_flags & VM_EXEC))
		prot |= _PAGE_NX;
	if ((vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		prot |= _PAGE_RW;
	return prot;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &mm->mmap, link)
		if (vma->vm_end > addr)
			return vma;
	return NULL;
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return vma->link.next == &vma->vm_mm->mmap ? NULL : list_next_entry(vma, link);
}

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm, unsigned long start, unsigned long end,
				     unsigned long vm_flags)
{
	struct vm_area_struct *vma = kmalloc(sizeof(*vma), GFP_KERNEL);

	if (vma) {
		vma->vm_start = start;
		vma->vm_end = end;
		vma->vm_flags = vm_flags;
		vma->vm_file = NULL;
		vma->vm_pgoff = start >> PAGE_SHIFT;
		vma->vm_page_prot = vm_get_page_prot(vm_flags);
		vma->vm_mm = mm;
		INIT_LIST_HEAD(&vma->link);
	}
	return vma;
}

void vma_set_file(struct vm_area_struct *vma, struct file *file, unsigned long pgoff)
{
	vma->vm_file = file ? get_file(file) : NULL;
	vma->vm_pgoff = pgoff;
}

void vm_area_free(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		fput(vma->vm_file);
	kfree(vma);
}

void insert_vma(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next;

	down_write(&mm->anonmm->rwsem);
	next = find_vma(mm, vma->vm_start);
	list_add_tail(&vma->link, next ? &next->link : &mm->mmap);
	mm->map_count++;
	up_write(&mm->anonmm->rwsem);
}

void remove_vma(struct mm_struct *mm, struct vm_area_struct *vma)
{
	down_write(&mm->anonmm->rwsem);
	list_del(&vma->link);
	mm->map_count--;
	up_write(&mm->anonmm->rwsem);
	vm_area_free(vma);
}

/* Afterwards a vma begins at addr. */
int split_vma(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *new = vm_area_alloc(mm, addr, vma->vm_end, vma->vm_flags);

	if (!new)
		return -ENOMEM;
	vma_set_file(new, vma->vm_file, linear_page_index(vma, addr));
	down_write(&mm->anonmm->rwsem);
	vma->vm_end = addr;
	list_add(&new->link, &vma->link);
	mm->map_count++;
	up_write(&mm->anonmm->rwsem);
	return 0;
}

void vma_set_end(struct vm_area_struct *vma, unsigned long end)
{
	down_write(&vma->vm_mm->anonmm->rwsem);
	vma->vm_end = end;
	up_write(&vma->vm_mm->anonmm->rwsem);
}

static bool can_vma_merge(const struct vm_area_struct *vma, const struct vm_area_struct *next)
{
	return vma->vm_end == next->vm_start && vma->vm_flags == next->vm_flags &&
	       vma->vm_file == next->vm_file && linear_page_index(vma, vma->vm_end) == next->vm_pgoff;
}

/* Joins equal neighbours that meet in [start, end], so that the list stays as short as the map is simple. */
void vma_merge_around(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start ? start - 1 : 0), *next;

	while (vma && vma->vm_start <= end && (next = vma_next(vma))) {
		if (!can_vma_merge(vma, next)) {
			vma = next;
			continue;
		}
		down_write(&mm->anonmm->rwsem);
		vma->vm_end = next->vm_end;
		list_del(&next->link);
		mm->map_count--;
		up_write(&mm->anonmm->rwsem);
		vm_area_free(next);
	}
}
