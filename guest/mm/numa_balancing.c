/*
 * numa_balancing.c - finding hot folios on the slow node and promoting them: Linux
 * 6.6's NUMA balancing in its memory-tiering mode.
 *
 * From time to time a task turns a stretch of its PTEs on slow memory into hint
 * PTEs (PROT_NONE) and notes the time. The fault that an access then takes tells
 * how soon the page was wanted; soon means hot, and hot folios move to node 0. So a
 * page is promoted at its first touch after a scan, not after a count of touches.
 *
 * Linux's defaults (1000 ms, 256 MiB) suit machines with a hundred times the memory
 * that run for minutes, not a second, so times and sizes are smaller here. All can
 * be set on the command line:
 *   numa_balancing=0|1  numa_scan_delay_ms=  numa_scan_period_ms=  numa_scan_size_mb=
 *   numa_hot_threshold_ms=  numa_promote_rate_limit_mbps=
 */
#include "cmdline.h"
#include "flush_policy.h"
#include "vmstat.h"

bool numa_balancing_enabled;
static unsigned long sysctl_scan_delay;		/* ms until a new mm is first scanned */
static unsigned long sysctl_scan_period;	/* ms between scans of an mm */
static unsigned long sysctl_scan_size;		/* pages that one scan marks */
static unsigned long sysctl_hot_threshold;	/* us from hint to fault, below which a page is hot */
static unsigned long sysctl_rate_limit;		/* pages per second that may be promoted */

void numa_balancing_init(void)
{
	numa_balancing_enabled = nr_online_nodes > 1 && cmdline_option_u64("numa_balancing", 1);
	sysctl_scan_delay = cmdline_option_u64("numa_scan_delay_ms", 20);
	sysctl_scan_period = cmdline_option_u64("numa_scan_period_ms", 20);
	sysctl_scan_size = cmdline_option_u64("numa_scan_size_mb", 16) << (20 - PAGE_SHIFT);
	sysctl_hot_threshold = cmdline_option_u64("numa_hot_threshold_ms", 20) * 1000;
	sysctl_rate_limit = cmdline_option_u64("numa_promote_rate_limit_mbps", 65536) << (20 - PAGE_SHIFT);
}

unsigned int numa_access_clock(void)
{
	return sched_clock() / NSEC_PER_USEC;
}

unsigned long change_prot_numa(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mmu_gather tlb;
	long nr_updated;

	tlb_gather_mmu(&tlb, vma->vm_mm);
	nr_updated = change_protection(&tlb, vma, start, end, MM_CP_PROT_NUMA);
	count_vm_events(numa_pte_updates, nr_updated);
	tlb_finish_mmu(&tlb);
	return nr_updated;
}

/* From the stack nothing is gained, and what cannot be accessed is not hot. */
bool vma_migratable(const struct vm_area_struct *vma)
{
	return vma_is_accessible(vma) && !(vma->vm_flags & VM_STACK);
}

/*
 * Marks the next stretch of the address space. `pages` counts what was looked at
 * where something could be marked; stretches with nothing to mark cost less, and
 * eight times as much of them may be passed over.
 */
static void scan_mm(struct mm_struct *mm)
{
	long pages = sysctl_scan_size, virtpages = pages * 8;
	unsigned long start = mm->numa_scan_offset, end;
	struct vm_area_struct *vma;

	/* A writer is at work or waits: another time. */
	if (!down_read_trylock(&mm->mmap_lock))
		return;
	vma = find_vma(mm, start);
	if (!vma) {
		mm->numa_scan_seq++;
		start = 0;
		vma = find_vma(mm, 0);
	}
	for (; vma; vma = vma_next(vma)) {
		if (!vma_migratable(vma))
			continue;
		do {
			start = max(start, vma->vm_start);
			end = ALIGN(start + ((unsigned long)pages << PAGE_SHIFT), PMD_SIZE);
			end = min(end, vma->vm_end);
			if (change_prot_numa(vma, start, end))
				pages -= (end - start) >> PAGE_SHIFT;
			virtpages -= (end - start) >> PAGE_SHIFT;
			start = end;
			if (pages <= 0 || virtpages <= 0)
				goto out;
			cond_resched();
		} while (end != vma->vm_end);
	}
	mm->numa_scan_seq++;
	start = 0;
out:
	mm->numa_scan_offset = start;
	up_read(&mm->mmap_lock);
}

/* The thread that moves numa_next_scan on does the scan; the others of the process go on. */
static void task_numa_work(struct callback_head *work)
{
	struct mm_task_state *ts = container_of(work, struct mm_task_state, numa_work);
	struct mm_struct *mm = current->mm;
	unsigned long migrate, next_scan;

	ts->numa_work_queued = false;
	if (!mm)
		return;
	migrate = READ_ONCE(mm->numa_next_scan);
	if (!migrate) {
		cmpxchg(&mm->numa_next_scan, 0ul, jiffies + msecs_to_jiffies(sysctl_scan_delay));
		return;
	}
	if (time_before(jiffies, migrate))
		return;
	next_scan = jiffies + msecs_to_jiffies(sysctl_scan_period);
	if (cmpxchg(&mm->numa_next_scan, migrate, next_scan) == migrate)
		scan_mm(mm);
}

void task_tick_numa(struct task_struct *curr)
{
	struct mm_task_state *ts = &curr->mm_state;
	struct mm_struct *mm = curr->mm;

	if (!numa_balancing_enabled || !mm || (curr->flags & (PF_EXITING | PF_KTHREAD)) || ts->numa_work_queued)
		return;
	if (time_before(jiffies, READ_ONCE(mm->numa_next_scan)))
		return;
	ts->numa_work.func = task_numa_work;
	ts->numa_work_queued = task_work_add(curr, &ts->numa_work);
}

static bool promotion_rate_limited(pg_data_t *pgdat)
{
	u64 now = sched_clock() / NSEC_PER_USEC, start = READ_ONCE(pgdat->nbp_rl_start);

	count_vm_event(pgpromote_candidate);
	if (now - start > 1000000 && cmpxchg(&pgdat->nbp_rl_start, start, now) == start)
		atomic_long_set(&pgdat->nbp_rl_nr_cand, 0);
	return (unsigned long)atomic_long_add_return(1, &pgdat->nbp_rl_nr_cand) > sysctl_rate_limit;
}

/* A sixteenth of the fast node to spare: then whatever is touched may come. */
static bool pgdat_free_space_enough(pg_data_t *pgdat)
{
	return zone_watermark_ok(&pgdat->zone, 0,
				 pgdat->zone.watermark[WMARK_PROMO] + pgdat->zone.managed_pages / 16);
}

/* All CPUs belong to the fast node, so a folio there is where it should be. */
int numa_migrate_target(struct folio *folio)
{
	pg_data_t *pgdat = NODE_DATA(NODE_FAST);
	unsigned int latency = numa_access_clock() - READ_ONCE(folio->access_time);

	count_vm_event(numa_hint_faults);
	if (node_is_toptier(folio_nid(folio))) {
		count_vm_event(numa_hint_faults_local);
		return NUMA_NO_NODE;
	}
	if (pgdat_free_space_enough(pgdat))
		return NODE_FAST;
	if (latency >= sysctl_hot_threshold)
		return NUMA_NO_NODE;
	return promotion_rate_limited(pgdat) ? NUMA_NO_NODE : NODE_FAST;
}

/* Isolates it if the target has room above the high mark; if not, kswapd is asked to make some. */
static bool numamigrate_isolate_folio(pg_data_t *pgdat, struct folio *folio)
{
	if (!zone_watermark_ok(&pgdat->zone, 0, pgdat->zone.watermark[WMARK_HIGH])) {
		wakeup_kswapd(pgdat->node_id);
		return false;
	}
	return folio_isolate_lru(folio);
}

int migrate_misplaced_folio(struct folio *folio, int nid)
{
	unsigned int nr_succeeded = 0;
	LIST_HEAD(folios);

	if (!numamigrate_isolate_folio(NODE_DATA(nid), folio)) {
		folio_put(folio);
		return 0;
	}
	folio_put(folio);	/* isolation has its own */
	list_add(&folio->lru, &folios);
	if (migrate_pages(&folios, nid, MIGRATE_ASYNC, MR_NUMA_MISPLACED, &nr_succeeded)) {
		list_del_init(&folio->lru);
		folio_putback_lru(folio);
	}
	count_vm_events(numa_pages_migrated, nr_succeeded);
	if (node_is_toptier(nid))
		count_vm_events(pgpromote_success, nr_succeeded);
	return nr_succeeded;
}

/*
 * A hint fault: put the rights back, and promote the folio if it is hot. A page that
 * belongs to this mm alone is made writable at once, as a write fault would.
 */
vm_fault_t do_numa_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio;
	bool writable;
	int target;
	pte_t pte;

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!pte_same(ptep_get(vmf->pte), vmf->orig_pte))
		goto unlock;

	pte = pte_modify(vmf->orig_pte, vma->vm_page_prot);
	writable = pte_write(pte) || ((vma->vm_flags & VM_WRITE) && can_change_pte_writable(vma, vmf->address, pte));

	folio = vm_normal_folio(pte);
	target = folio ? numa_migrate_target(folio) : NUMA_NO_NODE;
	if (target != NUMA_NO_NODE) {
		folio_get(folio);
		pte_unmap_unlock(vmf->pte, vmf->ptl);
		if (migrate_misplaced_folio(folio, target))
			return 0;
		/* Not moved: the entry may have been changed meanwhile, and what was known is void. */
		writable = false;
		vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
		if (!pte_same(ptep_get(vmf->pte), vmf->orig_pte))
			goto unlock;
	}

	pte = pte_mkyoung(pte_modify(vmf->orig_pte, vma->vm_page_prot));
	if (writable)
		pte = pte_mkwrite(pte);
	if (pte_write(pte))
		folio_make_writable(folio);
	ptep_modify_prot_start(vma, vmf->address, vmf->pte);
	ptep_modify_prot_commit(vma, vmf->address, vmf->pte, vmf->orig_pte, pte);
unlock:
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return 0;
}
