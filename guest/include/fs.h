/*
 * fs.h - files: the console at 0, 1 and 2, and memory files (memfd_create), which are
 * all that can be opened. A memory file is its page cache: no name, no disk. Linux's
 * struct file, inode and address_space are one structure each for what little is in them.
 */
#ifndef GUEST_FS_H
#define GUEST_FS_H

#include "page.h"
#include "wait.h"

#define FILE_MAX_PAGES 512	/* 2 MiB: what a table of one page describes */
#define NR_OPEN 16

/* The pages of a file. A folio in it has PG_file, its index, and one reference from here. */
struct address_space {
	spinlock_t i_pages_lock;
	struct folio **i_pages;		/* FILE_MAX_PAGES; NULL: a hole, which reads as zeroes */
	struct rw_semaphore i_rwsem;	/* for writing: writes and truncation, one at a time */
	u64 i_size;
	struct anonmm *anonmm;		/* the mms that can have it open, and so mapped */
};

struct file {
	atomic_t f_count;	/* descriptors, mappings, system calls under way */
	struct address_space mapping;
	struct rw_semaphore f_pos_lock;	/* for writing: read and write, which move f_pos */
	u64 f_pos;
};

/* What the threads of a process share; in signal_struct, under its lock. */
struct files_struct {
	struct file *fd[NR_OPEN];
};

struct signal_struct;

/*
 * kernel/file.c: system calls, then descriptors. fget() gives a reference; NULL if there is no such descriptor.
 */
ssize_t ksys_read(unsigned int fd, void __user *buf, size_t n);
ssize_t ksys_write(unsigned int fd, const void __user *buf, size_t n);
ssize_t ksys_pread64(unsigned int fd, void __user *buf, size_t n, s64 pos);
ssize_t ksys_pwrite64(unsigned int fd, const void __user *buf, size_t n, s64 pos);
long ksys_memfd_create(const char __user *name, unsigned int flags);
long ksys_ftruncate(unsigned int fd, s64 size);
long ksys_mmap(unsigned long addr, size_t len, int prot, int flags, unsigned int fd, unsigned long pgoff);
struct file *fget(unsigned int fd);
long do_close(unsigned int fd);
void copy_files(struct signal_struct *to, struct signal_struct *from);	/* fork */
void exit_files(struct signal_struct *sig);

static inline struct file *get_file(struct file *file)
{
	atomic_inc(&file->f_count);
	return file;
}

void __fput(struct file *file);

static inline void fput(struct file *file)
{
	if (atomic_dec_and_test(&file->f_count))
		__fput(file);
}

/* mm/shmem.c: memory files. Sizes and offsets in bytes. */
struct file *shmem_file_setup(void);		/* empty; NULL: no memory */
long do_ftruncate(struct file *file, u64 size);
ssize_t shmem_file_read(struct file *file, void __user *buf, size_t n, u64 pos);
ssize_t shmem_kernel_read(struct file *file, void *buf, size_t n, u64 pos);
ssize_t shmem_file_write(struct file *file, const void __user *buf, size_t n, u64 pos);

enum sgp_type {
	SGP_READ,	/* a hole is not filled */
	SGP_CACHE,	/* filled, up to the size of the file */
	SGP_WRITE,	/* filled, also beyond it */
};

/*
 * The folio at index, locked and with a reference; NULL for a hole with SGP_READ. -EINVAL beyond the end,
 * -ENOMEM. It stays in the file until it is unlocked.
 */
int shmem_get_folio(struct address_space *mapping, unsigned long index, enum sgp_type sgp, struct folio **foliop);

/* mm/filemap.c: the page cache. */
struct folio *filemap_get_folio(struct address_space *mapping, unsigned long index);	/* with a reference, or NULL */
int filemap_add_folio(struct address_space *mapping, struct folio *folio, unsigned long index);
void filemap_remove_folio(struct folio *folio);		/* locked */
/* dst takes src's place if src has no more than `expected` references. Both locked. */
int filemap_replace_folio(struct folio *src, struct folio *dst, int expected);

#endif
