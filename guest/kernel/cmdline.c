/* cmdline.c - see cmdline.h. */
#include "cmdline.h"
#include "string.h"

char boot_command_line[COMMAND_LINE_SIZE];

/* Advances *s over one word and returns its length; 0 at the end or at `--`. */
static size_t next_word(const char **s, const char **word)
{
	const char *p = *s;
	size_t n = 0;

	while (*p == ' ')
		p++;
	*word = p;
	while (p[n] && p[n] != ' ')
		n++;
	if (n == 2 && p[0] == '-' && p[1] == '-')
		return 0;
	*s = p + n;
	return n;
}

bool cmdline_find_option(const char *name, char *buf, size_t size)
{
	const char *s = boot_command_line, *word;
	size_t n, len = strlen(name);
	bool found = false;

	while ((n = next_word(&s, &word))) {
		if (n > len && !strncmp(word, name, len) && word[len] == '=') {
			strscpy(buf, word + len + 1, min(size, n - len));
			found = true;
		}
	}
	return found;
}

bool cmdline_find_option_bool(const char *name)
{
	const char *s = boot_command_line, *word;
	size_t n;

	while ((n = next_word(&s, &word))) {
		if (n == strlen(name) && !strncmp(word, name, n))
			return true;
	}
	return false;
}

u64 memparse(const char *s, const char **end)
{
	unsigned int base = 10;
	u64 v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	for (;; s++) {
		unsigned int d;

		if (*s >= '0' && *s <= '9')
			d = *s - '0';
		else if (base == 16 && (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
			d = (*s | 0x20) - 'a' + 10;
		else
			break;
		v = v * base + d;
	}
	switch (*s | 0x20) {
	case 't':
		v <<= 10;
		/* fallthrough */
	case 'g':
		v <<= 10;
		/* fallthrough */
	case 'm':
		v <<= 10;
		/* fallthrough */
	case 'k':
		v <<= 10;
		s++;
	}
	if (end)
		*end = s;
	return v;
}

u64 cmdline_option_u64(const char *name, u64 fallback)
{
	char buf[32];

	return cmdline_find_option(name, buf, sizeof(buf)) ? memparse(buf, NULL) : fallback;
}

const char *cmdline_init_args(void)
{
	const char *s = boot_command_line, *word;

	while (next_word(&s, &word))
		;
	return strncmp(word, "--", 2) ? "" : word + 2;
}
