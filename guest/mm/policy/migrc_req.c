/*
 * migrc_req.c - the requests of the migrc policies (migrc.h): made for a batch, filled
 * with its source folios, published on their node, flushed and given back when memory
 * is wanted. As posted in version 3; what migrc_safe.c does differently is in its file.
 */
#include "migrc.h"
#include "vmstat.h"

atomic_t migrc_gen;
DEFINE_PER_CPU(int, migrc_done);
static atomic_t migrc_pause_cnt;

void migrc_req_start(enum migrate_reason reason, int src_nid)
{
	struct migrc_req *req = NULL;

	if (reason == MR_DEMOTION || reason == MR_NUMA_MISPLACED)
		req = kzalloc(sizeof(*req), GFP_ATOMIC);
	if (req) {
		INIT_LIST_HEAD(&req->folios);
		req->node = src_nid;
	}
	current->mm_state.mreq = req;
	current->mm_state.migrc_writable = false;
}

void migrc_fold_ubc_nowr(struct mm_task_state *ts)
{
	if (!ts->tlb_ubc_nowr.flush_required)
		return;
	arch_tlbbatch_fold(&ts->tlb_ubc.arch, &ts->tlb_ubc_nowr.arch);
	ts->tlb_ubc.flush_required = true;
	ts->tlb_ubc_nowr.flush_required = false;
}

void migrc_req_add(struct folio *src)
{
	struct migrc_req *req = current->mm_state.mreq;

	list_add_tail(&src->lru, &req->folios);
	req->nr++;
}

void migrc_req_end(void)
{
	struct migrc_req *req = current->mm_state.mreq;
	pg_data_t *pgdat;

	current->mm_state.mreq = NULL;
	if (!req)
		return;
	if (!req->nr) {
		kfree(req);
		return;
	}
	pgdat = NODE_DATA(req->node);
	count_vm_events(migrc_deferred, req->nr);
	spin_lock(&pgdat->migrc_lock);
	atomic_long_add(req->nr, &pgdat->migrc_pending_nr);
	atomic_long_add(req->nr, &pgdat->zone.migrc_pending_nr);
	list_add_tail(&req->link, &pgdat->migrc_reqs);
	spin_unlock(&pgdat->migrc_lock);
}

/* CPUs that have flushed since the batch was unmapped, for whatever reason, are left out. */
static void migrc_adj(struct migrc_req *req)
{
	unsigned int cpu;

	for_each_cpu(cpu, &req->arch.cpumask)
		if (!migrc_before(READ_ONCE(per_cpu(migrc_done, cpu)), req->gen))
			__cpumask_clear_cpu(cpu, &req->arch.cpumask);
}

static void migrc_free_req(struct migrc_req *req)
{
	pg_data_t *pgdat = NODE_DATA(req->node);
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &req->folios, lru) {
		list_del_init(&folio->lru);
		atomic_long_dec(&pgdat->migrc_pending_nr);
		atomic_long_dec(&pgdat->zone.migrc_pending_nr);
		folio_put(folio);
	}
	count_vm_events(migrc_freed, req->nr);
	kfree(req);
}

/*
 * QUESTION: the lists are detached before the flush is done. A second caller finds
 * them empty and returns at once, while CPUs still use the old translations. That is
 * right for the allocator, which gets nothing; under migrc-v3 it serves write faults too.
 */
bool migrc_try_flush_free_folios(void)
{
	struct arch_tlbflush_unmap_batch arch = { CPU_MASK_NONE };
	struct migrc_req *req, *next;
	LIST_HEAD(reqs);
	int nid;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);

		if (!atomic_long_read(&pgdat->migrc_pending_nr))
			continue;
		spin_lock(&pgdat->migrc_lock);
		list_splice_tail_init(&pgdat->migrc_reqs, &reqs);
		spin_unlock(&pgdat->migrc_lock);
	}
	if (list_empty(&reqs))
		return false;

	list_for_each_entry(req, &reqs, link) {
		migrc_adj(req);
		arch_tlbbatch_fold(&arch, &req->arch);
	}
	count_vm_event(migrc_flush_free);
	if (!cpumask_empty(&arch.cpumask))
		arch_tlbbatch_flush(&arch);
	list_for_each_entry_safe(req, next, &reqs, link)
		migrc_free_req(req);
	return true;
}

/* The allocator's side: pending folios count as free, and a high-order allocation pauses deferring. */
unsigned long migrc_pending_free(struct zone *zone)
{
	return atomic_long_read(&zone->migrc_pending_nr);
}

bool migrc_paused(void)
{
	return atomic_read(&migrc_pause_cnt);
}

void migrc_pause(unsigned int order)
{
	if (order)
		atomic_inc(&migrc_pause_cnt);
}

void migrc_resume(unsigned int order)
{
	if (order)
		atomic_dec(&migrc_pause_cnt);
}

/*
 * The reload of CR3 drops the entries of the current PCID only, but migrc_done speaks
 * for the whole CPU. That is enough: entries under other PCIDs cannot be used, and are
 * dropped when switch_mm_irqs_off() finds their tlb_gen behind, since every unmap counted it up.
 */
void migrc_flush_tlb_local(void)
{
	int gen = atomic_read(&migrc_gen);

	smp_mb();
	native_flush_tlb_local();
	smp_mb();
	if (migrc_before(this_cpu_read(migrc_done), gen))
		this_cpu_write(migrc_done, gen);
}
