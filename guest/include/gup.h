/* gup.h - pins: references to user pages for a write that comes later, past the page tables. */
#ifndef GUEST_GUP_H
#define GUEST_GUP_H

#include "page.h"

/* A pin counts as so many references, which tells it from a mapping. */
#define GUP_PIN_COUNTING_BIAS 1024

/* The page at addr of the current process, ready to be written to. -EFAULT, -ENOMEM. mmap_lock is taken inside. */
struct folio *pin_user_page(unsigned long addr);
void unpin_user_page(struct folio *folio);

/* False means surely not; true could be very many mappings. */
static inline bool folio_maybe_dma_pinned(const struct folio *folio)
{
	return folio_ref_count(folio) >= GUP_PIN_COUNTING_BIAS;
}

#endif
