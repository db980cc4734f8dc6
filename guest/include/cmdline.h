/*
 * cmdline.h - the kernel command line. Words are `name=value` or `name`; words
 * after a lone `--` belong to init (as in Linux).
 */
#ifndef GUEST_CMDLINE_H
#define GUEST_CMDLINE_H

#include "compiler.h"

#define COMMAND_LINE_SIZE 1024
extern char boot_command_line[COMMAND_LINE_SIZE];

/* The value of the last word `name=...` before `--`, copied to buf; false if there is none. */
bool cmdline_find_option(const char *name, char *buf, size_t size);
/* True if the bare word `name` is there. */
bool cmdline_find_option_bool(const char *name);
/* The value as a number (0x.., suffixes K, M, G, T), or fallback if there is no such word. */
u64 cmdline_option_u64(const char *name, u64 fallback);
u64 memparse(const char *s, const char **end);
/* What stands after `--`, or the empty string. */
const char *cmdline_init_args(void);

#endif
