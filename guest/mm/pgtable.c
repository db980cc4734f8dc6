/*
 * pgtable.c - making, finding and freeing page tables, and the PTE operations that
 * are more than an instruction. For mm/.
 */
#include "string.h"
#include "tlbflush.h"

bool ptep_clear_flush_young(pte_t *ptep)
{
	return ptep_test_and_clear_young(ptep);
}

pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	pte_t pte = ptep_get_and_clear(vma->vm_mm, addr, ptep);

	if (pte_accessible(vma->vm_mm, pte))
		flush_tlb_page(vma, addr);
	return pte;
}

/*
 * Only ever raises rights or sets A and D. A plain store may lose an A or D that
 * a walker sets at this moment; the new entry has both wherever that matters.
 */
bool ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t entry, bool dirty)
{
	bool changed = !pte_same(ptep_get(ptep), entry);

	if (changed && dirty)
		set_pte_at(vma->vm_mm, addr, ptep, entry);
	return changed;
}

/*
 * Can a TLB hold this entry? A PROT_NONE one, only if the flush that followed
 * taking the rights away is not over yet.
 */
bool pte_accessible(struct mm_struct *mm, pte_t pte)
{
	if (pte_flags(pte) & _PAGE_PRESENT)
		return true;
	return (pte_flags(pte) & _PAGE_PROTNONE) && mm_tlb_flush_pending(mm);
}

static inline void *table_of(u64 entry)
{
	return __va(entry & PTE_PFN_MASK);
}

static inline pud_t *pud_offset(pgd_t *pgd, unsigned long addr)
{
	return (pud_t *)table_of(READ_ONCE(pgd->pgd)) + pud_index(addr);
}

static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	return (pmd_t *)table_of(READ_ONCE(pud->pud)) + pmd_index(addr);
}

pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = mm->pgd + pgd_index(addr);
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	pud = pud_offset(pgd, addr);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	return pmd_none(*pmd) ? NULL : pmd;
}

/* For a look; the entry may change at any moment. */
pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)table_of(READ_ONCE(pmd->pmd)) + pte_index(addr);
}

spinlock_t *pte_lockptr(pte_t *ptep)
{
	return &virt_to_folio(ptep)->ptl;
}

/*
 * The table cannot go away: callers hold mmap_lock, or the anonmm's rwsem, which
 * free_pgtables() takes before it unhooks a table.
 */
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp)
{
	pte_t *pte = pte_offset_map(pmd, addr);

	(void)mm;
	*ptlp = pte_lockptr(pte);
	spin_lock(*ptlp);
	return pte;
}

void pte_unmap_unlock(pte_t *ptep, spinlock_t *ptl)
{
	(void)ptep;
	spin_unlock(ptl);
}

static void *table_alloc(struct mm_struct *mm)
{
	struct folio *folio;

	if (!slab_is_available)
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	folio = folio_alloc(GFP_KERNEL | __GFP_ZERO, 0);
	if (!folio)
		return NULL;
	folio_set_table(folio);
	spin_lock_init(&folio->ptl);
	atomic_long_inc(&mm->pgtables);
	return folio_address(folio);
}

static void table_free(struct mm_struct *mm, void *table)
{
	struct folio *folio = virt_to_folio(table);

	folio_clear_table(folio);
	atomic_long_dec(&mm->pgtables);
	folio_put(folio);
}

/*
 * Hooks a table in unless another thread was first. The table's zeroes are
 * written before the entry that makes walkers read them; TSO keeps that order.
 */
static int table_install(struct mm_struct *mm, u64 *entry, u64 flags)
{
	void *new;

	if (READ_ONCE(*entry))
		return 0;
	new = table_alloc(mm);
	if (!new)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (!*entry) {
		smp_wmb();
		WRITE_ONCE(*entry, __pa(new) | flags);
		new = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (new)
		table_free(mm, new);
	return 0;
}

pmd_t *pmd_alloc_addr(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = mm->pgd + pgd_index(addr);
	pud_t *pud;

	if (table_install(mm, &pgd->pgd, _PAGE_TABLE))
		return NULL;
	pud = pud_offset(pgd, addr);
	if (table_install(mm, &pud->pud, _PAGE_TABLE))
		return NULL;
	return pmd_offset(pud, addr);
}

int pte_alloc(struct mm_struct *mm, pmd_t *pmd)
{
	return table_install(mm, &pmd->pmd, _PAGE_TABLE);
}

/* The kernel half of every root points to the same tables, all made at boot. */
pgd_t *pgd_alloc(struct mm_struct *mm)
{
	pgd_t *pgd = table_alloc(mm);

	if (pgd)
		memcpy(pgd + KERNEL_PGD_BOUNDARY, init_mm.pgd + KERNEL_PGD_BOUNDARY,
		       (PTRS_PER_TABLE - KERNEL_PGD_BOUNDARY) * sizeof(pgd_t));
	return pgd;
}

void pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	table_free(mm, pgd);
}

void kernel_map_range(unsigned long va, phys_addr_t pa, size_t size, u64 prot)
{
	const u64 flags = _PAGE_TABLE & ~_PAGE_USER;
	unsigned long end = va + size;

	while (va != end) {
		pgd_t *pgd = init_mm.pgd + pgd_index(va);
		pud_t *pud;
		pmd_t *pmd;

		BUG_ON(table_install(&init_mm, &pgd->pgd, flags));
		pud = pud_offset(pgd, va);
		BUG_ON(table_install(&init_mm, &pud->pud, flags));
		pmd = pmd_offset(pud, va);
		if (IS_ALIGNED(va | pa, PMD_SIZE) && end - va >= PMD_SIZE) {
			WRITE_ONCE(pmd->pmd, pa | __pte(prot).pte | _PAGE_PSE);
			va += PMD_SIZE;
			pa += PMD_SIZE;
		} else {
			BUG_ON(table_install(&init_mm, &pmd->pmd, flags));
			set_pte(pte_offset_map(pmd, va), pfn_pte(PFN_DOWN(pa), prot));
			va += PAGE_SIZE;
			pa += PAGE_SIZE;
		}
	}
}

static bool table_empty(const u64 *table)
{
	int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		if (table[i])
			return false;
	return true;
}

static void free_one(struct mmu_gather *tlb, u64 *entry, unsigned long addr, unsigned int shift)
{
	void *table = table_of(*entry);

	WRITE_ONCE(*entry, 0);
	tlb_remove_table(tlb, table, addr & ~(BIT(shift) - 1), BIT(shift));
}

static void free_pte_tables(struct mmu_gather *tlb, pud_t *pud, unsigned long addr, unsigned long end)
{
	unsigned long next;

	for (; addr != end; addr = next) {
		pmd_t *pmd = pmd_offset(pud, addr);

		next = pmd_addr_end(addr, end);
		if (!pmd_none(*pmd) && table_empty(table_of(pmd->pmd)))
			free_one(tlb, &pmd->pmd, addr, PMD_SHIFT);
	}
}

static void free_pmd_tables(struct mmu_gather *tlb, pgd_t *pgd, unsigned long addr, unsigned long end)
{
	unsigned long next;

	for (; addr != end; addr = next) {
		pud_t *pud = pud_offset(pgd, addr);

		next = pud_addr_end(addr, end);
		if (pud_none(*pud))
			continue;
		free_pte_tables(tlb, pud, addr, next);
		if (table_empty(table_of(pud->pud)))
			free_one(tlb, &pud->pud, addr, PUD_SHIFT);
	}
}

/*
 * Gathers the tables that unmapping [start, end) has left without any entry.
 * Caller holds mmap_lock and the anonmm's rwsem for writing, so nobody but hardware
 * can be looking at them; hardware is why they are freed only after a flush.
 * Linux knows from the neighbouring vmas which tables are unused; looking is simpler.
 */
void free_pgtables(struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
	unsigned long addr, next;

	for (addr = start; addr != end; addr = next) {
		pgd_t *pgd = tlb->mm->pgd + pgd_index(addr);

		next = pgd_addr_end(addr, end);
		if (pgd_none(*pgd))
			continue;
		free_pmd_tables(tlb, pgd, addr, next);
		if (table_empty(table_of(pgd->pgd)))
			free_one(tlb, &pgd->pgd, addr, PGDIR_SHIFT);
	}
}
