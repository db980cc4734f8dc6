/*
 * mmu_gather.c - change PTEs, collect the folios and tables they pointed to, flush
 * once, then free. For munmap, madvise, mprotect and exit. The order is the point: a
 * frame goes back to the allocator only when no CPU can reach it any more.
 */
#include "tlbflush.h"

static void __tlb_reset_range(struct mmu_gather *tlb)
{
	tlb->start = tlb->fullmm ? 0 : TASK_SIZE;
	tlb->end = tlb->fullmm ? TLB_FLUSH_ALL : 0;
	tlb->freed_tables = false;
	tlb->cleared_ptes = false;
}

static void __tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm, bool fullmm)
{
	tlb->mm = mm;
	tlb->fullmm = fullmm;
	tlb->local.next = NULL;
	tlb->local.nr = 0;
	tlb->local.max = MMU_GATHER_BUNDLE;
	tlb->local.folios = tlb->__folios;
	tlb->active = &tlb->local;
	tlb->batch_count = 0;
	INIT_LIST_HEAD(&tlb->tables);
	__tlb_reset_range(tlb);
	inc_tlb_flush_pending(mm);
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm)
{
	__tlb_gather_mmu(tlb, mm, false);
}

void tlb_gather_mmu_fullmm(struct mmu_gather *tlb, struct mm_struct *mm)
{
	__tlb_gather_mmu(tlb, mm, true);
}

static void tlb_adjust_range(struct mmu_gather *tlb, unsigned long addr, unsigned long size)
{
	tlb->start = min(tlb->start, addr);
	tlb->end = max(tlb->end, addr + size);
}

void tlb_flush_pte_range(struct mmu_gather *tlb, unsigned long addr, unsigned long size)
{
	tlb_adjust_range(tlb, addr, size);
	tlb->cleared_ptes = true;
}

void tlb_remove_table(struct mmu_gather *tlb, void *table, unsigned long addr, unsigned long size)
{
	tlb_adjust_range(tlb, addr, size);
	tlb->freed_tables = true;
	list_add_tail(&virt_to_folio(table)->lru, &tlb->tables);
}

static bool tlb_next_batch(struct mmu_gather *tlb)
{
	struct mmu_gather_batch *batch = tlb->active->next;

	if (!batch) {
		if (tlb->batch_count == MAX_GATHER_BATCH_COUNT)
			return false;
		batch = __get_free_pages(GFP_ATOMIC, 0);
		if (!batch)
			return false;
		tlb->batch_count++;
		batch->next = NULL;
		batch->max = MAX_GATHER_BATCH;
		batch->folios = (struct folio **)(batch + 1);
		tlb->active->next = batch;
	}
	batch->nr = 0;
	tlb->active = batch;
	return true;
}

bool tlb_remove_folio(struct mmu_gather *tlb, struct folio *folio)
{
	struct mmu_gather_batch *batch = tlb->active;

	batch->folios[batch->nr++] = folio;
	return batch->nr == batch->max && !tlb_next_batch(tlb);
}

void tlb_flush_mmu_tlbonly(struct mmu_gather *tlb)
{
	if (!tlb->freed_tables && !tlb->cleared_ptes)
		return;
	flush_tlb_mm_range(tlb->mm, tlb->start, tlb->end, tlb->freed_tables);
	__tlb_reset_range(tlb);
}

static void tlb_flush_mmu_free(struct mmu_gather *tlb)
{
	struct mmu_gather_batch *batch;
	struct folio *table, *next;
	unsigned int i;

	list_for_each_entry_safe(table, next, &tlb->tables, lru) {
		list_del_init(&table->lru);
		folio_clear_table(table);
		atomic_long_dec(&tlb->mm->pgtables);
		folio_put(table);
	}
	for (batch = &tlb->local; batch; batch = batch->next) {
		for (i = 0; i < batch->nr; i++)
			folio_put(batch->folios[i]);
		batch->nr = 0;
	}
	tlb->active = &tlb->local;
}

void tlb_flush_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu_tlbonly(tlb);
	tlb_flush_mmu_free(tlb);
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	struct mmu_gather_batch *batch, *next;

	/*
	 * Another gather is between its PTE changes and its flush: we may have read
	 * entries that it made and seen nothing to do. Flush for both.
	 */
	if (mm_tlb_flush_nested(tlb->mm) && !bug_enabled(BUG_NESTED_FLUSH)) {
		tlb->fullmm = true;
		__tlb_reset_range(tlb);
		tlb->freed_tables = true;
	}
	tlb_flush_mmu(tlb);
	for (batch = tlb->local.next; batch; batch = next) {
		next = batch->next;
		free_pages(batch, 0);
	}
	dec_tlb_flush_pending(tlb->mm);
}
