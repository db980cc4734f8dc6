/*
 * aio.c - asynchronous reads of memory files, as io_submit(2) does O_DIRECT reads: submission pins the
 * buffer's page for writing, and the data comes later, past the page tables, as by a disk's DMA. Here it
 * comes when the program fetches the completion, so a program says when the kernel writes. For the
 * system-call table.
 */
#include "aio.h"
#include "gup.h"
#include "mm.h"
#include "printk.h"
#include "uaccess.h"

/* A read under way. */
struct kiocb {
	struct list_head link;		/* kioctx.requests */
	struct file *file;
	struct folio *folio;		/* pinned */
	unsigned int offset;		/* of the buffer in its page */
	unsigned int nbytes;
	u64 pos;
	u64 data, obj;
};

struct kioctx {
	struct list_head requests;	/* in order of submission; under mm->ioctx_lock */
};

/* mm->ioctx_lock held. */
static struct kioctx *lookup_ioctx(struct mm_struct *mm, u64 ctx_id)
{
	return ctx_id - 1 < NR_IOCTX ? mm->ioctx_table[ctx_id - 1] : NULL;
}

long sys_io_setup(unsigned int nr_events, u64 __user *ctxp)
{
	struct mm_struct *mm = current->mm;
	struct kioctx *ctx;
	u64 i;

	if (!nr_events)
		return -EINVAL;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	INIT_LIST_HEAD(&ctx->requests);
	spin_lock(&mm->ioctx_lock);
	for (i = 0; i < NR_IOCTX && mm->ioctx_table[i]; i++)
		;
	if (i < NR_IOCTX)
		mm->ioctx_table[i] = ctx;
	spin_unlock(&mm->ioctx_lock);
	if (i == NR_IOCTX) {
		kfree(ctx);
		return -EAGAIN;
	}
	if (put_user(i + 1, ctxp)) {
		sys_io_destroy(i + 1);
		return -EFAULT;
	}
	return 0;
}

static void free_kiocb(struct kiocb *req)
{
	unpin_user_page(req->folio);
	fput(req->file);
	kfree(req);
}

/* Reads that were never fetched never happen. */
static void free_ioctx(struct kioctx *ctx)
{
	struct kiocb *req, *next;

	list_for_each_entry_safe(req, next, &ctx->requests, link)
		free_kiocb(req);
	kfree(ctx);
}

long sys_io_destroy(u64 ctx_id)
{
	struct mm_struct *mm = current->mm;
	struct kioctx *ctx;

	spin_lock(&mm->ioctx_lock);
	ctx = lookup_ioctx(mm, ctx_id);
	if (ctx)
		mm->ioctx_table[ctx_id - 1] = NULL;
	spin_unlock(&mm->ioctx_lock);
	if (!ctx)
		return -EINVAL;
	free_ioctx(ctx);
	return 0;
}

void exit_aio(struct mm_struct *mm)
{
	int i;

	for (i = 0; i < NR_IOCTX; i++) {
		if (mm->ioctx_table[i])
			free_ioctx(mm->ioctx_table[i]);
		mm->ioctx_table[i] = NULL;
	}
}

static long check_iocb(const struct iocb *iocb)
{
	if (iocb->aio_lio_opcode != IOCB_CMD_PREAD || iocb->aio_flags || iocb->aio_rw_flags) {
		printk("io_submit: only IOCB_CMD_PREAD without flags exists (opcode %u)\n", iocb->aio_lio_opcode);
		return -EINVAL;
	}
	if (!iocb->aio_nbytes || iocb->aio_nbytes > PAGE_SIZE - (iocb->aio_buf & ~PAGE_MASK)) {
		printk("io_submit: a buffer lies in one page (%lu bytes at %lx)\n", iocb->aio_nbytes, iocb->aio_buf);
		return -EINVAL;
	}
	return (s64)iocb->aio_offset < 0 ? -EINVAL : 0;
}

static long io_submit_one(struct mm_struct *mm, u64 ctx_id, u64 user_iocb)
{
	struct kiocb *req;
	struct kioctx *ctx;
	struct iocb iocb;
	long err;

	if (copy_from_user(&iocb, (const void *)user_iocb, sizeof(iocb)))
		return -EFAULT;
	err = check_iocb(&iocb);
	if (err)
		return err;
	req = kzalloc(sizeof(*req), GFP_KERNEL);
	if (!req)
		return -ENOMEM;
	req->offset = iocb.aio_buf & ~PAGE_MASK;
	req->nbytes = iocb.aio_nbytes;
	req->pos = iocb.aio_offset;
	req->data = iocb.aio_data;
	req->obj = user_iocb;
	req->file = fget(iocb.aio_fildes);
	if (!req->file) {
		kfree(req);
		return -EBADF;
	}
	req->folio = pin_user_page(iocb.aio_buf);
	if (IS_ERR(req->folio)) {
		err = PTR_ERR(req->folio);
		fput(req->file);
		kfree(req);
		return err;
	}

	spin_lock(&mm->ioctx_lock);
	ctx = lookup_ioctx(mm, ctx_id);
	if (ctx)
		list_add_tail(&req->link, &ctx->requests);
	spin_unlock(&mm->ioctx_lock);
	if (!ctx) {
		free_kiocb(req);
		return -EINVAL;
	}
	return 0;
}

/* How many were submitted, if any; else why the first was not. */
long sys_io_submit(u64 ctx_id, long nr, struct iocb __user *__user *iocbpp)
{
	long i, err = 0;

	if (nr < 0)
		return -EINVAL;
	for (i = 0; i < nr && !err; i++) {
		u64 user_iocb;

		err = get_user(user_iocb, (const u64 *)iocbpp + i);
		if (!err)
			err = io_submit_one(current->mm, ctx_id, user_iocb);
	}
	return !err ? nr : i > 1 ? i - 1 : err;
}

/*
 * Does the oldest reads, up to nr, and returns their completions. Linux would wait until there are min_nr;
 * here a read that has been submitted is never late, so what there is, is returned.
 */
long sys_io_getevents(u64 ctx_id, long min_nr, long nr, struct io_event __user *events, void __user *timeout)
{
	struct mm_struct *mm = current->mm;
	long done;

	(void)timeout;
	if (min_nr < 0 || min_nr > nr)
		return -EINVAL;
	for (done = 0; done <= nr; done++) {
		struct kiocb *req = NULL;
		struct io_event event;
		struct kioctx *ctx;

		spin_lock(&mm->ioctx_lock);
		ctx = lookup_ioctx(mm, ctx_id);
		if (ctx && done < nr && !list_empty(&ctx->requests)) {
			req = list_first_entry(&ctx->requests, struct kiocb, link);
			list_del_init(&req->link);
		}
		spin_unlock(&mm->ioctx_lock);
		if (!ctx)
			return done ? done : -EINVAL;
		if (!req)
			break;
		/* The device's write: through the kernel's own map of the frame. */
		event.res = shmem_kernel_read(req->file, (char *)folio_address(req->folio) + req->offset, req->nbytes,
					      req->pos);
		event.res2 = 0;
		event.data = req->data;
		event.obj = req->obj;
		free_kiocb(req);
		if (copy_to_user(events + done, &event, sizeof(event)))
			return done ? done : -EFAULT;
	}
	return done;
}
