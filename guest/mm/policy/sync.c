/*
 * sync.c - Linux as it is: a batch of unmapped folios is flushed before the first of
 * them is copied. Every hook is absent, which is what Linux does.
 */
#include "flush_policy.h"

const struct flush_policy flush_policy_sync = {
	.name = "sync",
};
