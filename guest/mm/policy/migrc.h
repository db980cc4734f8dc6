/*
 * migrc.h - what the two migrc policies have in common: the requests, each of which
 * holds the source folios of one batch, and the generations that tell which CPUs have
 * flushed since. For migrc_v3.c and migrc_safe.c only.
 */
#ifndef GUEST_MM_POLICY_MIGRC_H
#define GUEST_MM_POLICY_MIGRC_H

#include "flush_policy.h"

/* The folios of one batch whose flush is put off. */
struct migrc_req {
	struct list_head link;		/* pglist_data.migrc_reqs */
	struct list_head folios;	/* src folios, each with a reference of ours */
	struct arch_tlbflush_unmap_batch arch;	/* CPUs that may hold a translation to one of them */
	int gen;			/* migrc_gen after the last of them was unmapped */
	int node;
	unsigned int nr;
};

/* Counts batches. A CPU whose migrc_done is at least g has flushed since batch g was unmapped. */
extern atomic_t migrc_gen;
DECLARE_PER_CPU(int, migrc_done);

/* Generations are compared by their distance, so that they may wrap. */
static inline bool migrc_before(int a, int b)
{
	return a - b < 0;
}

/* A batch begins: current->mm_state.mreq, for demotion and promotion only. */
void migrc_req_start(enum migrate_reason reason, int src_nid);
/* What was to be deferred is flushed with the rest of this task's batch. */
void migrc_fold_ubc_nowr(struct mm_task_state *ts);
/* Somebody needs contiguous memory, so nothing new is held back. */
bool migrc_paused(void);
/* The request takes over src, with the reference that folio_unmapped() took. */
void migrc_req_add(struct folio *src);
/* The batch is over: its request is published on its node. */
void migrc_req_end(void);

/* Flushes what the published requests owe, then gives their src folios back. False if there were none. */
bool migrc_try_flush_free_folios(void);

unsigned long migrc_pending_free(struct zone *zone);
void migrc_pause(unsigned int order);
void migrc_resume(unsigned int order);
void migrc_flush_tlb_local(void);

#endif
