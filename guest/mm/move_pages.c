/* move_pages.c - move_pages(2): where pages are, and moving them by hand. */
#include "migrate.h"
#include "uaccess.h"


#define MPOL_MF_MOVE 2
#define MPOL_MF_MOVE_ALL 4

/* A reference to the folio at addr, or -EFAULT, -ENOENT. Migration entries are waited for. */
static struct folio *follow_folio(struct mm_struct *mm, unsigned long addr)
{
	for (;;) {
		struct vm_area_struct *vma = vma_lookup(mm, addr);
		pmd_t *pmd = mm_find_pmd(mm, addr);
		struct folio *folio = NULL;
		spinlock_t *ptl;
		pte_t *ptep, pte;

		if (!vma)
			return ERR_PTR(-EFAULT);
		if (!pmd)
			return ERR_PTR(-ENOENT);
		ptep = pte_offset_map_lock(mm, pmd, addr, &ptl);
		pte = ptep_get(ptep);
		if (pte_present(pte))
			folio = vm_normal_folio(pte);
		if (folio)
			folio_get(folio);
		pte_unmap_unlock(ptep, ptl);
		if (folio)
			return folio;
		if (!is_migration_entry(pte))
			return ERR_PTR(-ENOENT);
		migration_entry_wait(mm, pmd, addr);
	}
}

/* 1: on the list; 0: already on the node; or -errno for the page's status. */
static int add_folio_for_migration(struct mm_struct *mm, unsigned long addr, int node, bool migrate_all,
				   struct list_head *folios)
{
	struct folio *folio = follow_folio(mm, addr & PAGE_MASK);
	int err;

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	if (folio_nid(folio) == node)
		err = 0;
	else if (folio_mapcount(folio) > 1 && !migrate_all)
		err = -EACCES;
	else
		err = folio_isolate_lru(folio) ? 1 : -EBUSY;
	if (err == 1)
		list_add_tail(&folio->lru, folios);
	folio_put(folio);	/* isolation has its own */
	return err;
}

static void putback_movable_pages(struct list_head *folios)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, folios, lru) {
		list_del_init(&folio->lru);
		folio_putback_lru(folio);
	}
}

/* Moves what was collected; returns how many stayed behind. */
static int do_move_pages_to_node(struct list_head *folios, int node)
{
	int nr_failed;

	if (list_empty(folios))
		return 0;
	nr_failed = migrate_pages(folios, node, MIGRATE_SYNC, MR_SYSCALL, NULL);
	putback_movable_pages(folios);
	return nr_failed;
}

static long folio_status(struct mm_struct *mm, unsigned long addr)
{
	struct folio *folio = follow_folio(mm, addr & PAGE_MASK);
	int nid;

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	nid = folio_nid(folio);
	folio_put(folio);
	return nid;
}

static int store_status(int __user *status, unsigned long i, long value)
{
	return put_user((u32)(int)value, (u32 __user *)status + i);
}

static long do_pages_stat(struct mm_struct *mm, unsigned long nr_pages, const u64 __user *pages, int __user *status)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++) {
		unsigned long addr;
		long value;

		if (get_user(addr, pages + i))
			return -EFAULT;
		down_read(&mm->mmap_lock);
		value = folio_status(mm, addr);
		up_read(&mm->mmap_lock);
		if (store_status(status, i, value))
			return -EFAULT;
	}
	return 0;
}

/*
 * Collects runs of pages that go to the same node and moves each run at once. Like
 * Linux it stops at the first run of which pages stayed behind, and returns how many
 * were not moved.
 */
static long do_pages_move(struct mm_struct *mm, unsigned long nr_pages, const u64 __user *pages,
			  const u32 __user *nodes, int __user *status, bool migrate_all)
{
	LIST_HEAD(folios);
	int current_node = NUMA_NO_NODE;
	unsigned long i;
	long err = 0;

	for (i = 0; i < nr_pages && !err; i++) {
		unsigned long addr;
		u32 node;
		int rc;

		if (get_user(addr, pages + i) || get_user(node, nodes + i)) {
			err = -EFAULT;
			break;
		}
		if (node >= (u32)nr_online_nodes) {
			err = -ENODEV;
			break;
		}
		if ((int)node != current_node) {
			err = do_move_pages_to_node(&folios, current_node);
			if (err) {
				err += nr_pages - i;
				break;
			}
			current_node = node;
		}
		down_read(&mm->mmap_lock);
		rc = add_folio_for_migration(mm, addr, node, migrate_all, &folios);
		up_read(&mm->mmap_lock);
		if (store_status(status, i, rc < 0 ? rc : (int)node))
			err = -EFAULT;
	}
	if (err) {
		int left = do_move_pages_to_node(&folios, current_node);

		return err > 0 ? err + left : err;
	}
	return do_move_pages_to_node(&folios, current_node);
}

long sys_move_pages(pid_t pid, unsigned long nr_pages, const void __user *const __user *pages,
		    const int __user *nodes, int __user *status, int flags)
{
	struct mm_struct *mm = current->mm;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (pid && pid != current->tgid) {
		printk("move_pages: only the caller's own pages can be moved\n");
		return -EPERM;
	}
	if (!nodes)
		return do_pages_stat(mm, nr_pages, (const u64 __user *)pages, status);
	return do_pages_move(mm, nr_pages, (const u64 __user *)pages, (const u32 __user *)nodes, status,
			     flags & MPOL_MF_MOVE_ALL);
}
