/* policy.c - choosing the flush policy: `tlb=NAME` on the command line, `sync` if there is none. */
#include "cmdline.h"
#include "flush_policy.h"
#include "string.h"

static const struct flush_policy *const policies[] = {
	&flush_policy_sync,
	&flush_policy_migrc_v3,
	&flush_policy_migrc_safe,
};

const struct flush_policy *flush_policy;

void flush_policy_init(void)
{
	char name[32] = "sync";
	unsigned int i;

	cmdline_find_option("tlb", name, sizeof(name));
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(policies[i]->name, name))
			continue;
		if (policies[i]->init)
			policies[i]->init();
		flush_policy = policies[i];
		printk("tlb: flush policy %s\n", name);
		return;
	}
	panic("tlb=%s: no such flush policy", name);
}
