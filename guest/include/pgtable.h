/*
 * pgtable.h - page-table entries and what may be done to them, under Linux's
 * names. Only mm/ and the boot code use it.
 *
 * Other CPUs' page walkers set A and D with locked updates at any moment
 * (SDM 3A 4.8), so whoever takes a present entry away or lowers its rights does
 * it with one locked instruction and looks at what it got; a plain store is
 * right only over an entry that no walker may change (not present), or where
 * Linux argues why losing a bit is harmless.
 */
#ifndef GUEST_PGTABLE_H
#define GUEST_PGTABLE_H

#include "atomic.h"
#include "bitops.h"
#include "memlayout.h"
#include "spinlock.h"

/*
 * An entry that maps a 4 KiB page (SDM 3A table 4-20), and the kernel's use of
 * the bits that hardware ignores:
 *
 *   63 62    59 58 57     52 51                12 11  9  8 7 6 5  4   3   2   1   0
 *   XD  ignored SD ignored   frame (physical)     ign.   G - D A PCD PWT U/S R/W  P
 *
 * SD, "saved dirty": a write-protected entry keeps its history here instead of
 * in D, since D with R/W=0 would mean a shadow-stack page (SDM 3A 4.6).
 * With P=0 hardware reads nothing, and bit 8 means PROT_NONE.
 */
#define _PAGE_PRESENT BIT(0)
#define _PAGE_RW BIT(1)
#define _PAGE_USER BIT(2)
#define _PAGE_PWT BIT(3)
#define _PAGE_PCD BIT(4)
#define _PAGE_ACCESSED BIT(5)
#define _PAGE_DIRTY BIT(6)
#define _PAGE_PSE BIT(7)
#define _PAGE_GLOBAL BIT(8)
enum { _PAGE_BIT_PROTNONE = 8 };	/* an enum, so that a debugger has its name */
#define _PAGE_PROTNONE BIT(_PAGE_BIT_PROTNONE)
#define _PAGE_SAVED_DIRTY BIT(58)
#define _PAGE_NX BIT(63)
#define _PAGE_DIRTY_BITS (_PAGE_DIRTY | _PAGE_SAVED_DIRTY)

#define PTE_PFN_MASK 0x000ffffffffff000UL
#define PTE_FLAGS_MASK (~PTE_PFN_MASK)
#define _PAGE_CHG_MASK (PTE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY_BITS | _PAGE_PCD | _PAGE_PWT)
#define _PAGE_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)

#define PGDIR_SHIFT 39
#define PUD_SHIFT 30
#define PMD_SHIFT 21
#define PMD_SIZE BIT(PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PTRS_PER_TABLE 512
#define KERNEL_PGD_BOUNDARY 256		/* root entries from here on are the kernel's, shared by all */

typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 pgd; } pgd_t;
typedef u64 pgprot_t;

/* Without NX the bit is reserved (SDM 3A 4.1.4): it is masked out of every entry. */
extern u64 __supported_pte_mask;

static inline pte_t __pte(u64 v) { return (pte_t){ v & __supported_pte_mask }; }
static inline u64 pte_val(pte_t pte) { return pte.pte; }
static inline u64 pte_flags(pte_t pte) { return pte.pte & PTE_FLAGS_MASK; }
static inline unsigned long pte_pfn(pte_t pte) { return (pte.pte & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot) { return __pte(((u64)pfn << PAGE_SHIFT) | prot); }

static inline bool pte_none(pte_t pte) { return pte.pte == 0; }
static inline bool pte_present(pte_t pte) { return pte.pte & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline bool pte_protnone(pte_t pte) { return (pte.pte & (_PAGE_PROTNONE | _PAGE_PRESENT)) == _PAGE_PROTNONE; }
static inline bool pte_write(pte_t pte) { return pte.pte & _PAGE_RW; }
static inline bool pte_dirty(pte_t pte) { return pte.pte & _PAGE_DIRTY_BITS; }
static inline bool pte_young(pte_t pte) { return pte.pte & _PAGE_ACCESSED; }
static inline bool pte_same(pte_t a, pte_t b) { return a.pte == b.pte; }

static inline pte_t pte_set_flags(pte_t pte, u64 set) { return __pte(pte.pte | set); }
static inline pte_t pte_clear_flags(pte_t pte, u64 clear) { return __pte(pte.pte & ~clear); }

static inline pte_t pte_mkyoung(pte_t pte) { return pte_set_flags(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkold(pte_t pte) { return pte_clear_flags(pte, _PAGE_ACCESSED); }

/* Linux 6.6: D moves to the software bit when the entry becomes read-only, and back. */
static inline pte_t pte_mksaveddirty(pte_t pte)
{
	return pte.pte & _PAGE_DIRTY ? __pte((pte.pte & ~_PAGE_DIRTY) | _PAGE_SAVED_DIRTY) : pte;
}

static inline pte_t pte_clear_saveddirty(pte_t pte)
{
	return pte.pte & _PAGE_SAVED_DIRTY ? __pte((pte.pte & ~_PAGE_SAVED_DIRTY) | _PAGE_DIRTY) : pte;
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return pte_mksaveddirty(pte_clear_flags(pte, _PAGE_RW));
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	return pte_clear_saveddirty(pte_set_flags(pte, _PAGE_RW));
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return pte_set_flags(pte, pte_write(pte) ? _PAGE_DIRTY : _PAGE_SAVED_DIRTY);
}

/* The same page with the rights of `prot`. */
static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	pte_t new = __pte((pte.pte & _PAGE_CHG_MASK) | (prot & ~_PAGE_CHG_MASK));

	return pte_write(new) ? pte_clear_saveddirty(new) : pte_mksaveddirty(new);
}

static inline pte_t ptep_get(const pte_t *ptep)
{
	return (pte_t){ READ_ONCE(ptep->pte) };
}

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->pte, pte.pte);
}

struct mm_struct;
struct vm_area_struct;

static inline void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte)
{
	(void)mm, (void)addr;
	set_pte(ptep, pte);
}

static inline void pte_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	set_pte_at(mm, addr, ptep, (pte_t){ 0 });
}

/* Locked, so that no walker's A or D is lost between reading and clearing. */
static inline pte_t ptep_get_and_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	(void)mm, (void)addr;
	return (pte_t){ xchg(&ptep->pte, 0) };
}

/*
 * Between these two the entry is not present, so that no walker can set D in
 * it; the page-table lock keeps everybody else out.
 */
static inline pte_t ptep_modify_prot_start(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	(void)vma;
	return ptep_get_and_clear(NULL, addr, ptep);
}

static inline void ptep_modify_prot_commit(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep,
					   pte_t old_pte, pte_t pte)
{
	(void)vma, (void)old_pte;
	set_pte_at(NULL, addr, ptep, pte);
}

static inline bool ptep_test_and_clear_young(pte_t *ptep)
{
	return pte_young(ptep_get(ptep)) && test_and_clear_bit(5, (volatile unsigned long *)&ptep->pte);
}

static inline void ptep_set_wrprotect(pte_t *ptep)
{
	pte_t old = ptep_get(ptep);

	while (!try_cmpxchg(&ptep->pte, &old.pte, pte_wrprotect(old).pte))
		;
}

/*
 * pgtable.c. ptep_clear_flush_young does not flush: a stale A=1 in a TLB only
 * makes a page look colder than it is (Linux, arch/x86/mm/pgtable.c).
 */
bool ptep_clear_flush_young(pte_t *ptep);
pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep);
bool ptep_set_access_flags(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep, pte_t entry, bool dirty);
bool pte_accessible(struct mm_struct *mm, pte_t pte);

/* Upper levels. An entry is either empty or points to a table; user memory has no large pages. */
static inline bool pgd_none(pgd_t e) { return e.pgd == 0; }
static inline bool pud_none(pud_t e) { return e.pud == 0; }
static inline bool pmd_none(pmd_t e) { return e.pmd == 0; }

#define pgd_index(addr) (((addr) >> PGDIR_SHIFT) & 511)
#define pud_index(addr) (((addr) >> PUD_SHIFT) & 511)
#define pmd_index(addr) (((addr) >> PMD_SHIFT) & 511)
#define pte_index(addr) (((addr) >> PAGE_SHIFT) & 511)

/* The end of the table that covers addr at that level, or `end` if it comes first. */
static inline unsigned long table_addr_end(unsigned long addr, unsigned long end, unsigned int shift)
{
	unsigned long next = (addr + BIT(shift)) & ~(BIT(shift) - 1);

	return next - 1 < end - 1 ? next : end;
}

#define pgd_addr_end(addr, end) table_addr_end(addr, end, PGDIR_SHIFT)
#define pud_addr_end(addr, end) table_addr_end(addr, end, PUD_SHIFT)
#define pmd_addr_end(addr, end) table_addr_end(addr, end, PMD_SHIFT)

/* The entry that covers addr, or NULL if a table above it is missing. No table is made. */
pmd_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr);
pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr);
pte_t *pte_offset_map_lock(struct mm_struct *mm, pmd_t *pmd, unsigned long addr, spinlock_t **ptlp);
spinlock_t *pte_lockptr(pte_t *ptep);	/* of the table that the entry is in */
void pte_unmap_unlock(pte_t *ptep, spinlock_t *ptl);

/* The same, making the tables that are missing; NULL if there is no memory. */
pmd_t *pmd_alloc_addr(struct mm_struct *mm, unsigned long addr);
int pte_alloc(struct mm_struct *mm, pmd_t *pmd);

pgd_t *pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm, pgd_t *pgd);

/* init_mm's root. Its kernel half is complete before the first user mm copies it. */
extern pgd_t swapper_pg_dir[PTRS_PER_TABLE];
/* Maps kernel addresses there, with 2 MiB pages where both sides are aligned. Boot only. */
void kernel_map_range(unsigned long va, phys_addr_t pa, size_t size, u64 prot);

#endif
