/* selftest.h - the list of tests, and what they share. For selftest*.c only. */
#ifndef GUEST_USER_SELFTEST_H
#define GUEST_USER_SELFTEST_H

#include "libc.h"

#define ALL_TESTS(T)							\
	T(fresh_pages_are_zero)						\
	T(munmapped_page_faults)					\
	T(mprotect_takes_write_away)					\
	T(mprotect_none_faults_on_read)					\
	T(dontneed_gives_zero_again)					\
	T(data_is_not_executable)					\
	T(fork_copies_on_write)						\
	T(grandchildren_see_their_own_pages)				\
	T(mprotect_reaches_other_cpus)					\
	T(munmap_reaches_other_cpus)					\
	T(threads_share_memory_under_a_mutex)				\
	T(barrier_keeps_rounds_apart)					\
	T(affinity_moves_the_caller)					\
	T(affinity_moves_a_running_thread)				\
	T(busy_threads_all_advance)					\
	T(sleep_lasts_at_least_as_asked)				\
	T(exit_group_ends_running_threads)				\
	T(exit_code_reaches_the_parent)					\
	T(faults_kill_with_linux_signals)				\
	T(kernel_memory_is_out_of_reach)				\
	T(segv_handler_repairs_and_returns)				\
	T(bad_pointers_give_efault)					\
	T(unknown_system_call_gives_enosys)				\
	T(thread_pointer_is_per_thread)					\
	T(move_pages_keeps_contents)					\
	T(move_pages_under_readers)					\
	T(write_after_move_is_seen_everywhere)				\
	T(shared_cow_pages_move)					\
	T(mremap_moves_pages)						\
	T(mremap_grows_and_shrinks)					\
	T(mremap_refuses)						\
	T(mremap_reaches_other_cpus)					\
	T(moved_pages_migrate_and_are_copied_on_write)			\
	T(files_are_read_and_written)					\
	T(mappings_of_a_file_show_one_contents)				\
	T(fork_shares_files)						\
	T(pages_beyond_the_end_of_a_file_fault)				\
	T(truncation_reaches_other_cpus)				\
	T(pages_of_files_migrate)					\
	T(writes_to_a_migrating_file_are_seen_everywhere)		\
	T(asynchronous_reads_come_when_fetched)				\
	T(a_pinned_page_does_not_migrate)				\
	T(a_pinned_page_stays_with_the_parent)

#define DECLARE(name) void test_##name(void);
ALL_TESTS(DECLARE)
#undef DECLARE

void fail(const char *fmt, ...) __printf(1, 2);
#define check(cond) do { if (!(cond)) fail("line %d: %s", __LINE__, #cond); } while (0)

void *map_pages(size_t n);
/* Forks; the child runs fn(arg) and exits 0. Returns the wait status. */
int child_status(void (*fn)(void *), void *arg);

#define SIGILL 4
#define SIGFPE 8
#define exited(code) ((code) << 8)

/* The node that a touched page is on, or -errno, by move_pages without nodes. */
int node_of(void *page);
/* Moves one page; true if it is there now. */
bool move_to(void *page, int node);

#endif
