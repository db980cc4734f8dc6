/*
 * memory.c - page faults: from the vector to the page. Linux's order of tests is
 * kept, because it is what decides which race ends how.
 */
#include "flush_policy.h"
#include "processor.h"
#include "string.h"
#include "tlbflush.h"
#include "uaccess.h"
#include "vmstat.h"

/* One frame of zeroes stands for every page that was read but never written. It is not counted. */
static char empty_zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);

static unsigned long zero_pfn(void)
{
	return PFN_DOWN(__pa(empty_zero_page));
}

/* The folio that a present PTE maps; NULL for the zero page. */
struct folio *vm_normal_folio(pte_t pte)
{
	return pte_pfn(pte) == zero_pfn() ? NULL : pfn_folio(pte_pfn(pte));
}

pte_t mk_pte(struct folio *folio, pgprot_t prot)
{
	return pfn_pte(folio_pfn(folio), prot);
}

static vm_fault_t do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio = NULL;
	pte_t entry;

	if (pte_alloc(vma->vm_mm, vmf->pmd))
		return VM_FAULT_OOM;
	if (vmf->flags & FAULT_FLAG_WRITE) {
		folio = folio_alloc(GFP_HIGHUSER | __GFP_ZERO, 0);
		if (!folio)
			return VM_FAULT_OOM;
		entry = pte_mkyoung(mk_pte(folio, vma->vm_page_prot));
		if (vma->vm_flags & VM_WRITE)
			entry = pte_mkdirty(pte_mkwrite(entry));
	} else {
		entry = pfn_pte(zero_pfn(), vma->vm_page_prot);
	}

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!pte_none(ptep_get(vmf->pte))) {
		/* Another thread was first. */
		pte_unmap_unlock(vmf->pte, vmf->ptl);
		if (folio)
			folio_put(folio);
		return 0;
	}
	if (folio) {
		atomic_long_inc(&vma->vm_mm->rss);
		folio_add_new_anon_rmap(folio, vma, vmf->address);
		folio_add_lru(folio);
	}
	/* The zeroes are in memory before the entry that shows them: TSO keeps the order. */
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}

/*
 * A page of a file. It comes from the page cache locked, so that it is neither
 * cut off nor migrated before it is mapped.
 */
static vm_fault_t do_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio;
	pte_t entry;
	int err;

	if (pte_alloc(vma->vm_mm, vmf->pmd))
		return VM_FAULT_OOM;
	err = shmem_get_folio(vma_mapping(vma), linear_page_index(vma, vmf->address), SGP_CACHE, &folio);
	if (err)
		return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;

	entry = pte_mkyoung(mk_pte(folio, vma->vm_page_prot));
	if (vmf->flags & FAULT_FLAG_WRITE)
		entry = pte_mkdirty(pte_mkwrite(entry));
	if (pte_write(entry))
		folio_make_writable(folio);
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (pte_none(ptep_get(vmf->pte))) {
		atomic_long_inc(&vma->vm_mm->rss);
		folio_get(folio);
		folio_add_file_rmap_pte(folio);
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
	}
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}

static vm_fault_t do_pte_missing(struct vm_fault *vmf)
{
	return vmf->vma->vm_file ? do_fault(vmf) : do_anonymous_page(vmf);
}

static vm_fault_t handle_pte_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry;

	if (pmd_none(*vmf->pmd))
		return do_pte_missing(vmf);

	/* A look without the lock; each branch below takes it and looks again. */
	vmf->pte = pte_offset_map(vmf->pmd, vmf->address);
	vmf->orig_pte = ptep_get(vmf->pte);
	if (pte_none(vmf->orig_pte))
		return do_pte_missing(vmf);
	if (is_migration_entry(vmf->orig_pte)) {
		migration_entry_wait(vma->vm_mm, vmf->pmd, vmf->address);
		return 0;
	}
	BUG_ON(!pte_present(vmf->orig_pte));
	if (pte_protnone(vmf->orig_pte) && vma_is_accessible(vma))
		return do_numa_page(vmf);

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	entry = vmf->orig_pte;
	if (!pte_same(ptep_get(vmf->pte), entry))
		goto unlock;
	if (vmf->flags & FAULT_FLAG_WRITE) {
		if (!pte_write(entry))
			return do_wp_page(vmf);
		entry = pte_mkdirty(entry);
	}
	entry = pte_mkyoung(entry);
	/* Nothing to change means a TLB was behind; the #PF itself has dropped that entry. */
	if (!ptep_set_access_flags(vma, vmf->address, vmf->pte, entry, vmf->flags & FAULT_FLAG_WRITE) &&
	    (vmf->flags & FAULT_FLAG_WRITE))
		flush_tlb_fix_spurious_fault(vma, vmf->address);
unlock:
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	struct vm_fault vmf = { .vma = vma, .address = address & PAGE_MASK, .flags = flags };

	count_vm_event(pgfault);
	vmf.pmd = pmd_alloc_addr(vma->vm_mm, vmf.address);
	if (!vmf.pmd)
		return VM_FAULT_OOM;
	return handle_pte_fault(&vmf);
}

/* exec writes through FORCE where the vma itself forbids it; the PTE stays read-only. */
static bool access_error(const struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_FLAG_WRITE)
		return !(vma->vm_flags & VM_WRITE) && !(flags & FAULT_FLAG_FORCE);
	if (flags & FAULT_FLAG_INSTRUCTION)
		return !(vma->vm_flags & VM_EXEC);
	return !vma_is_accessible(vma);
}

int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int flags)
{
	unsigned long addr;

	for (addr = start & PAGE_MASK; addr < end; addr += PAGE_SIZE) {
		struct vm_area_struct *vma;
		vm_fault_t fault = VM_FAULT_SIGSEGV;

		down_read(&mm->mmap_lock);
		vma = vma_lookup(mm, addr);
		if (vma && !access_error(vma, flags))
			fault = handle_mm_fault(vma, addr, flags);
		up_read(&mm->mmap_lock);
		if (fault)
			return fault & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
		cond_resched();
	}
	return 0;
}

static void out_of_memory(void)
{
	count_vm_event(oom_kill);
	printk("Out of memory: Killed process %d (%s), free pages: node 0 %lu, node 1 %lu\n", current->tgid,
	       current->comm, nr_free_pages(NODE_FAST), nr_online_nodes > 1 ? nr_free_pages(NODE_SLOW) : 0);
	do_group_exit(9);	/* SIGKILL */
}

void exc_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned int flags = 0;
	vm_fault_t fault = VM_FAULT_SIGSEGV;
	int si_code = SEGV_MAPERR;

	/* Nothing of the kernel's is ever demand-paged, and it runs no user code (SMEP). */
	if (addr >= TASK_SIZE || (error_code & X86_PF_RSVD) || in_atomic() || faulthandler_disabled() || !mm ||
	    (!user_mode(regs) && (!(regs->flags & X86_EFLAGS_IF) || (error_code & X86_PF_INSTR)))) {
		if (regs->flags & X86_EFLAGS_IF)
			local_irq_enable();
		bad_area(regs, addr, error_code, SIGSEGV, si_code);
		return;
	}
	/* SMAP: user memory may be touched between STAC and CLAC only (SDM 3A 4.6). */
	if (!user_mode(regs) && boot_cpu_has(X86_FEATURE_SMAP) && !(regs->flags & X86_EFLAGS_AC))
		die("kernel access to user memory outside uaccess", regs, error_code);

	local_irq_enable();
	if (user_mode(regs))
		flags |= FAULT_FLAG_USER;
	if (error_code & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error_code & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;

	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	if (vma)
		si_code = SEGV_ACCERR;
	if (vma && !access_error(vma, flags))
		fault = handle_mm_fault(vma, addr, flags);
	up_read(&mm->mmap_lock);

	if (fault & VM_FAULT_SIGSEGV)
		bad_area(regs, addr, error_code, SIGSEGV, si_code);
	else if (fault & VM_FAULT_SIGBUS)
		bad_area(regs, addr, error_code, SIGBUS, BUS_ADRERR);
	else if ((fault & VM_FAULT_OOM) && user_mode(regs))
		out_of_memory();
	else if (fault & VM_FAULT_OOM)
		bad_area(regs, addr, error_code, SIGSEGV, si_code);
}
