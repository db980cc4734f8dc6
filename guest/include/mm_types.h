/*
 * mm_types.h - the structures of an address space. sched.h includes it for struct
 * mm_task_state; only mm/ changes what is in them.
 */
#ifndef GUEST_MM_TYPES_H
#define GUEST_MM_TYPES_H

#include "cpumask.h"
#include "list.h"
#include "pgtable.h"
#include "wait.h"

struct file;
struct kioctx;
struct mm_struct;
struct migrc_req;

#define NR_IOCTX 8

/* vm_flags. An enum rather than macros, so that a debugger has their names. */
enum vma_flags {
	VM_READ = 0x1,
	VM_WRITE = 0x2,
	VM_EXEC = 0x4,
	VM_SHARED = 0x8,	/* of a file, written to by all who map it */
	VM_STACK = 0x100,	/* the process's stack: left out of NUMA scanning like Linux's temporary stack */
};

#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)

/* A range of user addresses with one set of rights: private and anonymous, or shared and of a file. */
struct vm_area_struct {
	unsigned long vm_start, vm_end;
	unsigned long vm_flags;
	struct file *vm_file;		/* NULL: anonymous; else a reference */
	unsigned long vm_pgoff;		/* folio.index of its first page: in the file, or the page number where it first was */
	pgprot_t vm_page_prot;		/* rights of a new PTE; writable only if shared, see do_wp_page() */
	struct mm_struct *vm_mm;
	struct list_head link;		/* mm->mmap, in address order */
};

/*
 * The mms that descend from one exec by fork. A folio of one of them can be mapped in
 * all of them, wherever a vma says that its index is; so a folio needs no more than this
 * and its index to find its PTEs.
 */
struct anonmm {
	struct rw_semaphore rwsem;	/* mms; held for reading over every walk of their tables */
	struct list_head mms;		/* mm->anonmm_link, parents before children */
	unsigned int refs;		/* under anonmm_lock (rmap.c) */
};

typedef struct {
	u64 ctx_id;		/* never reused, unlike the address of the mm */
	atomic64_t tlb_gen;	/* counts up at every change that needs a flush */
} mm_context_t;

struct mm_struct {
	pgd_t *pgd;
	mm_context_t context;
	cpumask_t cpu_bitmap;		/* mm_cpumask(): CPUs whose TLB may hold entries of this mm */
	atomic_t mm_users;		/* user-space holders; the last one tears the mappings down */
	atomic_t mm_count;		/* all holders, lazy ones too; the last one frees the mm */

	struct rw_semaphore mmap_lock;	/* the list of vmas, and page tables' existence */
	struct list_head mmap;
	int map_count;
	unsigned long start_brk, brk;
	spinlock_t page_table_lock;	/* empty -> table transitions of upper-level entries */

	struct anonmm *anonmm;
	struct list_head anonmm_link;

	/* PTE changes whose flush is still to come: by an mmu_gather, and by batched unmap. */
	atomic_t tlb_flush_pending;
	atomic_t tlb_flush_batched;	/* pending in the low half, flushed in the high one */
	atomic_t tlb_wrprotect_pending;	/* mprotect or fork is at work: see mm_tlb_wrprotect_pending() */

	atomic_long_t rss;		/* mapped pages, but those of zeroes */
	atomic_long_t pgtables;		/* page-table pages */

	spinlock_t ioctx_lock;
	struct kioctx *ioctx_table[NR_IOCTX];	/* kernel/aio.c; context n + 1 is entry n */

	/* NUMA balancing: when and where the next scan starts. */
	unsigned long numa_next_scan;
	unsigned long numa_scan_offset;
	int numa_scan_seq;
};

static inline cpumask_t *mm_cpumask(struct mm_struct *mm)
{
	return &mm->cpu_bitmap;
}

extern struct mm_struct init_mm;

/* Linux's batched unmap: which CPUs still have to be flushed. */
struct arch_tlbflush_unmap_batch {
	cpumask_t cpumask;
};

struct tlbflush_unmap_batch {
	struct arch_tlbflush_unmap_batch arch;
	bool flush_required;
	bool writable;		/* a dirty PTE is among them: writes may still go through stale entries */
};

/* What mm/ keeps in each task, as task_struct.mm_state. */
struct mm_task_state {
	struct tlbflush_unmap_batch tlb_ubc;
	struct tlbflush_unmap_batch tlb_ubc_nowr;	/* policy migrc: PTEs that could not be written */
	struct migrc_req *mreq;				/* policy migrc: the batch under way */
	bool migrc_writable;				/* policy migrc: a PTE of this folio could be written */

	struct callback_head numa_work;
	bool numa_work_queued;
	unsigned long numa_next_tick;		/* jiffies of the next look at the scan clock */
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address;		/* page-aligned */
	unsigned int flags;		/* FAULT_FLAG_* */
	pmd_t *pmd;
	pte_t *pte;			/* mapped and locked by ptl where the callee's comment says so */
	spinlock_t *ptl;
	pte_t orig_pte;			/* what the entry was when the fault was first looked at */
};

#endif
