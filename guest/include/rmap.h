/*
 * rmap.h - from a folio to the PTEs that map it. For mm/ only.
 */
#ifndef GUEST_RMAP_H
#define GUEST_RMAP_H

#include "fs.h"
#include "mm.h"

enum ttu_flags {
	TTU_SYNC_FLUSH = 0,		/* each PTE is flushed at once */
	TTU_BATCH_FLUSH = 0x40,		/* the caller flushes, by try_to_unmap_flush() or a policy */
};

static inline struct address_space *vma_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_file ? &vma->vm_file->mapping : NULL;
}

/* Where vma would map the folio, or 0. */
static inline unsigned long vma_address(const struct folio *folio, const struct vm_area_struct *vma)
{
	unsigned long page = folio->index - vma->vm_pgoff;	/* below the area: wraps */

	if (vma_mapping(vma) != (folio_test_file(folio) ? folio->mapping : NULL))
		return 0;
	return page < (vma->vm_end - vma->vm_start) >> PAGE_SHIFT ? vma->vm_start + (page << PAGE_SHIFT) : 0;
}

/* Called at each vma that may map the folio; false ends the walk. */
struct rmap_walk_control {
	void *arg;
	bool (*rmap_one)(struct folio *folio, struct vm_area_struct *vma, unsigned long addr, void *arg);
};

void rmap_walk(struct folio *folio, struct anonmm *anonmm, struct rmap_walk_control *rwc);

/* Under the page-table lock of the PTE that is being written. */
void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long addr);
void folio_add_anon_rmap_pte(struct folio *folio, bool exclusive);
void folio_add_file_rmap_pte(struct folio *folio);
void folio_dup_anon_rmap(struct folio *folio);			/* fork: one more mapping, shared from now on */
void folio_remove_rmap(struct folio *folio);

/* Folio locked, anonmm pinned. Replaces every PTE by a migration entry. */
void try_to_migrate(struct folio *folio, struct anonmm *anonmm, enum ttu_flags flags);
/* How many PTEs have A set; clears it there. */
int folio_referenced(struct folio *folio);

struct anonmm *anonmm_alloc(void);
struct anonmm *anonmm_get(struct anonmm *anonmm);
void anonmm_join(struct anonmm *anonmm, struct mm_struct *mm);	/* takes a reference */
void anonmm_leave(struct mm_struct *mm);			/* out of the list: no walk sees mm after it */
void anonmm_put(struct anonmm *anonmm);
struct anonmm *folio_get_anonmm(struct folio *folio);		/* NULL if it is no longer mapped */

#endif
