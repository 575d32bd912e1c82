/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/syntax_hint.h"

#include <stdbool.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/remedy.h"

enum { LOOK_BACK_LINES = 50 }; /* each is found from the start of the file */

struct line {
    struct span text; /* without indentation, comment-only lines are empty */
    unsigned number;
    size_t indent;
};

static struct line line_at(struct span content, unsigned number)
{
    const char *at = content.bytes, *end = content.bytes + content.length, *stop;
    struct line line = {.number = number};

    for (unsigned i = 1; at && i < number; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || at >= end)
        return line;
    stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop ? stop : end;
    for (; at < stop && *at == ' '; at++)
        line.indent++;
    while (stop > at && strchr(" \t\r", stop[-1]))
        stop--;
    line.text = (struct span){at, at < stop && *at != '#' ? (size_t)(stop - at) : 0};
    return line;
}

/* The nearest line above with something in it; its number is 0 when there is none near. */
static struct line line_above(struct span content, unsigned number)
{
    unsigned last = number > LOOK_BACK_LINES ? number - LOOK_BACK_LINES : 1;

    while (number-- > last) {
        struct line line = line_at(content, number);

        if (line.text.length > 0)
            return line;
    }
    return (struct line){.number = 0};
}

static bool has_char(struct span text, char c)
{
    return text.length > 0 && memchr(text.bytes, c, text.length);
}

/* Where the colon after a key stands, or the length of the text. */
static size_t key_colon(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] == ':' && (i + 1 == text.length || strchr(" \t", text.bytes[i + 1])))
            return i;
    return text.length;
}

/* What ends the first word of a line, behind the dash of an item: a key without its colon ends with a space. */
static char key_end(struct span text)
{
    size_t at = text.length > 1 && memcmp(text.bytes, "- ", 2) == 0 ? 2 : 0;

    while (at < text.length && !strchr(": ", text.bytes[at]))
        at++;
    return at < text.length ? text.bytes[at] : '\0';
}

/* What an editor or a merge left there: the first characters of a line that look like indentation, and marks. */
static const char *hint_for_leftovers(struct arena *arena, const struct line *line)
{
    const char *first =
        line->text.length > 0 ? arena_strndup(arena, line->text.bytes, line->text.length) : "";
    const char *hint;

    if (strncmp(first, "<<<<<<< ", 8) == 0 || strncmp(first, "=======", 7) == 0 ||
        strncmp(first, ">>>>>>> ", 8) == 0)
        return arena_printf(
            arena,
            "line %u is a mark of a merge conflict: settle the conflict and remove its marks",
            line->number);
    hint = spec_remedy_for_text(arena, arena_strndup(arena, first, strcspn(first, " :")));
    return hint ? arena_printf(arena, "in line %u %s", line->number, hint) : NULL;
}

/* A line that was to be a key, as far as the one below it is concerned. */
static const char *hint_for_key(struct arena *arena, const struct line *line)
{
    if (line->number == 0 || key_colon(line->text) < line->text.length)
        return NULL;
    if (key_end(line->text) == ':')
        return arena_printf(arena, "put a space after the colon in line %u", line->number);
    return arena_printf(arena, "line %u lacks a colon after its key", line->number);
}

static const char *hint_for_mapping(struct arena *arena, struct span content,
                                    const struct spec_syntax_problem *problem)
{
    struct line here = line_at(content, problem->line), above = line_above(content, problem->line);
    size_t colon = key_colon(here.text);
    const char *hint;

    /* A second colon in one line belongs to a text. */
    if (here.indent + colon + 1 < problem->column)
        return "put the value in quotes: it has a colon followed by a space";
    hint = hint_for_key(arena, &above);
    if (hint)
        return hint;
    if (above.number > 0 && here.indent > above.indent)
        return arena_printf(
            arena, "line %u has a value already: indent line %u as far as it, with %zu spaces",
            above.number, here.number, above.indent);
    return "check the indentation, and quote text that has a colon followed by a space";
}

static const char *hint_for_start(struct span content, const struct spec_syntax_problem *problem)
{
    struct line here = line_at(content, problem->line);

    if (has_char(here.text, '\t') && here.text.bytes[0] == '\t')
        return "indent with spaces: this line has a tab";
    return "put the value in quotes: unquoted text cannot begin with @ ` or %";
}

/* A line that stands neither as far in as its siblings nor as its parents. */
static const char *hint_for_member(struct arena *arena, struct span content,
                                   const struct spec_syntax_problem *problem)
{
    struct line here = line_at(content, problem->line), above = line_above(content, problem->line);

    if (problem->column > here.indent + 1)
        return "a quote within the text ends it: double it, or use the other kind around the text";
    if (above.number > 0 && here.indent != above.indent)
        return arena_printf(arena,
                            "line %u is indented by %zu spaces, line %u above it by %zu: lines "
                            "that belong together "
                            "are indented alike",
                            here.number, here.indent, above.number, above.indent);
    if (has_char(here.text, '-') && here.text.bytes[0] == '-')
        return "items of a list and keys cannot stand side by side: indent what belongs to the key "
               "above";
    return "check the indentation of this line and of those above it";
}

const char *spec_syntax_hint(struct arena *arena, struct span content,
                             const struct spec_syntax_problem *problem)
{
    const char *text = problem->text, *hint;
    struct line here = line_at(content, problem->line), above = line_above(content, problem->line);

    hint = hint_for_leftovers(arena, &here);
    if (!hint)
        hint = hint_for_leftovers(arena, &above);
    if (hint)
        return hint;
    if (strstr(text, "tab character"))
        return "indent with spaces: this line has a tab";
    if (strstr(text, "cannot start any token"))
        return hint_for_start(content, problem);
    if (strstr(text, "mapping values are not allowed"))
        return hint_for_mapping(arena, content, problem);
    if (strstr(text, "unexpected end of stream"))
        return "the quote that opens here is never closed";
    if (strstr(text, "control characters"))
        return "remove the control character";
    if (strstr(text, "UTF-8"))
        return "save the file as UTF-8";
    if (strstr(text, "unknown escape character"))
        return "a backslash in double quotes begins an escape: use single quotes, or write it "
               "twice";
    if (strstr(text, "expected alphabetic or numeric character"))
        return "put the value in quotes: unquoted text cannot begin with * or &";
    if (strstr(text, "whitespace or line break"))
        return "put a space and a value behind the tag, as in !reset null";
    if (strstr(text, "expected ',' or"))
        return problem->context_line > 0
                   ? arena_printf(arena,
                                  "a comma is missing, or what closes the bracket of line %u",
                                  problem->context_line)
                   : "a comma or a closing bracket is missing";
    if (strstr(text, "could not find expected ':'")) {
        here = line_at(content, problem->context_line > 0 ? problem->context_line : problem->line);
        text = hint_for_key(arena, &here);
        return text ? text : "check the indentation of this line and of those above it";
    }
    return strstr(text, "did not find expected") ? hint_for_member(arena, content, problem) : NULL;
}
