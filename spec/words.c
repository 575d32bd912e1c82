/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/words.h"

#include <string.h>

#include "spec/base/text.h"

struct splitter {
    struct arena *arena;
    struct text word;
    struct strings words;
    bool in_word; /* also for an empty pair of quotes */
    bool escaped, single_quoted, double_quoted, backquoted;
    bool substituted; /* inside $( ) */
    bool letters;     /* \t and \n are letters */
};

static bool is_grouped(const struct splitter *s)
{
    return s->single_quoted || s->double_quoted || s->backquoted || s->substituted;
}

static void end_word(struct splitter *s)
{
    if (s->in_word)
        strings_add_copy(&s->words, s->arena, s->word.bytes);
    text_clear(&s->word);
    s->in_word = false;
}

static void add_char(struct splitter *s, char c)
{
    text_add_char(&s->word, c);
    s->in_word = true;
}

/* A quote opens or closes a group; true when `c` was one and is gone. */
static bool take_quote(struct splitter *s, char c)
{
    if (c == '"' && !s->single_quoted && !s->substituted) {
        s->double_quoted = !s->double_quoted;
        s->in_word = true;
        return true;
    }
    if (c == '\'' && !s->double_quoted && !s->substituted) {
        s->single_quoted = !s->single_quoted;
        s->in_word = true;
        return true;
    }
    return false;
}

/* Brackets and backquotes group as well, but stay part of the word. False when they do not balance. */
static bool note_group(struct splitter *s, char c)
{
    if (s->single_quoted || s->double_quoted)
        return true;
    if (c == '`' && !s->substituted)
        s->backquoted = !s->backquoted;
    if (s->backquoted)
        return true;
    if (c == ')') {
        if (!s->substituted)
            return false;
        s->substituted = false;
    } else if (c == '(') {
        if (s->substituted || !s->in_word || !text_ends_with(s->word.bytes, "$"))
            return false;
        s->substituted = true;
    }
    return true;
}

/* What ends a command in a shell ends it here, without an error. */
static bool ends_command(struct splitter *s, char c)
{
    if (is_grouped(s) || !strchr(";&|<>", c))
        return false;
    if (c == '>' && s->word.length > 0 && s->word.bytes[0] >= '0' && s->word.bytes[0] <= '9')
        s->in_word = false; /* the number of a descriptor */
    return true;
}

static bool split(struct splitter *s, const char *line)
{
    for (const char *at = line; *at; at++) {
        if (s->escaped) {
            s->escaped = false;
            add_char(s, s->letters ? *at : *at == 't' ? '\t' : *at == 'n' ? '\n' : *at);
        } else if (*at == '\\' && !s->single_quoted) {
            s->escaped = true;
        } else if (strchr(" \t\r\n", *at)) {
            if (is_grouped(s))
                text_add_char(&s->word, *at);
            else
                end_word(s);
        } else if (!take_quote(s, *at)) {
            if (ends_command(s, *at))
                break;
            if (!note_group(s, *at))
                return false;
            add_char(s, *at);
        }
    }
    end_word(s);
    return !s->escaped && !is_grouped(s);
}

static bool split_line(struct arena *arena, const char *line, bool letters,
                       struct strings *ret_words)
{
    struct splitter splitter = {.arena = arena, .letters = letters};
    bool good;

    text_init(&splitter.word, 0);
    good = split(&splitter, line);
    text_finish(&splitter.word);
    if (good)
        *ret_words = splitter.words;
    return good;
}

bool spec_words_split(struct arena *arena, const char *line, struct strings *ret_words,
                      struct error *err)
{
    if (split_line(arena, line, false, ret_words))
        return true;
    (void)error_set(err, ERROR_INPUT, "invalid command line string");
    return error_hint(err,
                      "close its quotes and brackets, or write the command as a list of words");
}

bool spec_words_split_old(struct arena *arena, const char *line, struct strings *ret_words)
{
    return split_line(arena, line, true, ret_words);
}
