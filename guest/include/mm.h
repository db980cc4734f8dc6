/*
 * mm.h - address spaces: what the rest of the kernel may ask of them, then what the
 * files of mm/ ask of each other.
 */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include "gfp.h"
#include "mm_types.h"
#include "sched.h"
#include "slab.h"
#include "traps.h"

/* ---- Boot ------------------------------------------------------------- */

/*
 * Boot CPU, once boot_regions[] is final and per-CPU areas are set up; EFER.NXE and
 * CR4.PGE too where the CPU has them. Builds the kernel's page tables and loads
 * them, then mem_map, nodes, buddy lists, kmalloc and the flush policy.
 */
void mm_init_early(void);
/* When all CPUs run and threads can be made: read-only text, kswapd, NUMA balancing. */
void mm_init_late(void);

/* ---- Address spaces --------------------------------------------------- */

struct mm_struct *mm_alloc(void);		/* empty; one user */
struct mm_struct *dup_mm(struct mm_struct *oldmm);	/* fork: copy-on-write copy, or NULL */
void mmput(struct mm_struct *mm);		/* may sleep */
void __mmdrop(struct mm_struct *mm);

static inline void mmget(struct mm_struct *mm) { atomic_inc(&mm->mm_users); }
static inline void mmgrab(struct mm_struct *mm) { atomic_inc(&mm->mm_count); }

static inline void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		__mmdrop(mm);
}

/*
 * The scheduler's side (tlb.c). context_switch() calls, interrupts off:
 *   to a user task:   switch_mm_irqs_off(prev->active_mm, next->mm, next)
 *   to a kernel task: next->active_mm = prev->active_mm, mmgrab() it, enter_lazy_tlb()
 *   from a kernel task: mmdrop(prev->active_mm) after the switch, then NULL
 * exec and exit of a task call activate_mm()/exit through these as well.
 */
void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk);
void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk);
/* Loads next on this CPU; the caller has set current->mm and active_mm. */
void activate_mm(struct mm_struct *prev, struct mm_struct *next);
/* Every CPU, in cpu_init(), after CR4.PCIDE and PGE are set: CR3 to init_mm, ASID 0. */
void initialize_tlbstate_and_flush(void);

/* ---- System calls ----------------------------------------------------- */

#define PROT_NONE 0x0
#define PROT_READ 0x1
#define PROT_WRITE 0x2
#define PROT_EXEC 0x4
#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE 0x8000
#define MAP_STACK 0x20000
#define MAP_FIXED_NOREPLACE 0x100000
#define MADV_NORMAL 0
#define MADV_DONTNEED 4
#define MADV_PAGEOUT 21
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23

/* They act on current->mm and take its mmap_lock. Addresses or 0 on success, -errno else. */
/* file NULL: anonymous. pgoff: where in the file, in pages. */
long do_mmap(unsigned long addr, size_t len, int prot, int flags, struct file *file, unsigned long pgoff);
long do_munmap(unsigned long addr, size_t len);
long do_mprotect(unsigned long addr, size_t len, int prot);
long do_madvise(unsigned long addr, size_t len, int behavior);
long do_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned long flags, unsigned long new_addr);
long do_brk(unsigned long brk);
long do_mbind(unsigned long start, size_t len, int mode, unsigned int flags);
long sys_move_pages(pid_t pid, unsigned long nr_pages, const void __user *const __user *pages,
		    const int __user *nodes, int __user *status, int flags);

/* exec: maps [va, va+memsz) in an mm nobody runs yet, with the first filesz bytes copied in. */
int map_user_segment(struct mm_struct *mm, unsigned long va, const void *data, size_t filesz,
		     size_t memsz, int prot);
/* exec: an empty stack of `size` bytes that ends at top. */
int map_user_stack(struct mm_struct *mm, unsigned long top, size_t size);
void set_mm_brk(struct mm_struct *mm, unsigned long brk);

/* ---- Faults ----------------------------------------------------------- */

#define FAULT_FLAG_WRITE 0x1
#define FAULT_FLAG_INSTRUCTION 0x2
#define FAULT_FLAG_USER 0x4
#define FAULT_FLAG_FORCE 0x8	/* exec: may write what the vma calls read-only */

typedef unsigned int vm_fault_t;
#define VM_FAULT_OOM 0x1
#define VM_FAULT_SIGSEGV 0x2
#define VM_FAULT_SIGBUS 0x4		/* beyond the end of the file */

/* The #PF vector's handler. addr is CR2, read with interrupts off; regs->flags says if they were on. */
void exc_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code);
/* Caller holds mmap_lock for reading. 0, or VM_FAULT_*. */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);
/* Faults in what is missing of the range; mmap_lock is taken inside. */
int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned int flags);

/* The timer tick's share, interrupts off. */
void task_tick_numa(struct task_struct *curr);

/* ---- Between the files of mm/ ----------------------------------------- */

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);	/* first with vm_end > addr */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);	/* the one that holds addr */
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm, unsigned long start, unsigned long end,
				     unsigned long vm_flags);
void insert_vma(struct mm_struct *mm, struct vm_area_struct *vma);
void vm_area_free(struct vm_area_struct *vma);	/* it is in no list */
void vma_set_file(struct vm_area_struct *vma, struct file *file, unsigned long pgoff);	/* takes a reference; NULL is fine */
void remove_vma(struct mm_struct *mm, struct vm_area_struct *vma);
int split_vma(struct vm_area_struct *vma, unsigned long addr);
void vma_merge_around(struct mm_struct *mm, unsigned long start, unsigned long end);
pgprot_t vm_get_page_prot(unsigned long vm_flags);

void vma_set_end(struct vm_area_struct *vma, unsigned long end);

static inline unsigned long linear_page_index(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

/* mmap.c; mmap_lock is held for writing. */
int do_vma_munmap(struct mm_struct *mm, unsigned long start, size_t len);
unsigned long get_unmapped_area(struct mm_struct *mm, size_t len);	/* 0: there is none */
bool mmap_range_ok(unsigned long addr, size_t len);	/* may mappings be there? */

struct mmu_gather;
void unmap_region(struct mm_struct *mm, unsigned long start, unsigned long end);
void unmap_page_range(struct mmu_gather *tlb, unsigned long start, unsigned long end);
void zap_page_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void free_pgtables(struct mmu_gather *tlb, unsigned long start, unsigned long end);
void exit_mmap(struct mm_struct *mm);
int copy_page_range(struct mm_struct *dst_mm, struct vm_area_struct *src_vma);

vm_fault_t do_wp_page(struct vm_fault *vmf);
vm_fault_t do_numa_page(struct vm_fault *vmf);
bool vma_migratable(const struct vm_area_struct *vma);
bool can_change_pte_writable(struct vm_area_struct *vma, unsigned long addr, pte_t pte);
struct folio *vm_normal_folio(pte_t pte);
pte_t mk_pte(struct folio *folio, pgprot_t prot);

/* mprotect.c. cp_flags: */
#define MM_CP_PROT_NUMA 0x1		/* hint PTEs for NUMA balancing instead of new rights */
#define MM_CP_TRY_CHANGE_WRITABLE 0x2	/* the new rights allow writing: spare the fault where that is safe */
long change_protection(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, unsigned long cp_flags);

/* vmscan.c */
void kswapd_init(void);
void wakeup_kswapd(int nid);
unsigned long try_to_free_pages(int nid, gfp_t gfp);
/* Demotes the isolated folios of the list, wherever they are used; those that stay go back to their LRU lists. */
void reclaim_pages(struct list_head *folios);
bool pgdat_balanced(pg_data_t *pgdat);

/* numa_balancing.c */
extern bool numa_balancing_enabled;
void numa_balancing_init(void);
unsigned long change_prot_numa(struct vm_area_struct *vma, unsigned long start, unsigned long end);
unsigned int numa_access_clock(void);	/* us, for folio.access_time */
int numa_migrate_target(struct folio *folio);	/* node to move to, or NUMA_NO_NODE */

void *memblock_alloc(size_t size, size_t align);	/* init.c; zeroed, until the buddy lists exist */
extern bool slab_is_available;
void page_alloc_init(void);

#endif
