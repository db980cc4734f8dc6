/*
 * shmem.c - memory files: Linux 6.6's mm/shmem.c without swap. Making, reading, writing and cutting them; mapped,
 * their faults come to shmem_get_folio(). For kernel/syscall.c, mmap.c and memory.c.
 */
#include "flush_policy.h"
#include "fs.h"
#include "rmap.h"
#include "string.h"
#include "uaccess.h"

struct file *shmem_file_setup(void)
{
	struct file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;
	file->mapping.i_pages = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!file->mapping.i_pages) {
		kfree(file);
		return NULL;
	}
	BUILD_BUG_ON(FILE_MAX_PAGES * sizeof(struct folio *) > PAGE_SIZE);
	atomic_set(&file->f_count, 1);
	spin_lock_init(&file->mapping.i_pages_lock);
	init_rwsem(&file->mapping.i_rwsem);
	init_rwsem(&file->f_pos_lock);
	file->mapping.anonmm = anonmm_get(current->mm->anonmm);
	return file;
}

static bool beyond_end(struct address_space *mapping, unsigned long index)
{
	return index >= DIV_ROUND_UP(READ_ONCE(mapping->i_size), PAGE_SIZE);
}

int shmem_get_folio(struct address_space *mapping, unsigned long index, enum sgp_type sgp, struct folio **foliop)
{
	struct folio *folio;

	*foliop = NULL;
	for (;;) {
		if (sgp != SGP_WRITE && beyond_end(mapping, index))
			return -EINVAL;
		folio = filemap_get_folio(mapping, index);
		if (folio) {
			folio_lock(folio);
			if (folio_test_file(folio))
				break;
			/* Truncated, or migrated, while we waited. */
			folio_unlock(folio);
			folio_put(folio);
			continue;
		}
		if (sgp == SGP_READ)
			return 0;
		folio = folio_alloc(GFP_HIGHUSER | __GFP_ZERO, 0);
		if (!folio)
			return -ENOMEM;
		BUG_ON(!folio_trylock(folio));	/* nobody knows it yet */
		if (!filemap_add_folio(mapping, folio, index)) {
			folio_add_lru(folio);
			/* Truncation may have passed before it was there. */
			if (sgp == SGP_WRITE || !beyond_end(mapping, index))
				break;
			filemap_remove_folio(folio);
		}
		folio_unlock(folio);
		folio_put(folio);
	}
	*foliop = folio;
	return 0;
}

/* Takes the file's pages from `first` on out of every mm that maps them. */
static void unmap_mapping_pages(struct address_space *mapping, unsigned long first)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	down_read(&mapping->anonmm->rwsem);
	list_for_each_entry(mm, &mapping->anonmm->mms, anonmm_link) {
		list_for_each_entry(vma, &mm->mmap, link) {
			unsigned long end = linear_page_index(vma, vma->vm_end), from = max(first, vma->vm_pgoff);

			if (vma_mapping(vma) == mapping && from < end)
				zap_page_range(mm, vma->vm_end - ((end - from) << PAGE_SHIFT), vma->vm_end);
		}
	}
	up_read(&mapping->anonmm->rwsem);
}

/* A folio is held by its lock until nobody maps it and it is out of the cache. */
static void truncate_inode_pages(struct address_space *mapping, unsigned long first)
{
	unsigned long index;

	for (index = first; index < FILE_MAX_PAGES; index++) {
		struct folio *folio = filemap_get_folio(mapping, index);

		if (!folio)
			continue;
		folio_lock(folio);
		if (!folio_test_file(folio)) {
			index--;	/* migrated: its place has another */
		} else {
			if (folio_mapped(folio))
				unmap_mapping_pages(mapping, index);
			filemap_remove_folio(folio);
		}
		folio_unlock(folio);
		folio_put(folio);
	}
}

long do_ftruncate(struct file *file, u64 size)
{
	struct address_space *mapping = &file->mapping;
	unsigned long first = DIV_ROUND_UP(size, PAGE_SIZE);

	if (size > FILE_MAX_PAGES * PAGE_SIZE)
		return -EFBIG;
	down_write(&mapping->i_rwsem);
	if (size < mapping->i_size) {
		struct folio *folio;

		/* First the size, so that no fault brings back what goes. */
		WRITE_ONCE(mapping->i_size, size);
		unmap_mapping_pages(mapping, first);
		truncate_inode_pages(mapping, first);
		/* What is cut off of the last page must be zero if the file grows again. */
		if ((size & ~PAGE_MASK) && !shmem_get_folio(mapping, size >> PAGE_SHIFT, SGP_READ, &folio) && folio) {
			folio_make_writable(folio);
			memset((char *)folio_address(folio) + (size & ~PAGE_MASK), 0, PAGE_SIZE - (size & ~PAGE_MASK));
			folio_unlock(folio);
			folio_put(folio);
		}
	}
	WRITE_ONCE(mapping->i_size, size);
	up_write(&mapping->i_rwsem);
	return 0;
}

/* The last descriptor and the last mapping are gone. */
void __fput(struct file *file)
{
	truncate_inode_pages(&file->mapping, 0);
	anonmm_put(file->mapping.anonmm);
	free_pages(file->mapping.i_pages, 0);
	kfree(file);
}

/* Returns how much of it was not copied, as copy_to_user() does. */
typedef unsigned long (*copy_fn)(void *to, const void *from, unsigned long n);

static unsigned long copy_to_kernel(void *to, const void *from, unsigned long n)
{
	memcpy(to, from, n);
	return 0;
}

static ssize_t do_read(struct address_space *mapping, void *to, size_t n, u64 pos, copy_fn copy)
{
	static const char zeroes[PAGE_SIZE];
	size_t done = 0;

	while (done < n) {
		u64 at = pos + done, size = READ_ONCE(mapping->i_size);
		unsigned long offset = at & ~PAGE_MASK, left;
		size_t part = min(n - done, PAGE_SIZE - offset);
		struct folio *folio;
		int err;

		if (at >= size)
			break;
		part = min(part, size - at);
		err = shmem_get_folio(mapping, at >> PAGE_SHIFT, SGP_READ, &folio);
		if (err == -EINVAL)
			break;		/* cut off meanwhile */
		if (err)
			return done ? (ssize_t)done : err;
		/* The reference is enough: as in Linux, a reader may see a write under way. */
		if (folio)
			folio_unlock(folio);
		left = copy((char *)to + done, folio ? (char *)folio_address(folio) + offset : zeroes, part);
		if (folio)
			folio_put(folio);
		done += part - left;
		if (left)
			return done ? (ssize_t)done : -EFAULT;
	}
	return done;
}

ssize_t shmem_file_read(struct file *file, void __user *buf, size_t n, u64 pos)
{
	return do_read(&file->mapping, buf, n, pos, copy_to_user);
}

ssize_t shmem_kernel_read(struct file *file, void *buf, size_t n, u64 pos)
{
	return do_read(&file->mapping, buf, n, pos, copy_to_kernel);
}

/*
 * Through a small buffer: a page fault on user memory must not happen under the folio
 * lock, for the memory may be the folio itself. (Linux copies with faults off, and faults in
 * by hand when that fails.)
 */
ssize_t shmem_file_write(struct file *file, const void __user *buf, size_t n, u64 pos)
{
	struct address_space *mapping = &file->mapping;
	char chunk[128];
	size_t done = 0;
	long err = 0;

	if (pos > FILE_MAX_PAGES * PAGE_SIZE || n > FILE_MAX_PAGES * PAGE_SIZE - pos)
		return -EFBIG;
	down_write(&mapping->i_rwsem);
	while (done < n) {
		u64 at = pos + done;
		unsigned long offset = at & ~PAGE_MASK;
		size_t part = min(min(n - done, sizeof(chunk)), PAGE_SIZE - offset);
		struct folio *folio;

		if (copy_from_user(chunk, (const char *)buf + done, part)) {
			err = -EFAULT;
			break;
		}
		err = shmem_get_folio(mapping, at >> PAGE_SHIFT, SGP_WRITE, &folio);
		if (err)
			break;
		folio_make_writable(folio);
		memcpy((char *)folio_address(folio) + offset, chunk, part);
		if (at + part > mapping->i_size)
			WRITE_ONCE(mapping->i_size, at + part);
		folio_unlock(folio);
		folio_put(folio);
		done += part;
	}
	up_write(&mapping->i_rwsem);
	return done ? (ssize_t)done : err;
}
