/*
 * variants.h - kernels that differ from Linux 6.6 in one step of their flushing, chosen on the
 * command line: `batched_pending=0`, and `bug=NAME[,NAME]` for bugs that Linux or others once
 * had. They are there to be found by whoever explores what this kernel can do. Where each comes
 * from, and the smallest race that shows it: docs/kernel.md. For mm/ only.
 */
#ifndef GUEST_VARIANTS_H
#define GUEST_VARIANTS_H

#include "bitops.h"

/* In the order of the names in variants.c. */
enum kernel_bug {
	BUG_BATCHED_UNMAP,	/* "batched-unmap": nobody asks whether a batch owes a flush */
	BUG_COW_FLUSH,		/* "cow-flush": the copy is mapped before the old page is flushed */
	BUG_MREMAP_FLUSH,	/* "mremap-flush": moved entries are flushed when their locks are gone */
	BUG_NESTED_FLUSH,	/* "nested-flush": a gather does not flush for another that is under way */
	BUG_NUMA_FLUSH,		/* "numa-flush": tlb_flush_pending is no count, and asked without a lock */
	NR_KERNEL_BUGS,
};

extern unsigned long kernel_bugs;
/* Whether mprotect() makes up for the flush of batched unmaps before it edits PTEs. */
extern bool mprotect_flushes_batched;

static inline bool bug_enabled(enum kernel_bug bug)
{
	return READ_ONCE(kernel_bugs) & BIT(bug);
}

/* Boot CPU, before the first user program. An unknown name is a panic. */
void variants_init(void);

#endif
