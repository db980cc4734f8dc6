/* aio.h - asynchronous reads (io_setup(2) and its family): the way to have the kernel write to a pinned page. */
#ifndef GUEST_AIO_H
#define GUEST_AIO_H

#include "types.h"

#define IOCB_CMD_PREAD 0

/* Linux's include/uapi/linux/aio_abi.h. */
struct iocb {
	u64 aio_data;
	u32 aio_key, aio_rw_flags;
	u16 aio_lio_opcode, aio_reqprio;
	u32 aio_fildes;
	u64 aio_buf, aio_nbytes, aio_offset;
	u64 aio_reserved2;
	u32 aio_flags, aio_resfd;
};

struct io_event {
	u64 data;		/* aio_data */
	u64 obj;		/* where the iocb was */
	s64 res, res2;
};

struct mm_struct;

long sys_io_setup(unsigned int nr_events, u64 *ctxp);
long sys_io_destroy(u64 ctx_id);
long sys_io_submit(u64 ctx_id, long nr, struct iocb **iocbpp);
long sys_io_getevents(u64 ctx_id, long min_nr, long nr, struct io_event *events, void *timeout);
void exit_aio(struct mm_struct *mm);	/* the last user of mm goes */

#endif
