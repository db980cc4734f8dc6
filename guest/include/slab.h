/* slab.h - kernel objects of any size; any task context, and interrupts with GFP_ATOMIC. */
#ifndef GUEST_SLAB_H
#define GUEST_SLAB_H

#include "gfp.h"

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
void kmalloc_init(void);	/* once, after page_alloc_init() */

#endif
