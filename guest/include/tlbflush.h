/*
 * tlbflush.h - keeping TLBs in step with page tables (tlb.c, mmu_gather.c). The rules
 * that the hardware sets are SDM 3A 4.10; the protocol is Linux 6.6's.
 */
#ifndef GUEST_TLBFLUSH_H
#define GUEST_TLBFLUSH_H

#include "mm.h"
#include "variants.h"

#define TLB_NR_DYN_ASIDS 6
#define TLB_FLUSH_ALL (~0UL)
#define TLB_GENERATION_INVALID 0ul

struct tlb_context {
	u64 ctx_id;	/* whose entries the ASID holds */
	u64 tlb_gen;	/* up to which of its generations they are current */
};

/* One per CPU; written by that CPU only, interrupts off. */
struct tlb_state {
	/*
	 * What CR3 holds. While a task's mm is being switched it is still the old
	 * one's, so that a flush of the old mm that comes meanwhile is not lost.
	 */
	struct mm_struct *loaded_mm;
	u16 loaded_mm_asid;
	u16 next_asid;
	struct tlb_context ctxs[TLB_NR_DYN_ASIDS];
};

DECLARE_PER_CPU(struct tlb_state, cpu_tlbstate);
/* A kernel task runs on a borrowed mm; read by CPUs that flush, so on a line of its own. */
DECLARE_PER_CPU(bool, cpu_tlb_is_lazy);

struct flush_tlb_info {
	struct mm_struct *mm;		/* NULL: whatever is loaded (batched unmap) */
	unsigned long start, end;	/* end == TLB_FLUSH_ALL: everything */
	u64 new_tlb_gen;		/* the generation that this flush brings, or INVALID */
	unsigned int initiating_cpu;
	bool freed_tables;		/* paging-structure caches matter: lazy CPUs too */
};

static inline u64 inc_mm_tlb_gen(struct mm_struct *mm)
{
	return atomic64_inc_return(&mm->context.tlb_gen);
}

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables);
void flush_tlb_multi(const cpumask_t *cpumask, const struct flush_tlb_info *info);
void flush_tlb_all(void);
/* All of this CPU's entries for the current PCID, but not global ones. Interrupts or preemption off. */
void flush_tlb_local(void);
/* The reload of CR3 alone, for policies that wrap it. */
void native_flush_tlb_local(void);

static inline void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TLB_FLUSH_ALL, true);
}

static inline void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	flush_tlb_mm_range(vma->vm_mm, addr, addr + PAGE_SIZE, false);
}

/*
 * Raising a right needs no flush: the worst is one spurious #PF, which drops
 * the entry (SDM 3A 4.10.4.3).
 */
static inline void flush_tlb_fix_spurious_fault(struct vm_area_struct *vma, unsigned long addr)
{
	(void)vma, (void)addr;
}

bool pte_needs_flush(pte_t oldpte, pte_t newpte);

/* Batched unmap. */
void arch_tlbbatch_add_pending(struct arch_tlbflush_unmap_batch *batch, struct mm_struct *mm);
void arch_tlbbatch_fold(struct arch_tlbflush_unmap_batch *dst, struct arch_tlbflush_unmap_batch *src);
void arch_tlbbatch_flush(struct arch_tlbflush_unmap_batch *batch);
void set_tlb_ubc_flush_pending(struct tlbflush_unmap_batch *ubc, struct mm_struct *mm, pte_t pteval);
void try_to_unmap_flush(void);
void flush_tlb_batched_pending(struct mm_struct *mm);

/* Told by mmu_gather while it has changed PTEs and not flushed yet. A count, because two may be at it. */
static inline void inc_tlb_flush_pending(struct mm_struct *mm)
{
	if (bug_enabled(BUG_NUMA_FLUSH))
		atomic_set(&mm->tlb_flush_pending, 1);
	else
		atomic_inc(&mm->tlb_flush_pending);
}

static inline void dec_tlb_flush_pending(struct mm_struct *mm)
{
	if (bug_enabled(BUG_NUMA_FLUSH))
		atomic_set(&mm->tlb_flush_pending, 0);
	else
		atomic_dec(&mm->tlb_flush_pending);
}

static inline bool mm_tlb_flush_pending(struct mm_struct *mm) { return atomic_read(&mm->tlb_flush_pending) != 0; }
static inline bool mm_tlb_flush_nested(struct mm_struct *mm) { return atomic_read(&mm->tlb_flush_pending) > 1; }

/*
 * Told by mprotect and fork, who take the right to write from PTEs that stay present,
 * until they have flushed: a PTE without R/W may stand in a TLB with it. Linux has no
 * need of it, because there every PTE that is taken away is flushed; a policy that goes
 * by what PTEs show has. Whoever sees such a PTE under its lock sees this true.
 */
static inline void inc_tlb_wrprotect_pending(struct mm_struct *mm) { atomic_inc(&mm->tlb_wrprotect_pending); }
static inline void dec_tlb_wrprotect_pending(struct mm_struct *mm) { atomic_dec(&mm->tlb_wrprotect_pending); }
static inline bool mm_tlb_wrprotect_pending(struct mm_struct *mm) { return atomic_read(&mm->tlb_wrprotect_pending) != 0; }

/*
 * mmu_gather: change PTEs, remember what they held, flush once, and only then free.
 * Folios come in batches: a small one inside, then one per page allocated.
 */
#define MMU_GATHER_BUNDLE 8
#define MAX_GATHER_BATCH ((PAGE_SIZE - sizeof(struct mmu_gather_batch)) / sizeof(struct folio *))
#define MAX_GATHER_BATCH_COUNT (10000 / MAX_GATHER_BATCH)

struct mmu_gather_batch {
	struct mmu_gather_batch *next;
	unsigned int nr, max;
	struct folio **folios;		/* __folios, or what follows this structure in its page */
};

struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;
	bool fullmm;		/* the whole address space goes; nobody runs in it */
	bool freed_tables;
	bool cleared_ptes;
	unsigned int batch_count;
	struct mmu_gather_batch *active;
	struct list_head tables;	/* page-table pages to free after the flush */
	struct mmu_gather_batch local;
	struct folio *__folios[MMU_GATHER_BUNDLE];
};

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm);
void tlb_gather_mmu_fullmm(struct mmu_gather *tlb, struct mm_struct *mm);
void tlb_finish_mmu(struct mmu_gather *tlb);
void tlb_flush_mmu(struct mmu_gather *tlb);
void tlb_flush_mmu_tlbonly(struct mmu_gather *tlb);
void tlb_flush_pte_range(struct mmu_gather *tlb, unsigned long addr, unsigned long size);
/* Takes over a reference. True: full, flush before the next one. */
bool tlb_remove_folio(struct mmu_gather *tlb, struct folio *folio);
void tlb_remove_table(struct mmu_gather *tlb, void *table, unsigned long addr, unsigned long size);

#endif
