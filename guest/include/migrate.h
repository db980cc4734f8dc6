/*
 * migrate.h - moving folios between nodes, and the entries that stand in for a PTE
 * meanwhile. For mm/ only.
 */
#ifndef GUEST_MIGRATE_H
#define GUEST_MIGRATE_H

#include "rmap.h"

enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC };
enum migrate_reason { MR_SYSCALL, MR_NUMA_MISPLACED, MR_DEMOTION };

/* What a folio's pass through migration came to, besides -errno. */
#define MIGRATEPAGE_SUCCESS 0
#define MIGRATEPAGE_UNMAP 1

/*
 * Moves the isolated folios of `from` to node nid. Folios that could not be moved
 * are left on `from`; returns how many, or -ENOMEM.
 */
int migrate_pages(struct list_head *from, int nid, enum migrate_mode mode, enum migrate_reason reason,
		  unsigned int *ret_succeeded);
/* One folio, from a hint fault; takes over the caller's reference. 1 if it moved. */
int migrate_misplaced_folio(struct folio *folio, int nid);

/*
 * A migration entry: P=0 and bit 8 = 0, so neither hardware nor pte_present() sees
 * a page. The frame, A and D stay where a PTE has them.
 *
 *   63 62 61         52 51                12 11 10  9  8  7  6  5  4 .. 1  0
 *   type  0 .. 0        frame                0  0   0  0  0  D  A  0       0
 */
enum migration_entry_type {
	MIGRATION_READ = 1,
	MIGRATION_READ_EXCLUSIVE = 2,
	MIGRATION_WRITE = 3,
};

enum { MIGRATION_TYPE_SHIFT = 62 };

static inline unsigned long migration_type(pte_t pte)
{
	return pte_present(pte) ? 0 : pte_val(pte) >> MIGRATION_TYPE_SHIFT;
}

static inline bool is_migration_entry(pte_t pte)
{
	return migration_type(pte) != 0;
}

static inline bool is_writable_migration_entry(pte_t pte) { return migration_type(pte) == MIGRATION_WRITE; }
static inline bool is_readable_migration_entry(pte_t pte) { return migration_type(pte) == MIGRATION_READ; }

static inline pte_t make_migration_entry(unsigned long pfn, unsigned long type)
{
	return (pte_t){ (pfn << PAGE_SHIFT) | (type << MIGRATION_TYPE_SHIFT) };
}

#define make_writable_migration_entry(pfn) make_migration_entry(pfn, MIGRATION_WRITE)
#define make_readable_migration_entry(pfn) make_migration_entry(pfn, MIGRATION_READ)
#define make_readable_exclusive_migration_entry(pfn) make_migration_entry(pfn, MIGRATION_READ_EXCLUSIVE)

static inline pte_t make_migration_entry_young(pte_t pte) { return (pte_t){ pte.pte | _PAGE_ACCESSED }; }
static inline pte_t make_migration_entry_dirty(pte_t pte) { return (pte_t){ pte.pte | _PAGE_DIRTY }; }
static inline bool is_migration_entry_young(pte_t pte) { return pte.pte & _PAGE_ACCESSED; }
static inline bool is_migration_entry_dirty(pte_t pte) { return pte.pte & _PAGE_DIRTY; }

static inline struct folio *migration_entry_folio(pte_t pte)
{
	return pfn_folio(pte_pfn(pte));
}

/* Sleeps until the folio of the entry is unlocked, if it is still that entry. */
void migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long address);
/* Turns the migration entries of src into PTEs of dst (which may be src). Both locked, anonmm pinned. */
void remove_migration_ptes(struct folio *src, struct folio *dst, struct anonmm *anonmm);

#endif
