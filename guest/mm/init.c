/*
 * init.c - from what boot found to a working memory manager: the final kernel
 * page tables, the descriptor array, nodes. Called by start_kernel().
 */
#include "bootmem.h"
#include "flush_policy.h"
#include "processor.h"
#include "string.h"
#include "variants.h"

extern char _text[], __start_rodata[], __end_rodata[], _data[], _end[];

pgd_t swapper_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
u64 __supported_pte_mask = ~0UL;
bool slab_is_available;

struct folio *mem_map;
unsigned long max_pfn;

/* Kernel threads and idle CPUs run on it. Its user half is empty for ever. */
struct mm_struct init_mm = {
	.pgd = swapper_pg_dir,
	.context = { .ctx_id = 1, .tlb_gen = ATOMIC64_INIT(1) },
	.mm_users = ATOMIC_INIT(2),
	.mm_count = ATOMIC_INIT(1),
	.mmap_lock = __RWSEM_INITIALIZER(init_mm.mmap_lock),
	.mmap = LIST_HEAD_INIT(init_mm.mmap),
	.page_table_lock = __SPIN_LOCK_UNLOCKED,
};

/*
 * Takes from the end of the highest region that is large enough: on a machine
 * with two nodes that is the slow one, and the fast one stays whole.
 */
void *memblock_alloc(size_t size, size_t align)
{
	int i;

	for (i = nr_boot_regions - 1; i >= 0; i--) {
		struct boot_region *r = &boot_regions[i];
		phys_addr_t start;

		if (r->end - r->start < size)
			continue;
		start = ALIGN_DOWN(r->end - size, align);
		if (start < r->start)
			continue;
		r->end = ALIGN_DOWN(start, PAGE_SIZE);
		return memset(__va(start), 0, size);
	}
	panic("memblock_alloc: no %lu bytes of memory to boot with", size);
}

/*
 * W^X for the image: text and constants cannot be written, nothing else can be
 * executed. Everything is global: it is the same in every address space.
 */
static void map_kernel(void)
{
	const u64 rw = _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_NX;
	const u64 ro = rw & ~(_PAGE_RW | _PAGE_DIRTY);
	const u64 rx = ro & ~_PAGE_NX;

	kernel_map_range(PAGE_OFFSET, 0, ALIGN(max_phys_addr, PMD_SIZE), rw);
	kernel_map_range((unsigned long)_text, __pa(_text), __start_rodata - _text, rx);
	kernel_map_range((unsigned long)__start_rodata, __pa(__start_rodata), __end_rodata - __start_rodata, ro);
	kernel_map_range((unsigned long)_data, __pa(_data), _end - _data, rw);
}

static void mem_map_init(void)
{
	unsigned long pfn;
	unsigned int i;

	for (i = 0; i < nr_boot_regions; i++)
		max_pfn = max(max_pfn, PFN_DOWN(boot_regions[i].end));
	mem_map = memblock_alloc(max_pfn * sizeof(struct folio), PAGE_SIZE);
	for (pfn = 0; pfn < max_pfn; pfn++) {
		folio_set_reserved(pfn_folio(pfn));
		INIT_LIST_HEAD(&pfn_folio(pfn)->lru);
	}
}

void mm_init_early(void)
{
	BUILD_BUG_ON(sizeof(struct folio) > 64);

	if (!boot_cpu_has(X86_FEATURE_NX))
		__supported_pte_mask &= ~_PAGE_NX;
	map_kernel();
	initialize_tlbstate_and_flush();

	mem_map_init();
	page_alloc_init();
	kmalloc_init();
	slab_is_available = true;
	variants_init();
	flush_policy_init();
}

/* Replaces a 2 MiB mapping of the direct map by 512 small ones with the same rights. */
static void split_large_page(pmd_t *pmd, unsigned long va)
{
	pte_t *table = __get_free_pages(GFP_KERNEL | __GFP_NOFAIL, 0);
	u64 prot = (pmd->pmd & PTE_FLAGS_MASK) & ~_PAGE_PSE;
	unsigned long pfn = PFN_DOWN(__pa((void *)(va & PMD_MASK)));
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		set_pte(&table[i], pfn_pte(pfn + i, prot));
	WRITE_ONCE(pmd->pmd, __pa(table) | (_PAGE_TABLE & ~_PAGE_USER));
}

/*
 * The direct map is a second, writable way to the image's text and constants.
 * Linux closes it, and so do we; every CPU has the old rights in its TLB as
 * global entries, which no reload of CR3 drops.
 */
static void mark_rodata_ro(void)
{
	unsigned long va, end = (unsigned long)__va(__pa(__end_rodata));

	for (va = (unsigned long)__va(__pa(_text)); va < end; va += PAGE_SIZE) {
		pmd_t *pmd = mm_find_pmd(&init_mm, va);

		if (pmd->pmd & _PAGE_PSE)
			split_large_page(pmd, va);
		ptep_set_wrprotect(pte_offset_map(pmd, va));
	}
	flush_tlb_all();
}

void mm_init_late(void)
{
	mark_rodata_ro();
	kswapd_init();
	numa_balancing_init();
}
