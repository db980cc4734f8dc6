/*
 * slab.c - kmalloc: one cache of frames per power of two up to 2 KiB, whole blocks
 * above. Free objects of a frame are chained through themselves; the frame's
 * descriptor holds the chain, as in SLUB.
 */
#include "slab.h"
#include "string.h"

#define KMALLOC_MIN_SHIFT 5
#define KMALLOC_MAX_SHIFT 11
#define NR_CACHES (KMALLOC_MAX_SHIFT - KMALLOC_MIN_SHIFT + 1)

static struct kmem_cache {
	spinlock_t lock;		/* taken with interrupts off; list and the slabs on it */
	struct list_head partial;	/* slabs with a free object */
	unsigned int size;
	unsigned int objects;		/* per slab */
} kmalloc_caches[NR_CACHES];

void kmalloc_init(void)
{
	int i;

	for (i = 0; i < NR_CACHES; i++) {
		struct kmem_cache *s = &kmalloc_caches[i];

		spin_lock_init(&s->lock);
		INIT_LIST_HEAD(&s->partial);
		s->size = 1u << (KMALLOC_MIN_SHIFT + i);
		s->objects = PAGE_SIZE / s->size;
	}
}

static struct folio *new_slab(struct kmem_cache *s, gfp_t gfp)
{
	struct folio *slab = folio_alloc(gfp & ~__GFP_ZERO, 0);
	unsigned int i;
	char *p;

	if (!slab)
		return NULL;
	p = folio_address(slab);
	slab->freelist = NULL;
	for (i = 0; i < s->objects; i++) {
		*(void **)(p + i * s->size) = slab->freelist;
		slab->freelist = p + i * s->size;
	}
	slab->cache = s - kmalloc_caches;
	slab->inuse = 0;
	folio_set_slab(slab);
	return slab;
}

static void *slab_alloc(struct kmem_cache *s, gfp_t gfp)
{
	struct folio *slab, *fresh = NULL;
	unsigned long flags;
	void *object;

	spin_lock_irqsave(&s->lock, flags);
	if (list_empty(&s->partial)) {
		spin_unlock_irqrestore(&s->lock, flags);
		fresh = new_slab(s, gfp);
		if (!fresh)
			return NULL;
		spin_lock_irqsave(&s->lock, flags);
		list_add(&fresh->lru, &s->partial);
	}
	slab = list_first_entry(&s->partial, struct folio, lru);
	object = slab->freelist;
	slab->freelist = *(void **)object;
	slab->inuse++;
	if (!slab->freelist)
		list_del_init(&slab->lru);
	spin_unlock_irqrestore(&s->lock, flags);
	return object;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	unsigned int shift = size > 1 ? fls64(size - 1) : 0;

	if (shift > KMALLOC_MAX_SHIFT)
		return shift > PAGE_SHIFT + MAX_ORDER ? NULL :
			__get_free_pages(gfp, shift > PAGE_SHIFT ? shift - PAGE_SHIFT : 0);
	return slab_alloc(&kmalloc_caches[shift > KMALLOC_MIN_SHIFT ? shift - KMALLOC_MIN_SHIFT : 0], gfp);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(const void *p)
{
	struct folio *slab;
	struct kmem_cache *s;
	unsigned long flags;

	if (!p)
		return;
	slab = virt_to_folio(p);
	if (!folio_test_slab(slab)) {
		free_pages((void *)p, slab->order);
		return;
	}
	s = &kmalloc_caches[slab->cache];
	spin_lock_irqsave(&s->lock, flags);
	if (!slab->freelist)
		list_add(&slab->lru, &s->partial);
	*(void **)p = slab->freelist;
	slab->freelist = (void *)p;
	if (--slab->inuse) {
		spin_unlock_irqrestore(&s->lock, flags);
		return;
	}
	list_del_init(&slab->lru);
	spin_unlock_irqrestore(&s->lock, flags);
	folio_put(slab);
}
