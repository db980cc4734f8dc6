/* file.c - file descriptors and the system calls on them. For the system-call table, fork and exit. See fs.h. */
#include "console.h"
#include "fs.h"
#include "mm.h"
#include "printk.h"
#include "sched.h"
#include "uaccess.h"

#define FIRST_FD 3	/* 0, 1 and 2 are the console, always */

struct file *fget(unsigned int fd)
{
	struct signal_struct *sig = current->signal;
	struct file *file;

	if (fd >= NR_OPEN)
		return NULL;
	spin_lock(&sig->lock);
	file = sig->files.fd[fd];
	if (file)
		get_file(file);
	spin_unlock(&sig->lock);
	return file;
}

/* Takes over the reference if there is a descriptor left for it. */
static long fd_install_new(struct file *file)
{
	struct signal_struct *sig = current->signal;
	long fd;

	spin_lock(&sig->lock);
	for (fd = FIRST_FD; fd < NR_OPEN && sig->files.fd[fd]; fd++)
		;
	if (fd < NR_OPEN)
		sig->files.fd[fd] = file;
	spin_unlock(&sig->lock);
	return fd < NR_OPEN ? fd : -EMFILE;
}

/* The descriptor's file, whose reference is the caller's from now on; NULL if there is none. */
static struct file *take_fd(struct signal_struct *sig, unsigned int fd)
{
	struct file *file;

	spin_lock(&sig->lock);
	file = sig->files.fd[fd];
	sig->files.fd[fd] = NULL;
	spin_unlock(&sig->lock);
	return file;
}

long do_close(unsigned int fd)
{
	struct file *file = fd < NR_OPEN ? take_fd(current->signal, fd) : NULL;

	if (!file)
		return -EBADF;
	fput(file);
	return 0;
}

void copy_files(struct signal_struct *to, struct signal_struct *from)
{
	int fd;

	spin_lock(&from->lock);
	for (fd = FIRST_FD; fd < NR_OPEN; fd++) {
		if (from->files.fd[fd])
			to->files.fd[fd] = get_file(from->files.fd[fd]);
	}
	spin_unlock(&from->lock);
}

void exit_files(struct signal_struct *sig)
{
	int fd;

	for (fd = FIRST_FD; fd < NR_OPEN; fd++) {
		struct file *file = take_fd(sig, fd);

		if (file)
			fput(file);
	}
}

static ssize_t console_read_user(void __user *buf, size_t n)
{
	char chunk[128];
	ssize_t got = console_read(chunk, min(n, sizeof(chunk)));

	if (got > 0 && copy_to_user(buf, chunk, got))
		return -EFAULT;
	return got;
}

/* Up to a buffer at a time, so that lines of different tasks do not mix. */
static ssize_t console_write_user(const void __user *buf, size_t n)
{
	char chunk[256];
	size_t done = 0;

	while (done < n) {
		size_t part = min(n - done, sizeof(chunk));

		if (copy_from_user(chunk, (const char *)buf + done, part))
			return done ? (ssize_t)done : -EFAULT;
		console_write(chunk, part);
		done += part;
	}
	return done;
}

ssize_t ksys_read(unsigned int fd, void __user *buf, size_t n)
{
	struct file *file;
	ssize_t ret;

	if (fd == 0)
		return console_read_user(buf, n);
	file = fget(fd);
	if (!file)
		return -EBADF;
	down_write(&file->f_pos_lock);
	ret = shmem_file_read(file, buf, n, file->f_pos);
	if (ret > 0)
		file->f_pos += ret;
	up_write(&file->f_pos_lock);
	fput(file);
	return ret;
}

ssize_t ksys_write(unsigned int fd, const void __user *buf, size_t n)
{
	struct file *file;
	ssize_t ret;

	if (fd == 1 || fd == 2)
		return console_write_user(buf, n);
	file = fget(fd);
	if (!file)
		return -EBADF;
	down_write(&file->f_pos_lock);
	ret = shmem_file_write(file, buf, n, file->f_pos);
	if (ret > 0)
		file->f_pos += ret;
	up_write(&file->f_pos_lock);
	fput(file);
	return ret;
}

ssize_t ksys_pread64(unsigned int fd, void __user *buf, size_t n, s64 pos)
{
	struct file *file = fget(fd);
	ssize_t ret;

	if (!file)
		return fd < FIRST_FD ? -ESPIPE : -EBADF;
	ret = pos < 0 ? -EINVAL : shmem_file_read(file, buf, n, pos);
	fput(file);
	return ret;
}

ssize_t ksys_pwrite64(unsigned int fd, const void __user *buf, size_t n, s64 pos)
{
	struct file *file = fget(fd);
	ssize_t ret;

	if (!file)
		return fd < FIRST_FD ? -ESPIPE : -EBADF;
	ret = pos < 0 ? -EINVAL : shmem_file_write(file, buf, n, pos);
	fput(file);
	return ret;
}

/* The name is for people who look into /proc, which is not here; it is not read. */
long ksys_memfd_create(const char __user *name, unsigned int flags)
{
	struct file *file;
	long fd;

	(void)name;
	if (flags) {
		printk("memfd_create: no flags exist (flags 0x%x)\n", flags);
		return -EINVAL;
	}
	file = shmem_file_setup();
	if (!file)
		return -ENOMEM;
	fd = fd_install_new(file);
	if (fd < 0)
		fput(file);
	return fd;
}

long ksys_ftruncate(unsigned int fd, s64 size)
{
	struct file *file = fget(fd);
	long ret;

	if (!file)
		return fd < FIRST_FD ? -EINVAL : -EBADF;
	ret = size < 0 ? -EINVAL : do_ftruncate(file, size);
	fput(file);
	return ret;
}

/* Shared anonymous memory is a memory file that nobody has a descriptor of. */
long ksys_mmap(unsigned long addr, size_t len, int prot, int flags, unsigned int fd, unsigned long pgoff)
{
	struct file *file = NULL;
	long ret = 0;

	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	} else if (flags & MAP_SHARED) {
		file = shmem_file_setup();
		if (!file)
			return -ENOMEM;
		ret = do_ftruncate(file, len) ? -ENOMEM : 0;
		pgoff = 0;
	}
	if (!ret)
		ret = do_mmap(addr, len, prot, flags, file, pgoff);
	if (file)
		fput(file);
	return ret;
}
