/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/pending.h"

#include <inttypes.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"

static const struct pending_row {
    const char *word, *noun, *state;
    bool starts; /* it lets something appear or run */
} rows[PENDING_KINDS] = {
    /* clang-format off */
    [PENDING_CREATE]  = {"create",  "container", "created",   true},
    [PENDING_START]   = {"start",   "container", "started",   true},
    [PENDING_STOP]    = {"stop",    "container", "stopped",   false},
    [PENDING_KILL]    = {"kill",    "container", "killed",    false},
    [PENDING_RESTART] = {"restart", "container", "restarted", true},
    [PENDING_REMOVE]  = {"remove",  "container", "removed",   false},
    [PENDING_NETWORK] = {"network", "network",   "created",   true},
    [PENDING_VOLUME]  = {"volume",  "volume",    "created",   true},
    /* clang-format on */
};

bool pending_matters(enum pending_kind kind, enum pending_scope scope)
{
    return scope == PENDING_ALL || (scope == PENDING_STARTS && rows[kind].starts);
}

const char *pending_describe(struct arena *arena, const struct pending_note *note)
{
    return arena_printf(arena, "%s %s is being %s", rows[note->kind].noun, note->name,
                        rows[note->kind].state);
}

void pending_write(struct text *out, const struct pending_note *note)
{
    if (!*note->id || strpbrk(note->id, " \n") || strchr(note->name, '\n'))
        return;
    text_addf(out, "%s %s %" PRId64 " %" PRId64 " %s\n", rows[note->kind].word, note->id,
              note->since_ms, note->until_ms, note->name);
}

/* The next word of the line, whose terminator is replaced; NULL at its end. */
static char *next_word(char **line)
{
    char *word = *line, *space = word ? strchr(word, ' ') : NULL;

    if (!space)
        return NULL;
    *space = '\0';
    *line = space + 1;
    return word;
}

static bool read_line(char *line, struct pending_note *ret_note)
{
    const char *kind = next_word(&line), *id = next_word(&line), *since = next_word(&line),
               *until = next_word(&line);
    struct pending_note note = {.id = id, .name = line};

    if (!until || !number_parse_int64(since, &note.since_ms) ||
        !number_parse_int64(until, &note.until_ms))
        return false;
    for (size_t i = 0; i < PENDING_KINDS; i++)
        if (strcmp(kind, rows[i].word) == 0) {
            note.kind = (enum pending_kind)i;
            *ret_note = note;
            return true;
        }
    return false;
}

void pending_read(struct arena *arena, struct span lines, int64_t now_ms,
                  struct pending_list *ret_list)
{
    struct pending_list list = {0};
    const char *at = lines.bytes, *end = at + lines.length, *newline;

    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        struct pending_note note;

        if (!read_line(arena_strndup(arena, at, (size_t)(newline - at)), &note) ||
            note.until_ms <= now_ms || note.since_ms > now_ms)
            continue;
        list.items =
            arena_grow(arena, list.items, &list.capacity, list.count + 1, sizeof(*list.items));
        list.items[list.count++] = note;
    }
    *ret_list = list;
}
