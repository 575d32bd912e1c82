/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/format_template.h"

#include <ctype.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

enum { DEEPEST = 32, MOST_WORDS = 16 };

struct template_run {
    const char *at;
    format_lookup_fn *lookup;
    void *owner;
    struct arena *arena;
    struct text *out;
    unsigned depth;
};

/* A value while it goes through a pipe. */
struct value {
    const char *text;
    bool is_json;
};

enum action_kind { ACTION_VALUE, ACTION_IF, ACTION_ELSE, ACTION_END, ACTION_NOTHING };

static bool bad(struct error *err, const char *why, const char *what)
{
    return error_set(err, ERROR_USAGE, "template parsing error: template: :1: %s \"%s\"", why,
                     what);
}

/* One word of an action: `.Name`, `"text"`, a number, a function's name, `|`. */
static const char *next_word(struct template_run *run, const char **at, const char *end)
{
    const char *start;

    while (*at < end && isspace((unsigned char)**at))
        (*at)++;
    start = *at;
    if (start >= end)
        return NULL;
    if (*start == '"' || *start == '`') {
        struct text word;
        const char *made;

        text_init(&word, 0);
        text_add_char(&word, '"');
        for ((*at)++; *at < end && **at != *start; (*at)++) {
            if (**at == '\\' && *start == '"' && *at + 1 < end) {
                (*at)++;
                text_add_char(&word, **at == 'n' ? '\n' : **at == 't' ? '\t' : **at);
            } else {
                text_add_char(&word, **at);
            }
        }
        if (*at < end)
            (*at)++;
        made = arena_strdup(run->arena, word.bytes);
        text_finish(&word);
        return made;
    }
    if (*start == '|') {
        (*at)++;
        return "|";
    }
    while (*at < end && !isspace((unsigned char)**at) && **at != '|')
        (*at)++;
    return arena_strndup(run->arena, start, (size_t)(*at - start));
}

static bool look_up(struct template_run *run, const char *name, const char *argument,
                    struct value *ret_value, struct error *err)
{
    struct text text;
    bool found;

    text_init(&text, 0);
    found = run->lookup(run->owner, name, argument, &text, &ret_value->is_json);
    ret_value->text = arena_strdup(run->arena, text.bytes);
    text_finish(&text);
    return found ||
           error_set(err, ERROR_USAGE,
                     "template: :1: executing \"\" at <.%s>: can't evaluate field %s", name, name);
}

static const char *change_case(struct arena *arena, const char *s, int (*change)(int),
                               bool first_only)
{
    char *copy = arena_strdup(arena, s);
    bool start = true;

    for (char *at = copy; *at; at++) {
        if (!first_only || start)
            *at = (char)change((unsigned char)*at);
        start = isspace((unsigned char)*at) != 0;
    }
    return copy;
}

static const char *pad(struct arena *arena, const char *s, const char *before, const char *after)
{
    int64_t left = 0, right = 0;

    if (!s[0] || !number_parse_int64(before, &left) || !number_parse_int64(after, &right) ||
        left > 1000 || right > 1000)
        return s;
    return arena_printf(arena, "%*s%s%*s", (int)left, "", s, (int)right, "");
}

static const char *json_of(struct arena *arena, const struct value *value)
{
    struct json_writer json;
    struct text text;
    const char *made;

    if (value->is_json)
        return value->text;
    text_init(&text, 0);
    json_begin(&json, &text, 0);
    json_string(&json, value->text);
    made = arena_strdup(arena, text.bytes);
    text_finish(&text);
    return made;
}

/* `arguments` are the words behind the name; the value of a pipe comes last. */
static bool call(struct template_run *run, const char *name, struct value *arguments, size_t count,
                 struct value *ret_value, struct error *err)
{
    struct value last = count > 0 ? arguments[count - 1] : (struct value){.text = ""};
    const char *first = count > 0 ? arguments[0].text : "";
    int64_t length;

    *ret_value = (struct value){.text = last.text};
    if (strcmp(name, "json") == 0)
        *ret_value = (struct value){json_of(run->arena, &last), true};
    else if (strcmp(name, "lower") == 0)
        ret_value->text = change_case(run->arena, last.text, tolower, false);
    else if (strcmp(name, "upper") == 0)
        ret_value->text = change_case(run->arena, last.text, toupper, false);
    else if (strcmp(name, "title") == 0)
        ret_value->text = change_case(run->arena, last.text, toupper, true);
    else if (strcmp(name, "println") == 0)
        ret_value->text = arena_printf(run->arena, "%s\n", last.text);
    else if (strcmp(name, "pad") == 0 && count == 3)
        ret_value->text = pad(run->arena, first, arguments[1].text, arguments[2].text);
    else if (strcmp(name, "truncate") == 0 && count == 2 &&
             number_parse_int64(arguments[1].text, &length) && length >= 0)
        ret_value->text =
            arena_strndup(run->arena, first, utf8_fit(first, strlen(first), (size_t)length));
    else if (strcmp(name, "print") != 0)
        return bad(err, "function not defined, or called with other arguments:", name);
    return true;
}

/* The words of one stage of a pipe to its value. `piped` is what the stage before gave, or NULL. */
static bool run_stage(struct template_run *run, const char *const *words, size_t count,
                      const struct value *piped, struct value *ret_value, struct error *err)
{
    struct value arguments[MOST_WORDS + 1];
    size_t argument_count = 0;

    if (count == 0)
        return bad(err, "missing value for", "command");
    if (words[0][0] == '.' && (count == 1 || (count == 2 && words[1][0] == '"')))
        return look_up(run, words[0] + 1, count == 2 ? words[1] + 1 : NULL, ret_value, err);
    if (words[0][0] == '"' && count == 1) {
        *ret_value = (struct value){.text = words[0] + 1};
        return true;
    }
    for (size_t i = 1; i < count; i++) {
        struct value *argument = &arguments[argument_count++];

        *argument = (struct value){.text = words[i][0] == '"' ? words[i] + 1 : words[i]};
        if (words[i][0] == '.' && !look_up(run, words[i] + 1, NULL, argument, err))
            return false;
    }
    if (piped)
        arguments[argument_count++] = *piped;
    return call(run, words[0], arguments, argument_count, ret_value, err);
}

static bool run_pipe(struct template_run *run, const char *at, const char *end,
                     struct value *ret_value, struct error *err)
{
    const char *words[MOST_WORDS];
    struct value value = {.text = ""};
    bool piped = false;

    for (;;) {
        size_t count = 0;
        const char *word;

        while ((word = next_word(run, &at, end)) != NULL && strcmp(word, "|") != 0) {
            if (count == MOST_WORDS)
                return bad(err, "too many words in", word);
            words[count++] = word;
        }
        if (!run_stage(run, words, count, piped ? &value : NULL, &value, err))
            return false;
        if (!word)
            break;
        piped = true;
    }
    *ret_value = value;
    return true;
}

struct action {
    enum action_kind kind;
    const char *body, *end;
};

/* Read the action that begins at run->at ("{{"), and step behind it. */
static bool read_action(struct template_run *run, struct action *ret_action, struct error *err)
{
    const char *close = strstr(run->at, "}}");
    const char *body = run->at + 2, *end = close, *word, *rest;

    if (!close)
        return bad(err, "unclosed action", run->at);
    run->at = close + 2;
    if (body[0] == '-' && isspace((unsigned char)body[1]))
        body++;
    if (end - body >= 2 && end[-1] == '-' && isspace((unsigned char)end[-2])) {
        end--;
        while (isspace((unsigned char)*run->at))
            run->at++;
    }
    *ret_action = (struct action){ACTION_VALUE, body, end};
    rest = body;
    word = next_word(run, &rest, end);
    if (!word || text_starts_with(word, "/*"))
        ret_action->kind = ACTION_NOTHING;
    else if (strcmp(word, "if") == 0)
        *ret_action = (struct action){ACTION_IF, rest, end};
    else if (strcmp(word, "else") == 0)
        ret_action->kind = ACTION_ELSE;
    else if (strcmp(word, "end") == 0)
        ret_action->kind = ACTION_END;
    else if (strcmp(word, "range") == 0 || strcmp(word, "with") == 0 || strcmp(word, "define") == 0)
        return bad(err, "not supported here:", word);
    return true;
}

static void add_text(struct template_run *run, const char *from, const char *to, bool visible)
{
    /* `{{- ` eats the white space before it. */
    if (*to && to[2] == '-' && isspace((unsigned char)to[3]))
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
    if (visible)
        text_add_bytes(run->out, from, (size_t)(to - from));
}

/* Run until the end of the template, or the else or end that closes this level. */
static bool run_level(struct template_run *run, bool visible, enum action_kind *ret_closed,
                      struct error *err)
{
    if (++run->depth > DEEPEST)
        return bad(err, "nested too deeply:", "if");
    while (*run->at) {
        const char *open = strstr(run->at, "{{");
        struct action action = {0};
        struct value value = {0};
        enum action_kind closed = ACTION_NOTHING;

        add_text(run, run->at, open ? open : run->at + strlen(run->at), visible);
        if (!open)
            break;
        run->at = open;
        if (!read_action(run, &action, err))
            return false;
        if (action.kind == ACTION_ELSE || action.kind == ACTION_END) {
            run->depth--;
            *ret_closed = action.kind;
            return true;
        }
        if (action.kind == ACTION_NOTHING)
            continue;
        if (!run_pipe(run, action.body, action.end, &value, err))
            return false;
        if (action.kind == ACTION_VALUE) {
            if (visible)
                text_add(run->out, value.text);
            continue;
        }
        if (!run_level(run, visible && value.text[0], &closed, err) ||
            (closed == ACTION_ELSE && !run_level(run, visible && !value.text[0], &closed, err)))
            return false;
        if (closed != ACTION_END)
            return bad(err, "unexpected end of template behind", "if");
    }
    run->at += strlen(run->at);
    run->depth--;
    *ret_closed = ACTION_NOTHING;
    return true;
}

bool format_template_run(const char *template, format_lookup_fn *lookup, void *owner,
                         struct arena *arena, struct text *out, struct error *err)
{
    struct template_run run = {
        .at = template, .lookup = lookup, .owner = owner, .arena = arena, .out = out};
    enum action_kind closed;

    if (!run_level(&run, true, &closed, err))
        return false;
    return closed == ACTION_NOTHING || bad(err, "unexpected", "{{end}}");
}
