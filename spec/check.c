/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/check.h"

#include <math.h>
#include <regex.h>
#include <string.h>

#include "spec/attribute.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/base/suggest.h"
#include "spec/base/text.h"
#include "spec/remedy.h"

struct check {
    struct spec_tree *tree;
    const char *file;
    struct error *err;
};

enum { INDEXED_FROM = 16 };

/* "validating FILE: PATH MESSAGE", and what to do about it where that is known. */
static void fail(const struct check *check, struct place place, const struct spec_path *path,
                 const char *hint, const char *message)
{
    struct error one;

    error_init(&one);
    (void)error_set_at(&one, ERROR_INPUT, place, "validating %s: %s %s", check->file,
                       spec_path_text(check->tree->arena, path, SPEC_PATH_INDEX), message);
    if (hint)
        (void)error_hint(&one, "%s", hint);
    (void)error_append(check->err, &one);
}

static unsigned kind_bit(const struct spec_node *node)
{
    switch (node->kind) {
    case SPEC_NULL:
        return A_NULL;
    case SPEC_BOOL:
        return A_BOOL;
    case SPEC_INT:
        return A_INT | A_NUMBER;
    case SPEC_FLOAT:
        /* 1.0 counts as an integer for a schema. */
        if (node->huge)
            return A_INT | A_NUMBER;
        if (node->number >= -9e15 && node->number <= 9e15 &&
            (double)(int64_t)node->number >= node->number &&
            (double)(int64_t)node->number <= node->number)
            return A_INT | A_NUMBER;
        return A_NUMBER;
    case SPEC_STRING:
        return A_STRING;
    case SPEC_LIST:
        return A_LIST;
    case SPEC_MAP:
        return A_MAP;
    }
    return 0;
}

/* "must be a X, Y or Z", in the order of the words. */
static const char *kinds_text(struct arena *arena, unsigned accept)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{A_LIST, "array"}, {A_BOOL, "boolean"},  {A_INT, "integer"},  {A_MAP, "mapping"},
                 {A_NULL, "null"},  {A_NUMBER, "number"}, {A_STRING, "string"}};
    const char *made = NULL;
    size_t left = 0;

    if (accept & A_NUMBER)
        accept &= ~(unsigned)A_INT;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        left += accept & words[i].bit ? 1 : 0;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (accept & words[i].bit) {
            left--;
            made = made ? arena_printf(arena, "%s%s%s", made, left ? ", " : " or ", words[i].word)
                        : arena_printf(arena, "must be a %s", words[i].word);
        }
    return made ? made : "is not allowed";
}

static bool is_duration(const struct spec_field *field)
{
    return field->kind == SPEC_KIND_DURATION || field->kind == SPEC_KIND_OPT_DURATION;
}

static bool check_kind(const struct check *check, const struct spec_node *node,
                       const struct spec_field *field, unsigned accept,
                       const struct spec_path *path)
{
    if (kind_bit(node) & accept)
        return true;
    fail(check, spec_node_place(node), path,
         is_duration(field) ? spec_remedy_for_value(check->tree->arena, node, field->kind)
                            : spec_remedy_for_kind(check->tree->arena, node, accept, path),
         kinds_text(check->tree->arena, accept));
    return false;
}

/* Whether `text` is one of "a|b|c". */
static bool in_values(const char *values, const char *text)
{
    size_t length = strlen(text);

    for (const char *at = values;; at++) {
        size_t size = strcspn(at, "|");

        if (size == length && memcmp(at, text, length) == 0)
            return true;
        at += size;
        if (!*at)
            return false;
    }
}

static void check_values(const struct check *check, const struct spec_node *node,
                         const char *values, const struct spec_path *path)
{
    struct arena *arena = check->tree->arena;
    struct suggestion near = suggestion_for(node->string.bytes);
    const char *list = NULL;

    if (in_values(values, node->string.bytes))
        return;
    for (const char *at = values;; at++) {
        size_t size = strcspn(at, "|");
        const char *value = arena_strndup(arena, at, size);

        suggestion_consider(&near, value);
        list = list ? arena_printf(arena, "%s, '%s'", list, value)
                    : arena_printf(arena, "'%s'", value);
        at += size;
        if (!*at)
            break;
    }
    fail(check, spec_node_place(node), path,
         near.best ? arena_printf(arena, "did you mean \"%s\"?", near.best) : NULL,
         arena_printf(arena, "%s%s",
                      strchr(values, '|') ? "value must be one of " : "value must be ", list));
}

static bool matches(const char *pattern, const char *text)
{
    regex_t compiled;
    bool found;

    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static void check_range(const struct check *check, const struct spec_node *node,
                        const struct spec_field *field, const struct spec_path *path)
{
    double value = node->kind == SPEC_INT ? (double)node->integer : node->number, bound;

    if (field->min && number_parse_double(field->min, &bound) && value < bound)
        fail(check, spec_node_place(node), path, NULL,
             arena_printf(check->tree->arena, "must be greater than or equal to %s", field->min));
    if (field->max && number_parse_double(field->max, &bound) && value > bound)
        fail(check, spec_node_place(node), path, NULL,
             arena_printf(check->tree->arena, "must be less than or equal to %s", field->max));
}

static void check_scalar(const struct check *check, const struct spec_node *node,
                         const struct spec_field *field, const struct spec_path *path)
{
    if (node->kind == SPEC_INT || node->kind == SPEC_FLOAT)
        check_range(check, node, field, path);
    if (node->kind != SPEC_STRING)
        return;
    if (field->values)
        check_values(check, node, field->values, path);
    if (field->pattern && field->kind == SPEC_KIND_STRING &&
        !matches(field->pattern, node->string.bytes))
        fail(check, spec_node_place(node), path,
             spec_remedy_for_pattern(check->tree->arena, node->string.bytes, field->pattern),
             arena_printf(check->tree->arena, "'%s' does not match pattern '%s'",
                          node->string.bytes, field->pattern));
}

static bool is_number(const struct spec_node *node, double *ret_value)
{
    if (node->kind == SPEC_INT)
        *ret_value = (double)node->integer;
    else if (node->kind == SPEC_FLOAT)
        *ret_value = node->number;
    else
        return false;
    return true;
}

/* As the reference's schema library has it: a number equals an earlier text of that number, but not the reverse. */
static bool equals_earlier(const struct spec_node *item, const struct spec_node *earlier)
{
    double number, before;

    if (is_number(item, &number) &&
        (is_number(earlier, &before) ||
         (earlier->kind == SPEC_STRING && number_parse_double(earlier->string.bytes, &before))))
        return !(before < number) && !(before > number);
    return spec_node_equal(earlier, item);
}

/* The item before `at` that equals it, or `at`. */
static size_t equal_before(const struct spec_node *list, size_t at, const struct index *texts)
{
    const struct spec_node *item = list->list.items[at];

    if (texts && item->kind == SPEC_STRING) {
        uint32_t before = index_find(texts, item->string.bytes);

        return before == INDEX_NONE ? at : before;
    }
    for (size_t i = 0; i < at; i++)
        if (equals_earlier(item, list->list.items[i]))
            return i;
    return at;
}

static void check_unique(const struct check *check, const struct spec_node *list,
                         const struct spec_path *path)
{
    struct index texts = {0};
    bool indexed = list->list.count > INDEXED_FROM;

    for (size_t i = 0; i < list->list.count; i++) {
        const struct spec_node *item = list->list.items[i];
        size_t before = equal_before(list, i, indexed ? &texts : NULL);

        if (before != i)
            fail(check, spec_node_place(item), path, NULL,
                 arena_printf(check->tree->arena, "items at %zu and %zu are equal", before, i));
        else if (indexed && item->kind == SPEC_STRING)
            index_put(&texts, check->tree->arena, item->string.bytes, i);
    }
}

static bool name_is_valid(const char *name)
{
    return name[0] &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               strlen(name);
}

/* `flags` are those of the field that holds the mapping. */
static void fail_unknown(const struct check *check, const struct spec_member *member,
                         const struct spec_type *type, unsigned flags, const struct spec_path *path)
{
    struct arena *arena = check->tree->arena;
    struct place place = member->place.file ? member->place : spec_node_place(member->value);

    if (flags & OPEN)
        warnings_add(check->tree->warnings, place, "%s: unknown attribute \"%s\" is ignored",
                     spec_path_text(arena, path, SPEC_PATH_INDEX), member->key);
    else
        fail(check, place, path, spec_remedy_for_name(arena, member, type),
             arena_printf(arena, "additional properties '%s' not allowed", member->key));
}

static void check_field(const struct check *check, const struct spec_node *node,
                        const struct spec_field *field, const struct spec_path *path);

static bool may_be_missing(const struct spec_type *type, unsigned flags)
{
    return (flags & REQUEST_OPTIONAL && type == &spec_type_device_request) ||
           (flags & HOOK_COMMAND_OPTIONAL && type == &spec_type_hook);
}

static void check_required(const struct check *check, const struct spec_node *map,
                           const struct spec_type *type, unsigned flags,
                           const struct spec_path *path)
{
    const char *missing = NULL;
    bool several = false;

    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];

        if (!(field->flags & REQUIRED) || may_be_missing(type, flags) ||
            spec_node_get(map, field->name))
            continue;
        several = missing != NULL;
        missing = missing ? arena_printf(check->tree->arena, "%s, '%s'", missing, field->name)
                          : arena_printf(check->tree->arena, "'%s'", field->name);
    }
    if (missing)
        fail(check, spec_node_place(map), path, NULL,
             arena_printf(check->tree->arena, "missing %s %s", several ? "properties" : "property",
                          missing));
}

/* The members of a map whose rows are known; `flags` are those of the field that holds it. */
static void check_type(const struct check *check, const struct spec_node *map,
                       const struct spec_type *type, unsigned flags, const struct spec_path *path)
{
    for (size_t i = 0; i < map->map.count; i++) {
        const struct spec_member *member = &map->map.items[i];
        const struct spec_field *field = spec_type_field(type, member->key);
        struct spec_path step = {path, member->key, 0};

        if (field && !(flags & HOOK_PLAIN && field->flags & PRE_START_ONLY))
            check_field(check, member->value, field, &step);
        else if (flags & CLOSED || !text_starts_with(member->key, "x-"))
            fail_unknown(check, member, type, flags, path);
    }
    check_required(check, map, type, flags, path);
}

static void check_element(const struct check *check, const struct spec_node *node,
                          const struct spec_field *field, unsigned accept,
                          const struct spec_path *path)
{
    if (!check_kind(check, node, field, accept, path))
        return;
    if (node->kind == SPEC_MAP && field->sub)
        check_type(check, node, field->sub, field->flags, path);
    else if (node->kind ==
             SPEC_LIST) /* several values of one name: extra_hosts, options of a provider */
        for (size_t i = 0; i < node->list.count; i++) {
            struct spec_path step = {path, NULL, i};

            (void)check_kind(check, node->list.items[i], field, accept & ~(unsigned)A_LIST, &step);
        }
}

static bool has_pairs(const struct spec_field *field)
{
    return field->kind == SPEC_KIND_MAPPING || field->kind == SPEC_KIND_ENVIRONMENT;
}

static void check_list(const struct check *check, const struct spec_node *list,
                       const struct spec_field *field, const struct spec_path *path)
{
    /* Where a list stands for a map, it is one of names or of key=value texts. */
    bool texts = field->kind == SPEC_KIND_MAP || field->kind == SPEC_KIND_HOSTS ||
                 field->kind == SPEC_KIND_SSH || has_pairs(field);
    unsigned accept = texts ? A_STRING : spec_field_item(field);

    for (size_t i = 0; i < list->list.count; i++) {
        struct spec_path step = {path, NULL, i};

        check_element(check, list->list.items[i], field, accept, &step);
    }
    if (field->flags & UNIQUE_ITEMS || has_pairs(field))
        check_unique(check, list, path);
}

/* Texts by name need one, but for the options that drivers and providers make up. */
static bool takes_empty_name(const struct spec_field *field)
{
    return field->kind == SPEC_KIND_MAP || field->kind == SPEC_KIND_OPTIONS ||
           field->kind == SPEC_KIND_MULTI_OPTIONS;
}

static void check_map(const struct check *check, const struct spec_node *map,
                      const struct spec_field *field, const struct spec_path *path)
{
    unsigned accept = spec_field_item(field);
    bool is_map = field->kind == SPEC_KIND_MAP;

    for (size_t i = 0; i < map->map.count; i++) {
        const struct spec_member *member = &map->map.items[i];
        struct spec_path step = {path, member->key, 0};

        if (is_map && field->flags & NAMES_FREE && !name_is_valid(member->key))
            continue;
        if ((member->key[0] == '\0' && !takes_empty_name(field)) ||
            (is_map && ((field->flags & NAMES_CHECKED && !name_is_valid(member->key)) ||
                        (field->pattern && !matches(field->pattern, member->key)))))
            fail_unknown(check, member, NULL, 0, path);
        else
            check_element(check, member->value, field, accept, &step);
    }
}

/* `external: {name: x}`, which canonical.c takes apart, has no row: its only member moves to the resource. */
static void check_external(const struct check *check, const struct spec_node *map, unsigned flags,
                           const struct spec_path *path)
{
    for (size_t i = 0; i < map->map.count; i++) {
        const struct spec_member *member = &map->map.items[i];
        struct spec_path step = {path, member->key, 0};

        if (strcmp(member->key, "name") == 0)
            (void)check_kind(check, member->value, spec_type_field(&spec_type_volume, "name"),
                             A_STRING, &step);
        else if (!text_starts_with(member->key, "x-"))
            fail_unknown(check, member, NULL, flags, path);
    }
}

static void check_field(const struct check *check, const struct spec_node *node,
                        const struct spec_field *field, const struct spec_path *path)
{
    if (!check_kind(check, node, field, spec_field_accept(field), path))
        return;
    if (node->kind == SPEC_LIST)
        check_list(check, node, field, path);
    else if (node->kind == SPEC_MAP && field->kind == SPEC_KIND_STRUCT)
        check_type(check, node, field->sub, field->flags, path);
    else if (node->kind == SPEC_MAP && field->form == FORM_EXTERNAL)
        check_external(check, node, field->flags, path);
    else if (node->kind == SPEC_MAP)
        check_map(check, node, field, path);
    else
        check_scalar(check, node, field, path);
}

/* Numbers that JSON cannot say, in extensions too: the whole model is handed on as JSON. */
static void check_finite(const struct check *check, const struct spec_node *node)
{
    struct error one;

    for (size_t i = 0; node->kind == SPEC_LIST && i < node->list.count; i++)
        check_finite(check, node->list.items[i]);
    for (size_t i = 0; node->kind == SPEC_MAP && i < node->map.count; i++)
        check_finite(check, node->map.items[i].value);
    if (node->kind != SPEC_FLOAT || isfinite(node->number))
        return;
    error_init(&one);
    (void)error_set_at(&one, ERROR_INPUT, spec_node_place(node), "json: unsupported value: %s",
                       isnan(node->number) ? "NaN"
                       : node->number > 0  ? "+Inf"
                                           : "-Inf");
    (void)error_hint(&one, "put it in quotes");
    (void)error_append(check->err, &one);
}

bool spec_check(struct spec_tree *tree, const struct spec_node *root, const char *file,
                struct error *err)
{
    const struct spec_path top = {0};
    struct error all;
    const struct check check = {tree, file, &all};

    error_init(&all);
    check_type(&check, root, &spec_type_project, 0, &top);
    check_finite(&check, root);
    if (!error_is_set(&all))
        return true;
    error_move(err, &all);
    return false;
}
