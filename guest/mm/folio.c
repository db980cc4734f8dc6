/*
 * folio.c - the folio lock, the LRU lists, and the end of a folio's life. For mm/.
 */
#include "tlbflush.h"

/* Sleepers for PG_locked, hashed by folio: Linux's folio_wait_table. */
#define FOLIO_WAIT_TABLE_SIZE 64
#define WQ(i) __WAIT_QUEUE_HEAD_INITIALIZER(folio_wait_table[i])
#define WQ4(i) WQ(i), WQ((i) + 1), WQ((i) + 2), WQ((i) + 3)

static wait_queue_head_t folio_wait_table[FOLIO_WAIT_TABLE_SIZE] = {
	WQ4(0), WQ4(4), WQ4(8), WQ4(12), WQ4(16), WQ4(20), WQ4(24), WQ4(28),
	WQ4(32), WQ4(36), WQ4(40), WQ4(44), WQ4(48), WQ4(52), WQ4(56), WQ4(60),
};

wait_queue_head_t *folio_waitqueue(struct folio *folio)
{
	return &folio_wait_table[folio_pfn(folio) % FOLIO_WAIT_TABLE_SIZE];
}

void folio_lock(struct folio *folio)
{
	if (folio_trylock(folio))
		return;
	/* PG_waiters before the second look: folio_unlock() looks at them the other way round. */
	___wait_event(*folio_waitqueue(folio),
		      ({ folio_set_waiters(folio); folio_trylock(folio); }),
		      TASK_UNINTERRUPTIBLE, schedule());
}

/* The caller has a reference, or the folio could be someone else's when the waiters are woken. */
void folio_unlock(struct folio *folio)
{
	BUG_ON(!folio_test_locked(folio));
	folio_clear_locked(folio);
	if (folio_test_waiters(folio)) {
		folio_clear_waiters(folio);
		wake_up(folio_waitqueue(folio));
	}
}

static struct lruvec *folio_lruvec(struct folio *folio)
{
	return &NODE_DATA(folio_nid(folio))->lruvec;
}

static enum lru_list folio_lru_list(struct folio *folio)
{
	return folio_test_active(folio) ? LRU_ACTIVE : LRU_INACTIVE;
}

static void lruvec_del_folio(struct lruvec *lruvec, struct folio *folio)
{
	list_del_init(&folio->lru);
	lruvec->nr[folio_lru_list(folio)]--;
}

static void lruvec_add_folio(struct lruvec *lruvec, struct folio *folio)
{
	list_add(&folio->lru, &lruvec->lists[folio_lru_list(folio)]);
	lruvec->nr[folio_lru_list(folio)]++;
}

/* To the head of the list that PG_active names. Linux collects a few per CPU first; here it is at once. */
void folio_add_lru(struct folio *folio)
{
	struct lruvec *lruvec = folio_lruvec(folio);

	spin_lock(&lruvec->lru_lock);
	BUG_ON(folio_test_set_lru(folio));
	lruvec_add_folio(lruvec, folio);
	spin_unlock(&lruvec->lru_lock);
}

/*
 * Caller has a reference; on success it has another one, and the folio's `lru`
 * is its own: PG_lru decides between those who want to take it off.
 */
bool folio_isolate_lru(struct folio *folio)
{
	struct lruvec *lruvec = folio_lruvec(folio);

	if (!folio_test_clear_lru(folio))
		return false;
	folio_get(folio);
	spin_lock(&lruvec->lru_lock);
	lruvec_del_folio(lruvec, folio);
	spin_unlock(&lruvec->lru_lock);
	return true;
}

void folio_putback_lru(struct folio *folio)
{
	folio_add_lru(folio);
	folio_put(folio);
}

/* The last reference is gone: nobody can find the folio but a scan of the LRU, which try-gets it. */
void __folio_put(struct folio *folio)
{
	BUG_ON(folio_mapped(folio));
	if (folio_test_clear_lru(folio)) {
		struct lruvec *lruvec = folio_lruvec(folio);

		spin_lock(&lruvec->lru_lock);
		lruvec_del_folio(lruvec, folio);
		spin_unlock(&lruvec->lru_lock);
	}
	free_unref_folio(folio, folio->order);
}
