/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/number.h"
#include "spec/base/size.h"
#include "spec/base/span.h"
#include "spec/base/suggest.h"

struct parser {
    struct arena *arena;
    struct options *options;
    int argc, next;
    char *const *argv;
};

bool options_parse_bool(const char *text, bool *ret_value)
{
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], text) == 0) {
            *ret_value = i < COUNT_OF(words) / 2;
            return true;
        }
    return false;
}

static size_t table_length(const struct option *table)
{
    size_t count = 0;

    while (table && table[count].name)
        count++;
    return count;
}

static void set_initial(struct option_value *value, const struct option *option)
{
    value->option = option;
    value->string = option->initial ? option->initial : "";
    if (option->kind == OPTION_BOOL && option->initial)
        value->truth = strcmp(option->initial, "true") == 0;
    if (option->kind == OPTION_INT && option->initial) {
        bool good = number_parse_int64(option->initial, &value->number);

        assert(good);
        (void)good;
    }
}

static struct option_value *find_long(struct options *options, const char *name, size_t length)
{
    struct span wanted = {name, length};

    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = options->values[i].option;

        if (span_equals(wanted, option->name) ||
            (option->alias && span_equals(wanted, option->alias)))
            return &options->values[i];
    }
    return NULL;
}

static struct option_value *find_letter(struct options *options, char letter)
{
    for (size_t i = 0; i < options->count; i++)
        if (options->values[i].option->letter == letter)
            return &options->values[i];
    return NULL;
}

static bool suggest_flag(const struct options *options, const char *typed, struct error *err)
{
    struct suggestion near = suggestion_for(typed);

    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = options->values[i].option;

        if (!(option->flags & OPTION_HIDDEN) && !option->deprecated)
            suggestion_consider(&near, option->name);
    }
    if (near.best)
        error_hint(err, "Did you mean --%s?", near.best);
    return false;
}

static bool refuse(const struct option *option, const char *text, const char *why,
                   struct error *err)
{
    if (option->letter)
        return error_set(err, ERROR_USAGE, "invalid argument \"%s\" for \"-%c, --%s\" flag: %s",
                         text, option->letter, option->name, why);
    return error_set(err, ERROR_USAGE, "invalid argument \"%s\" for \"--%s\" flag: %s", text,
                     option->name, why);
}

static void add_split(struct parser *parser, struct strings *list, const char *text)
{
    const char *comma;

    while ((comma = strchr(text, ',')) != NULL) {
        strings_add(list, parser->arena,
                    arena_strndup(parser->arena, text, (size_t)(comma - text)));
        text = comma + 1;
    }
    strings_add(list, parser->arena, text);
}

static bool set_bytes(struct parser *parser, struct option_value *value, const char *text,
                      struct error *err)
{
    struct error failure;
    char *why;

    error_init(&failure);
    if (size_parse(text, &value->number, &failure)) {
        value->given = true;
        return true;
    }
    why = error_message(&failure);
    error_finish(&failure);
    (void)refuse(value->option, text, arena_strdup(parser->arena, why), err);
    free(why);
    return false;
}

static bool set_value(struct parser *parser, struct option_value *value, const char *text,
                      struct error *err)
{
    const struct option *option = value->option;
    const char *why;

    switch (option->kind) {
    case OPTION_BOOL:
        if (!options_parse_bool(text, &value->truth)) {
            why = arena_printf(parser->arena, "strconv.ParseBool: parsing \"%s\": invalid syntax",
                               text);
            return refuse(option, text, why, err);
        }
        break;
    case OPTION_INT:
        if (!number_parse_int64(text, &value->number)) {
            why = arena_printf(parser->arena, "strconv.ParseInt: parsing \"%s\": invalid syntax",
                               text);
            return refuse(option, text, why, err);
        }
        break;
    case OPTION_BYTES:
        return set_bytes(parser, value, text, err);
    case OPTION_STRING:
        value->string = text;
        break;
    case OPTION_LIST:
        if (option->flags & OPTION_COMMA_LIST)
            add_split(parser, &value->list, text);
        else
            strings_add(&value->list, parser->arena, text);
        break;
    }
    if (option->deprecated && !value->given)
        strings_add(&parser->options->notices, parser->arena, option->deprecated);
    value->given = true;
    return true;
}

static bool parse_long(struct parser *parser, const char *word, struct error *err)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    struct option_value *value = find_long(parser->options, name, length);

    if (length == 0 || name[0] == '-')
        return error_set(err, ERROR_USAGE, "bad flag syntax: %s", word);
    if (!value) {
        const char *typed = arena_strndup(parser->arena, name, length);

        if (strcmp(typed, "help") == 0) {
            parser->options->help = true;
            return true;
        }
        (void)error_set(err, ERROR_USAGE, "unknown flag: --%s", typed);
        return suggest_flag(parser->options, typed, err);
    }
    if ((value->option->flags & OPTION_OLD_ALIAS) &&
        span_equals((struct span){name, length}, value->option->alias))
        strings_add(&parser->options->warnings, parser->arena,
                    arena_printf(parser->arena, "--%s is deprecated, please use --%s instead",
                                 value->option->alias, value->option->name));
    if (equals)
        return set_value(parser, value, equals + 1, err);
    if (value->option->kind == OPTION_BOOL)
        return set_value(parser, value, "true", err);
    if (parser->next >= parser->argc)
        return error_set(err, ERROR_USAGE, "flag needs an argument: %s", word);
    return set_value(parser, value, parser->argv[parser->next++], err);
}

static bool parse_letters(struct parser *parser, const char *word, struct error *err)
{
    for (const char *at = word + 1; *at; at++) {
        struct option_value *value = find_letter(parser->options, *at);

        if (!value && *at == 'h') {
            parser->options->help = true;
            continue;
        }
        if (!value)
            return error_set(err, ERROR_USAGE, "unknown shorthand flag: '%c' in -%s", *at,
                             word + 1);
        if (at[1] == '=')
            return set_value(parser, value, at + 2, err);
        if (value->option->kind == OPTION_BOOL) {
            if (!set_value(parser, value, "true", err))
                return false;
            continue;
        }
        if (at[1])
            return set_value(parser, value, at + 1, err);
        if (parser->next >= parser->argc)
            return error_set(err, ERROR_USAGE, "flag needs an argument: '%c' in -%s", *at,
                             word + 1);
        return set_value(parser, value, parser->argv[parser->next++], err);
    }
    return true;
}

static void add_rest(struct parser *parser)
{
    while (parser->next < parser->argc)
        strings_add(&parser->options->arguments, parser->arena, parser->argv[parser->next++]);
}

bool options_parse(const struct option *own, const struct option *common, bool stop_at_argument,
                   int argc, char *const *argv, struct arena *arena, struct options *ret_options,
                   struct error *err)
{
    size_t own_count = table_length(own), common_count = table_length(common);
    struct options options = {.count = own_count + common_count};
    struct parser parser = {.arena = arena, .options = &options, .argc = argc, .argv = argv};

    options.values = arena_array(arena, options.count + 1, sizeof(*options.values));
    for (size_t i = 0; i < own_count; i++)
        set_initial(&options.values[i], &own[i]);
    for (size_t i = 0; i < common_count; i++)
        set_initial(&options.values[own_count + i], &common[i]);

    while (parser.next < argc) {
        const char *word = argv[parser.next++];

        if (word[0] != '-' || !word[1]) {
            strings_add(&options.arguments, arena, word);
            if (stop_at_argument)
                break;
        } else if (strcmp(word, "--") == 0) {
            break;
        } else if (!(word[1] == '-' ? parse_long : parse_letters)(&parser, word, err)) {
            return false;
        }
    }
    add_rest(&parser);
    *ret_options = options;
    return true;
}

static struct option_value *lookup(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->values[i].option->name, name) == 0)
            return &options->values[i];
    fatal("no table has the option --%s", name); /* a mistake of ours */
}

bool options_given(const struct options *options, const char *name)
{
    return lookup(options, name)->given;
}

bool options_bool(const struct options *options, const char *name)
{
    struct option_value *value = lookup(options, name);

    assert(value->option->kind == OPTION_BOOL);
    return value->truth;
}

int64_t options_int(const struct options *options, const char *name)
{
    struct option_value *value = lookup(options, name);

    assert(value->option->kind == OPTION_INT || value->option->kind == OPTION_BYTES);
    return value->number;
}

const char *options_string(const struct options *options, const char *name)
{
    struct option_value *value = lookup(options, name);

    assert(value->option->kind == OPTION_STRING);
    return value->string;
}

const struct strings *options_list(const struct options *options, const char *name)
{
    struct option_value *value = lookup(options, name);

    assert(value->option->kind == OPTION_LIST);
    return &value->list;
}
