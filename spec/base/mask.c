/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

/* How a word of a name must look. */
enum match {
    ANYWHERE,       /* in the word: DBPASSWORD */
    ENDING,         /* of the word: PGPASS */
    WHOLE,          /* the word: AUTH, not AUTHOR */
    ONE_OF_SEVERAL, /* the word, and the name has others: API_KEY, not KEY */
};

/* clang-format off */
static const struct {
    const char *word;
    enum match match;
} secret_words[] = {
    {"password",   ANYWHERE},
    {"passwd",     ANYWHERE},
    {"passphrase", ANYWHERE},
    {"secret",     ANYWHERE},
    {"token",      ANYWHERE},
    {"credential", ANYWHERE},
    {"apikey",     ANYWHERE},
    {"pass",       ENDING},
    {"pwd",        ENDING},
    {"jwt",        WHOLE},
    {"auth",       WHOLE},
    {"private",    WHOLE},
    {"key",        ONE_OF_SEVERAL},
    {"keys",       ONE_OF_SEVERAL},
};
/* clang-format on */

/* -- Names -- */

static bool word_matches(const char *word, size_t length, size_t word_count, size_t row)
{
    const char *text = secret_words[row].word;
    size_t size = strlen(text);

    if (length < size)
        return false;
    switch (secret_words[row].match) {
    case ANYWHERE:
        for (size_t i = 0; i + size <= length; i++)
            if (strncasecmp(word + i, text, size) == 0)
                return true;
        return false;
    case ENDING:
        return strncasecmp(word + length - size, text, size) == 0;
    case WHOLE:
        return length == size && strncasecmp(word, text, size) == 0;
    case ONE_OF_SEVERAL:
        return word_count > 1 && length == size && strncasecmp(word, text, size) == 0;
    }
    return false;
}

/* The end of the word at `at`: before another character, or where `aB` changes case. */
static const char *word_end(const char *at, const char *end)
{
    const char *next = at;

    while (next < end && isalnum((unsigned char)*next) &&
           (next == at || !isupper((unsigned char)*next) || !islower((unsigned char)next[-1])))
        next++;
    return next;
}

static size_t count_words(const char *at, const char *end)
{
    size_t count = 0;

    while (at < end) {
        const char *next = word_end(at, end);

        count += next > at;
        at = next > at ? next : at + 1;
    }
    return count;
}

static bool is_secret(const char *name, size_t length)
{
    const char *end = name + length;
    size_t words = count_words(name, end);

    for (const char *at = name; at < end;) {
        const char *next = word_end(at, end);

        for (size_t i = 0; next > at && i < COUNT_OF(secret_words); i++)
            if (word_matches(at, (size_t)(next - at), words, i))
                return true;
        at = next > at ? next : at + 1;
    }
    return false;
}

bool mask_is_secret_name(const char *name)
{
    return is_secret(name, strlen(name));
}

/* -- Texts -- */

/* Words of a command line, a JSON list or a line of YAML. */
static bool is_separator(char c)
{
    return c == '\0' || strchr(" \t\r\n,\"'`[]{}()<>;|&", c) != NULL;
}

/* `scheme://user:password@`: the end of the scheme's slashes, or NULL. */
static const char *url_host(const char *word, const char *end)
{
    for (const char *at = word; at + 3 <= end; at++)
        if (memcmp(at, "://", 3) == 0)
            return at > word ? at + 3 : NULL;
    return NULL;
}

static bool add_url(struct text *out, const char *word, const char *end)
{
    const char *start = url_host(word, end), *at = NULL, *colon = NULL;

    for (const char *next = start; next && next < end && !strchr("/?#", *next); next++) {
        if (*next == '@')
            at = next;
        else if (*next == ':' && !colon)
            colon = next;
    }
    if (!at)
        return false;
    if (colon && colon < at)
        start = colon + 1; /* the user is shown */
    text_add_bytes(out, word, (size_t)(start - word));
    text_add(out, MASK_TEXT);
    text_add_bytes(out, at, (size_t)(end - at));
    return true;
}

/* `NAME=value`, `--name=value`, `NAME:value`: the separator, or NULL. */
static const char *assignment(const char *word, const char *end)
{
    for (const char *at = word; at < end; at++)
        if (*at == '=' || *at == ':')
            return at;
    return NULL;
}

/* MySQL's clients take a password right after -p. A number there is a port of something else. */
static bool is_short_password(const char *word, const char *end)
{
    const char *at = word + 2;

    if (end - word < 3 || word[0] != '-' || word[1] != 'p')
        return false;
    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at < end && word[2] != '=';
}

struct masking {
    struct text *out;
    bool next_is_secret; /* the word before it was the name of a secret option */
};

static void add_word(struct masking *masking, const char *word, const char *end)
{
    const char *equals = assignment(word, end);
    bool named = equals && is_secret(word, (size_t)(equals - word));

    if (masking->next_is_secret && word[0] != '-') {
        masking->next_is_secret = false;
        text_add(masking->out, MASK_TEXT);
        return;
    }
    masking->next_is_secret = false;
    if (named && equals + 1 < end) {
        text_add_bytes(masking->out, word, (size_t)(equals + 1 - word));
        text_add(masking->out, MASK_TEXT);
        return;
    }
    if (named || (word[0] == '-' && !equals && is_secret(word, (size_t)(end - word)))) {
        masking->next_is_secret = true;
    } else if (is_short_password(word, end)) {
        text_add(masking->out, "-p" MASK_TEXT);
        return;
    } else if (add_url(masking->out, word, end)) {
        return;
    }
    text_add_bytes(masking->out, word, (size_t)(end - word));
}

const char *mask_text(struct arena *arena, const char *text)
{
    struct masking masking = {0};
    struct text out;
    const char *result = text;

    masking.out = &out;
    text_init(&out, 0);
    for (const char *at = text; *at;) {
        const char *end = at;

        while (!is_separator(*end))
            end++;
        if (end > at)
            add_word(&masking, at, end);
        else
            text_add_char(&out, *end++);
        at = end;
    }
    if (strcmp(out.bytes ? out.bytes : "", text) != 0)
        result = arena_strndup(arena, out.bytes, out.length);
    text_finish(&out);
    return result;
}

const char *mask_value(struct arena *arena, const char *name, const char *value)
{
    if (*value && mask_is_secret_name(name))
        return MASK_TEXT;
    return mask_text(arena, value);
}
