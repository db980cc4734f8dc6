/*
 * filemap.c - the page cache of memory files: which folio is which page of a file. For shmem.c and
 * migrate.c. A folio's `mapping` and `index` stand for as long as PG_file does, and PG_file changes
 * only with both the folio lock and i_pages_lock held.
 */
#include "fs.h"
#include "mm.h"

/* Linux finds it without a lock and looks twice; here the lock does that. */
struct folio *filemap_get_folio(struct address_space *mapping, unsigned long index)
{
	struct folio *folio = NULL;

	spin_lock(&mapping->i_pages_lock);
	if (index < FILE_MAX_PAGES)
		folio = mapping->i_pages[index];
	if (folio)
		folio_get(folio);
	spin_unlock(&mapping->i_pages_lock);
	return folio;
}

/* The folio is new and locked. -EEXIST: another was first. */
int filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index)
{
	int err = -EEXIST;

	spin_lock(&mapping->i_pages_lock);
	if (!mapping->i_pages[index]) {
		folio->mapping = mapping;
		folio->index = index;
		folio_set_file(folio);
		folio_get(folio);
		mapping->i_pages[index] = folio;
		err = 0;
	}
	spin_unlock(&mapping->i_pages_lock);
	return err;
}

void filemap_remove_folio(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	BUG_ON(!folio_test_locked(folio) || !folio_test_file(folio));
	spin_lock(&mapping->i_pages_lock);
	mapping->i_pages[folio->index] = NULL;
	folio_clear_file(folio);
	spin_unlock(&mapping->i_pages_lock);
	folio_put(folio);
}

/* Under i_pages_lock nobody can find src and take a reference: what is counted is what there is. */
int filemap_replace_folio(struct folio *src, struct folio *dst, int expected)
{
	struct address_space *mapping = src->mapping;

	spin_lock(&mapping->i_pages_lock);
	if (folio_ref_count(src) != expected) {
		spin_unlock(&mapping->i_pages_lock);
		return -EAGAIN;
	}
	dst->mapping = mapping;
	dst->index = src->index;
	folio_set_file(dst);
	folio_get(dst);
	mapping->i_pages[dst->index] = dst;
	folio_clear_file(src);
	spin_unlock(&mapping->i_pages_lock);
	folio_put(src);
	return 0;
}
