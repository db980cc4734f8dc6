/* scenario_words.c - see scenario_words.h. */
#include "scenario_words.h"

const char *argument, *at, *word;

static bool ends_word(char c)
{
	return !c || c == ',' || c == ';' || c == '=';
}

static int word_length(void)
{
	int n = 0;

	while (!ends_word(word[n]))
		n++;
	return n;
}

void bad(const char *why)
{
	die("scenario: %s: %.*s: %s", argument, word_length(), word, why);
}

/* Steps over the next word; what ended it is left at `at`. */
void next_word(void)
{
	word = at;
	while (!ends_word(*at))
		at++;
	if (at == word)
		bad("a word is missing");
}

bool accept(char c)
{
	if (*at != c)
		return false;
	at++;
	return true;
}

bool word_is(const char *text)
{
	size_t n = strlen(text);

	return n == (size_t)(at - word) && !strncmp(word, text, n);
}

u64 number_at(const char *s)
{
	u64 base = 10, v = 0;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (s == at)
		bad("not a number");
	for (; s < at; s++) {
		u64 digit = *s >= '0' && *s <= '9' ? (u64)(*s - '0') :
			    *s >= 'a' && *s <= 'f' ? (u64)(*s - 'a' + 10) : 16;

		if (digit >= base)
			bad("not a number");
		if (v > (~0UL - digit) / base)
			bad("more than 64 bits");
		v = v * base + digit;
	}
	return v;
}

u64 next_number(void)
{
	next_word();
	return number_at(word);
}
