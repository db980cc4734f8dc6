/* variants.c - reads the words of variants.h from the command line. */
#include "cmdline.h"
#include "printk.h"
#include "string.h"
#include "variants.h"

unsigned long kernel_bugs;
bool mprotect_flushes_batched;

static const char *const bug_names[NR_KERNEL_BUGS] = {
	[BUG_BATCHED_UNMAP] = "batched-unmap",
	[BUG_COW_FLUSH] = "cow-flush",
	[BUG_MREMAP_FLUSH] = "mremap-flush",
	[BUG_NESTED_FLUSH] = "nested-flush",
	[BUG_NUMA_FLUSH] = "numa-flush",
};

static enum kernel_bug find_bug(const char *name)
{
	int bug;

	for (bug = 0; bug < NR_KERNEL_BUGS; bug++)
		if (!strcmp(bug_names[bug], name))
			return bug;
	panic("bug=%s: no such bug", name);
}

void variants_init(void)
{
	char names[128], *name, *end;

	mprotect_flushes_batched = cmdline_option_u64("batched_pending", 1);
	if (!mprotect_flushes_batched)
		printk("mprotect: without flush_tlb_batched_pending()\n");
	if (!cmdline_find_option("bug", names, sizeof(names)))
		return;
	for (name = names; *name; name = end) {
		for (end = name; *end && *end != ','; end++)
			;
		if (*end)
			*end++ = 0;
		kernel_bugs |= BIT(find_bug(name));
		printk("bug: %s\n", name);
	}
}
