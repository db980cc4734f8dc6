/*
 * vmstat.h - the kernel's counters: declared once, in VM_EVENTS, under Linux's names
 * where Linux has the counter; the enum, the storage and the printer all come from
 * this list. Anyone may count, in any context.
 */
#ifndef GUEST_VMSTAT_H
#define GUEST_VMSTAT_H

#include "percpu.h"

#define VM_EVENTS(X)							\
	X(pgalloc_normal)		/* frames allocated */		\
	X(pgfree)			/* frames freed */		\
	X(pgfault)							\
	X(pgreuse)			/* write faults that reused the folio */ \
	X(numa_hit)			/* allocated on the wanted node */ \
	X(numa_miss)			/* allocated on the other one */ \
	X(pgactivate)							\
	X(pgdeactivate)							\
	X(pgscan_kswapd)						\
	X(pgscan_direct)						\
	X(pageoutrun)			/* times that kswapd balanced */ \
	X(allocstall)			/* allocations that had to reclaim */ \
	X(oom_kill)							\
	X(pgmigrate_success)						\
	X(pgmigrate_fail)						\
	X(pgpromote_success)						\
	X(pgpromote_candidate)						\
	X(pgdemote_kswapd)						\
	X(pgdemote_direct)						\
	X(numa_pte_updates)						\
	X(numa_hint_faults)						\
	X(numa_hint_faults_local)					\
	X(numa_pages_migrated)						\
	X(nr_tlb_remote_flush)		/* flushes that sent IPIs, at the sender */ \
	X(nr_tlb_remote_flush_received)	/* once per CPU that ran one */	\
	X(nr_tlb_local_flush_all)	/* full, by the CPU that asked for it */ \
	X(nr_tlb_local_flush_one)	/* pages invalidated by the CPU that asked */ \
	/* Not in Linux: what the hardware was told, whoever asked. */	\
	X(tlb_invlpg)			/* INVLPG executed */		\
	X(tlb_flush_user)		/* non-global flushes of the current PCID */ \
	X(tlb_flush_kernel)		/* flushes of everything, global entries too */ \
	X(tlb_switch_noflush)		/* address-space switches that kept the PCID's entries */ \
	X(tlb_switch_flush)		/* address-space switches that dropped them */ \
	X(migrc_deferred)		/* folios whose flush was put off */ \
	X(migrc_flush_free)		/* times that pending folios were flushed and freed */ \
	X(migrc_wp_flush)		/* flushes because a page is about to be written */ \
	X(migrc_freed)			/* pending folios given back */

enum vm_event_item {
#define X(name) VM_EVENT_##name,
	VM_EVENTS(X)
#undef X
	NR_VM_EVENT_ITEMS
};

struct vm_event_state {
	unsigned long event[NR_VM_EVENT_ITEMS];
};

DECLARE_PER_CPU(struct vm_event_state, vm_event_states);

/* One ADD to memory through GS: neither an interrupt nor another CPU can tear it. */
#define count_vm_events(name, n) this_cpu_add(vm_event_states.event[VM_EVENT_##name], (n))
#define count_vm_event(name) count_vm_events(name, 1)

/* The sum over all CPUs. */
unsigned long vm_event_total(enum vm_event_item item);
/* Prints `vmstat: NAME VALUE`, one line per counter, in the order above. */
void vmstat_print(void);

#endif
