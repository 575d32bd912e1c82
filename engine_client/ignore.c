/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/ignore.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/path.h"

struct rule {
    const char *pattern; /* cleaned, without a leading slash or '!' */
    bool takes_back;
};

struct ignore {
    struct arena *arena;
    struct rule *rules;
    size_t count, capacity;
    bool has_exceptions;
};

/* Is the character class at `pattern` ("[...") well formed? Returns what follows it, or NULL. */
static const char *class_end(const char *pattern)
{
    const char *at = pattern + 1;

    if (*at == '^')
        at++;
    for (bool first = true; first || *at != ']'; first = false) {
        if (*at == '\\')
            at++;
        if (!*at || (first && *at == ']'))
            return NULL;
        at++;
    }
    return at + 1;
}

static bool is_well_formed(const char *pattern)
{
    while (*pattern) {
        if (*pattern == '\\') {
            if (!*++pattern)
                return false;
            pattern++;
        } else if (*pattern == '[') {
            pattern = class_end(pattern);
            if (!pattern)
                return false;
        } else {
            pattern++;
        }
    }
    return true;
}

static bool class_matches(const char *pattern, char c)
{
    const char *at = pattern + 1;
    bool negated = *at == '^', found = false;

    at += negated;
    while (*at != ']') {
        char low = *at == '\\' ? *++at : *at, high = low;

        at++;
        if (*at == '-' && at[1] != ']') {
            at++;
            high = *at == '\\' ? *++at : *at;
            at++;
        }
        if ((unsigned char)c >= (unsigned char)low && (unsigned char)c <= (unsigned char)high)
            found = true;
    }
    return found != negated;
}

/* One character of the pattern, which is no star, against one of the text; what follows in the pattern, or NULL. */
static const char *match_one(const char *pattern, char c)
{
    switch (*pattern) {
    case '\0':
        return NULL;
    case '?':
        return c != '/' ? pattern + 1 : NULL;
    case '[':
        return c != '/' && class_matches(pattern, c) ? class_end(pattern) : NULL;
    case '\\':
        return pattern[1] == c ? pattern + 2 : NULL;
    default:
        return *pattern == c ? pattern + 1 : NULL;
    }
}

/*
 * Does the pattern match the whole text? Only the last star and the last double star are ever tried again, which
 * keeps the time short: a star cannot cross a slash, and what a double star may skip only grows.
 */
static bool match(const char *pattern, const char *text)
{
    const char *star = NULL, *star_text = NULL, *deep = NULL, *deep_text = NULL, *after;

    for (;;) {
        if (pattern[0] == '*' && pattern[1] == '*') {
            pattern += 2 + (pattern[2] == '/');
            if (!*pattern)
                return true;
            deep = pattern;
            deep_text = text;
            star = NULL;
        } else if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
        } else if (!*text && !*pattern) {
            return true;
        } else if (*text && (after = match_one(pattern, *text)) != NULL) {
            pattern = after;
            text++;
        } else if (star && *star_text && *star_text != '/') {
            pattern = star;
            text = ++star_text;
        } else if (deep && (deep_text = strchr(deep_text, '/')) != NULL) {
            pattern = deep; /* whole elements are skipped */
            text = ++deep_text;
            star = NULL;
        } else {
            return false;
        }
    }
}

/* "**" and plain text: a suffix, wherever it begins. */
static bool matches_as_suffix(const char *pattern, const char *text)
{
    return text_starts_with(pattern, "**") && pattern[2] && pattern[2] != '/' &&
           !strpbrk(pattern + 2, "*?[\\") && text_ends_with(text, pattern + 2);
}

bool ignore_add(struct ignore *ignore, const char *pattern, struct error *err)
{
    struct rule rule = {.takes_back = *pattern == '!'};

    if (rule.takes_back)
        pattern++;
    while (*pattern == ' ' || *pattern == '\t')
        pattern++;
    if (!*pattern)
        return rule.takes_back ? error_set(err, ERROR_INPUT, "illegal exclusion pattern: \"!\"")
                               : true;
    rule.pattern = path_clean(ignore->arena, pattern);
    while (*rule.pattern == '/')
        rule.pattern++;
    if (!*rule.pattern || strcmp(rule.pattern, ".") == 0)
        return true; /* the whole context cannot be left out: such a line says nothing */
    if (!is_well_formed(rule.pattern))
        return error_set(err, ERROR_INPUT, "syntax error in pattern \"%s\"", pattern);
    ignore->rules = arena_grow(ignore->arena, ignore->rules, &ignore->capacity, ignore->count + 1,
                               sizeof(*ignore->rules));
    ignore->rules[ignore->count++] = rule;
    ignore->has_exceptions |= rule.takes_back;
    return true;
}

static struct span trimmed(struct span line)
{
    while (line.length > 0 && strchr(" \t\r", *line.bytes)) {
        line.bytes++;
        line.length--;
    }
    while (line.length > 0 && strchr(" \t\r", line.bytes[line.length - 1]))
        line.length--;
    return line;
}

struct ignore *ignore_parse(struct arena *arena, struct span content, const char *file,
                            struct error *err)
{
    struct ignore *ignore = arena_alloc(arena, sizeof(*ignore));
    unsigned number = 0;

    ignore->arena = arena;
    if (content.length >= 3 && memcmp(content.bytes, "\xEF\xBB\xBF", 3) == 0) {
        content.bytes += 3;
        content.length -= 3;
    }
    while (content.length > 0) {
        const char *end = memchr(content.bytes, '\n', content.length);
        size_t length = end ? (size_t)(end - content.bytes) : content.length;
        bool comment = *content.bytes == '#'; /* before trimming, as the reference does it */
        struct span line = trimmed((struct span){content.bytes, length});

        number++;
        if (!comment && line.length > 0 &&
            !ignore_add(ignore, arena_strndup(arena, line.bytes, line.length), err)) {
            (void)error_place(err, (struct place){file, number, 1});
            return NULL;
        }
        content.bytes += length + (end != NULL);
        content.length -= length + (end != NULL);
    }
    return ignore;
}

/* The pattern matches the path or one of the directories it is in. */
static bool rule_matches(const struct rule *rule, const char *path)
{
    CLEANUP(cleanup_free)
    char *prefix = NULL; /* not of the arena: `watch` asks for as long as it runs */
    bool found = false;

    if (match(rule->pattern, path) || matches_as_suffix(rule->pattern, path))
        return true;
    prefix = xstrdup(path);
    for (char *slash = strrchr(prefix, '/'); slash && !found; slash = strrchr(prefix, '/')) {
        *slash = '\0';
        found = match(rule->pattern, prefix);
    }
    return found;
}

bool ignore_matches(const struct ignore *ignore, const char *path)
{
    bool ignored = false;

    for (size_t i = 0; i < ignore->count; i++)
        if (ignored == ignore->rules[i].takes_back && rule_matches(&ignore->rules[i], path))
            ignored = !ignore->rules[i].takes_back;
    return ignored;
}

/* Could `pattern` match something below `directory`? Wildcards are taken to match anything. */
static bool may_match_below(const char *pattern, const char *directory)
{
    for (;;) {
        size_t part = strcspn(pattern, "/"), element = strcspn(directory, "/");

        if (part >= 2 && strncmp(pattern, "**", 2) == 0)
            return true;
        if (!memchr(pattern, '*', part) && !memchr(pattern, '?', part) &&
            !memchr(pattern, '[', part) && !memchr(pattern, '\\', part) &&
            (part != element || memcmp(pattern, directory, part) != 0))
            return false;
        if (!pattern[part])
            return false; /* it ends at or above the directory */
        if (!directory[element])
            return true;
        pattern += part + 1;
        directory += element + 1;
    }
}

bool ignore_may_hold_exceptions(const struct ignore *ignore, const char *path)
{
    for (size_t i = 0; ignore->has_exceptions && i < ignore->count; i++)
        if (ignore->rules[i].takes_back && may_match_below(ignore->rules[i].pattern, path))
            return true;
    return false;
}
