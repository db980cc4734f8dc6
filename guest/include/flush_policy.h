/*
 * flush_policy.h - when a TLB flush may be put off. A policy is one file in
 * mm/policy/ that fills in this structure; `tlb=NAME` on the command line chooses
 * it. A hook that is NULL does what Linux does at that place. The order in which
 * migration meets the hooks is that of migrate_pages_batch().
 *
 * Later policies (lazy per-core states, early acknowledgement, broadcast
 * invalidation ...) should need no more than new hooks at the same places.
 */
#ifndef GUEST_FLUSH_POLICY_H
#define GUEST_FLUSH_POLICY_H

#include "migrate.h"
#include "tlbflush.h"

struct flush_policy {
	const char *name;
	void (*init)(void);

	/* Migration, in the order of its steps. */
	void (*migrate_begin)(enum migrate_reason reason, int src_nid);
	/* The batch that remembers this PTE; page-table lock held, the PTE already taken away. */
	struct tlbflush_unmap_batch *(*unmap_batch)(struct vm_area_struct *vma, pte_t pteval);
	/* All PTEs of src are migration entries; both are locked. True: deferred, and a reference on src taken. */
	bool (*folio_unmapped)(struct folio *src, struct folio *dst);
	/* The end of the unmap phase: everything in the batches must be flushed, or remembered. */
	void (*unmap_flush)(void);
	/* A deferred src: its PTEs now map dst; or (moved false) it is to be mapped again and dst goes back. */
	void (*folio_moved)(struct folio *src, struct folio *dst, bool moved);
	void (*migrate_end)(void);

	/* A write fault on a read-only PTE of folio; its page-table lock is held, interrupts are on. */
	void (*wp_page)(struct folio *folio);
	/* See folio_make_writable(). */
	void (*make_writable)(struct folio *folio);

	/* The allocator. */
	/* Free frames that a reclaim_pending() would bring. */
	unsigned long (*pending_free)(struct zone *zone);
	/* Interrupts are on. False if nothing was pending. */
	bool (*reclaim_pending)(void);
	/* Around an allocation's slow path. */
	void (*alloc_slowpath_begin)(unsigned int order);
	void (*alloc_slowpath_end)(unsigned int order);

	/* In place of the reload of CR3. */
	void (*flush_tlb_local)(void);
};

extern const struct flush_policy *flush_policy;
extern const struct flush_policy flush_policy_sync;
extern const struct flush_policy flush_policy_migrc_v3;

extern const struct flush_policy flush_policy_migrc_safe;

void flush_policy_init(void);

/*
 * Whoever is about to make a store to a folio possible that already has contents calls
 * this first: before a PTE with R/W=1 is stored where there was none, before the kernel
 * writes by itself. Interrupts are on; page-table locks and the folio lock may be held.
 * When it returns the store may happen at once, on any CPU.
 */
static inline void folio_make_writable(struct folio *folio)
{
	if (flush_policy->make_writable)
		flush_policy->make_writable(folio);
}

#endif
