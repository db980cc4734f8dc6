/*
 * scenario_words.h - an argument of program `scenario` as words: what stands between `,`, `;` and `=`. For
 * scenario_parse.c.
 */
#ifndef GUEST_USER_SCENARIO_WORDS_H
#define GUEST_USER_SCENARIO_WORDS_H

#include "scenario.h"

/* The argument that is read; how far; and where the word under way began. */
extern const char *argument, *at, *word;

/* Ends the program with a line that names the argument, the word and the reason. */
void bad(const char *why) __noreturn;
/* Steps over the next word, from `word` to `at`, where what ended it stands. An empty one is an error. */
void next_word(void);
/* Steps over c if it comes next. */
bool accept(char c);
bool word_is(const char *text);
/* The number from s to the end of the word: decimal, or 0x. */
u64 number_at(const char *s);
u64 next_number(void);

#endif
