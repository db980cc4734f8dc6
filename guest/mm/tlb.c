/*
 * tlb.c - which address space each CPU's TLB holds, how current it is, and how it
 * is made current: Linux 6.6's arch/x86/mm/tlb.c, without the mitigations.
 *
 * Each mm counts its changes in tlb_gen. Each CPU has six ASIDs, tagged in the
 * TLB by PCID, and remembers per ASID whose entries it holds and up to which
 * tlb_gen they are current. A flush counts tlb_gen up, reads mm_cpumask() and
 * interrupts those CPUs; switch_mm_irqs_off() sets its bit in mm_cpumask() and
 * then reads tlb_gen. Both orders are full barriers, so a CPU that the flush does
 * not see will itself see the new tlb_gen.
 */
#include "flush_policy.h"
#include "processor.h"
#include "smp.h"
#include "vmstat.h"

DEFINE_PER_CPU_ALIGNED(struct tlb_state, cpu_tlbstate) = { .loaded_mm = &init_mm };
DEFINE_PER_CPU_ALIGNED(bool, cpu_tlb_is_lazy);

/* Above this many pages one full flush is cheaper than INVLPG for each (Linux's default). */
static const unsigned long tlb_single_page_flush_ceiling = 33;

/* PCID 0 is what CR3 holds when PCIDs are not in use, so ASID n gets PCID n + 1. */
static u16 kern_pcid(u16 asid)
{
	return asid + 1;
}

#define CR3_NOFLUSH BIT(63)

static void load_new_mm_cr3(pgd_t *pgd, u16 asid, bool need_flush)
{
	unsigned long cr3 = __pa(pgd);

	if (boot_cpu_has(X86_FEATURE_PCID))
		cr3 |= kern_pcid(asid) | (need_flush ? 0 : CR3_NOFLUSH);
	if (need_flush)
		count_vm_event(tlb_switch_flush);
	else
		count_vm_event(tlb_switch_noflush);
	write_cr3(cr3);
}

void initialize_tlbstate_and_flush(void)
{
	struct tlb_state *t = this_cpu_ptr(&cpu_tlbstate);
	int i;

	load_new_mm_cr3(init_mm.pgd, 0, true);
	t->loaded_mm = &init_mm;
	t->loaded_mm_asid = 0;
	t->next_asid = 1;
	t->ctxs[0].ctx_id = init_mm.context.ctx_id;
	t->ctxs[0].tlb_gen = atomic64_read(&init_mm.context.tlb_gen);
	for (i = 1; i < TLB_NR_DYN_ASIDS; i++)
		t->ctxs[i].ctx_id = 0;
}

static void choose_new_asid(struct tlb_state *t, struct mm_struct *next, u64 next_tlb_gen,
			    u16 *new_asid, bool *need_flush)
{
	u16 asid;

	*need_flush = true;
	*new_asid = 0;
	if (!boot_cpu_has(X86_FEATURE_PCID))
		return;

	for (asid = 0; asid < TLB_NR_DYN_ASIDS; asid++) {
		if (t->ctxs[asid].ctx_id != next->context.ctx_id)
			continue;
		*new_asid = asid;
		*need_flush = t->ctxs[asid].tlb_gen < next_tlb_gen;
		return;
	}

	/* None of ours: take the next one in turn. */
	*new_asid = t->next_asid++;
	if (*new_asid >= TLB_NR_DYN_ASIDS) {
		*new_asid = 0;
		t->next_asid = 1;
	}
}

/*
 * prev is what the scheduler believes; what CR3 holds is loaded_mm, which lags
 * behind or runs ahead of it in lazy mode.
 */
void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next, struct task_struct *tsk)
{
	struct tlb_state *t = this_cpu_ptr(&cpu_tlbstate);
	struct mm_struct *real_prev = t->loaded_mm;
	bool was_lazy = this_cpu_read(cpu_tlb_is_lazy);
	unsigned int cpu = this_cpu_id();
	u64 next_tlb_gen;
	bool need_flush;
	u16 new_asid;

	(void)prev, (void)tsk;
	BUG_ON(!irqs_disabled());
	if (was_lazy)
		this_cpu_write(cpu_tlb_is_lazy, false);

	if (real_prev == next) {
		/* Another thread of the same process; nothing to do, unless flushes passed us by. */
		if (!was_lazy)
			return;
		smp_mb();
		next_tlb_gen = atomic64_read(&next->context.tlb_gen);
		if (t->ctxs[t->loaded_mm_asid].tlb_gen == next_tlb_gen)
			return;
		new_asid = t->loaded_mm_asid;
		need_flush = true;
	} else {
		/* init_mm never changes after boot: nobody flushes it, so its mask is not kept. */
		if (real_prev != &init_mm)
			cpumask_clear_cpu(cpu, mm_cpumask(real_prev));
		if (next != &init_mm)
			cpumask_set_cpu(cpu, mm_cpumask(next));
		next_tlb_gen = atomic64_read(&next->context.tlb_gen);
		choose_new_asid(t, next, next_tlb_gen, &new_asid, &need_flush);
	}

	if (need_flush) {
		t->ctxs[new_asid].ctx_id = next->context.ctx_id;
		t->ctxs[new_asid].tlb_gen = next_tlb_gen;
	}
	load_new_mm_cr3(next->pgd, new_asid, need_flush);
	barrier();
	t->loaded_mm = next;
	t->loaded_mm_asid = new_asid;
}

/* A kernel task keeps the previous mm loaded, and asks to be left alone. */
void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk)
{
	(void)mm, (void)tsk;
	if (this_cpu_read(cpu_tlbstate.loaded_mm) == &init_mm)
		return;
	this_cpu_write(cpu_tlb_is_lazy, true);
}

void activate_mm(struct mm_struct *prev, struct mm_struct *next)
{
	unsigned long flags;

	local_irq_save(flags);
	switch_mm_irqs_off(prev, next, current);
	local_irq_restore(flags);
}

void native_flush_tlb_local(void)
{
	count_vm_event(tlb_flush_user);
	write_cr3(read_cr3());
}

void flush_tlb_local(void)
{
	if (flush_policy && flush_policy->flush_tlb_local)
		flush_policy->flush_tlb_local();
	else
		native_flush_tlb_local();
}

static void flush_tlb_one_user(unsigned long addr)
{
	count_vm_event(tlb_invlpg);
	invlpg(addr);
}

/*
 * Brings this CPU up to date, by as little as the generations allow. Runs with
 * interrupts off, on the CPUs that flush_tlb_multi() interrupts, and on the
 * CPU that asked if it is concerned itself.
 */
static void flush_tlb_func(void *data)
{
	const struct flush_tlb_info *f = data;
	struct tlb_state *t = this_cpu_ptr(&cpu_tlbstate);
	struct mm_struct *loaded_mm = t->loaded_mm;
	struct tlb_context *ctx = &t->ctxs[t->loaded_mm_asid];
	bool local = this_cpu_id() == f->initiating_cpu;
	u64 mm_tlb_gen;

	BUG_ON(!irqs_disabled());
	if (!local) {
		count_vm_event(nr_tlb_remote_flush_received);
		/* We have switched away since the mask was read, and will see tlb_gen when we return. */
		if (f->mm && f->mm != loaded_mm)
			return;
	}
	if (loaded_mm == &init_mm)
		return;
	BUG_ON(ctx->ctx_id != loaded_mm->context.ctx_id);

	/* No need to follow a borrowed mm: drop it, so that nobody interrupts us for it again. */
	if (this_cpu_read(cpu_tlb_is_lazy)) {
		switch_mm_irqs_off(NULL, &init_mm, NULL);
		return;
	}

	if (f->new_tlb_gen != TLB_GENERATION_INVALID && f->new_tlb_gen <= ctx->tlb_gen)
		return;
	mm_tlb_gen = atomic64_read(&loaded_mm->context.tlb_gen);
	if (ctx->tlb_gen == mm_tlb_gen)
		return;

	/*
	 * A range may be flushed alone only if it is all that separates this CPU from
	 * the present: new_tlb_gen is ours plus one (nothing was missed before it)
	 * and the mm's (nothing has come after it, or we would record that as done).
	 */
	if (f->end != TLB_FLUSH_ALL && f->new_tlb_gen == ctx->tlb_gen + 1 && f->new_tlb_gen == mm_tlb_gen) {
		unsigned long addr;

		for (addr = f->start; addr < f->end; addr += PAGE_SIZE)
			flush_tlb_one_user(addr);
		if (local)
			count_vm_events(nr_tlb_local_flush_one, (f->end - f->start) >> PAGE_SHIFT);
	} else {
		flush_tlb_local();
		if (local)
			count_vm_event(nr_tlb_local_flush_all);
	}
	ctx->tlb_gen = mm_tlb_gen;
}

static bool tlb_is_not_lazy(int cpu, void *data)
{
	(void)data;
	return !per_cpu(cpu_tlb_is_lazy, cpu);
}

/*
 * A lazy CPU runs no user code and will look at tlb_gen before it does, so it
 * needs no IPI; unless page tables are to be freed, which its walker may still
 * hold in the paging-structure caches and read speculatively.
 */
void flush_tlb_multi(const cpumask_t *cpumask, const struct flush_tlb_info *info)
{
	count_vm_event(nr_tlb_remote_flush);
	if (info->freed_tables)
		on_each_cpu_mask(cpumask, flush_tlb_func, (void *)info, true);
	else
		on_each_cpu_cond_mask(tlb_is_not_lazy, flush_tlb_func, (void *)info, true, cpumask);
}

static void flush_tlb_here(struct flush_tlb_info *info)
{
	local_irq_disable();
	flush_tlb_func(info);
	local_irq_enable();
}

static bool cpumask_any_other(const cpumask_t *mask, unsigned int cpu)
{
	return cpumask_bits(mask) & ~BIT(cpu);
}

/* Caller has changed the PTEs already; returns when no CPU can use what they were. */
void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool freed_tables)
{
	struct flush_tlb_info info = { .mm = mm, .freed_tables = freed_tables };
	unsigned int cpu;

	BUG_ON(irqs_disabled());
	preempt_disable();
	cpu = this_cpu_id();
	if (end == TLB_FLUSH_ALL || (end - start) >> PAGE_SHIFT > tlb_single_page_flush_ceiling) {
		start = 0;
		end = TLB_FLUSH_ALL;
	}
	info.start = start;
	info.end = end;
	info.initiating_cpu = cpu;
	/* Also the barrier between the PTE stores and reading the mask; pairs with switch_mm_irqs_off(). */
	info.new_tlb_gen = inc_mm_tlb_gen(mm);

	if (cpumask_any_other(mm_cpumask(mm), cpu))
		flush_tlb_multi(mm_cpumask(mm), &info);
	else if (mm == this_cpu_read(cpu_tlbstate.loaded_mm))
		flush_tlb_here(&info);
	preempt_enable();
}

void arch_tlbbatch_flush(struct arch_tlbflush_unmap_batch *batch)
{
	struct flush_tlb_info info = { .end = TLB_FLUSH_ALL, .new_tlb_gen = TLB_GENERATION_INVALID };
	unsigned int cpu;

	BUG_ON(irqs_disabled());
	preempt_disable();
	cpu = this_cpu_id();
	info.initiating_cpu = cpu;
	if (cpumask_any_other(&batch->cpumask, cpu))
		flush_tlb_multi(&batch->cpumask, &info);
	else if (cpumask_test_cpu(cpu, &batch->cpumask))
		flush_tlb_here(&info);
	cpumask_clear(&batch->cpumask);
	preempt_enable();
}

static void do_flush_tlb_all(void *info)
{
	(void)info;
	count_vm_event(tlb_flush_kernel);
	if (boot_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid(INVPCID_TYPE_ALL_INCL_GLOBAL, 0, 0);
	} else if (boot_cpu_has(X86_FEATURE_PGE)) {
		/* Toggling CR4.PGE drops every entry, global or not (SDM 3A 4.10.4.1). */
		write_cr4(read_cr4() & ~X86_CR4_PGE);
		write_cr4(mmu_cr4_features);
	} else {
		write_cr3(read_cr3());
	}
}

void flush_tlb_all(void)
{
	on_each_cpu(do_flush_tlb_all, NULL, true);
}
