/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/interpolate.h"

#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/cast.h"
#include "spec/remedy.h"
#include "spec/shape.h"
#include "spec/template.h"

struct walk {
    const struct spec_scope *scope;
    struct spec_tree *tree;
    struct text text; /* used again for every value */
    struct spec_node *node;
    const struct spec_origin *used; /* variables of the value at hand */
    struct error *err;
};

static const char *get_variable(void *owner, const char *name)
{
    struct walk *walk = owner;
    const char *value = spec_environment_get(walk->scope->environment, name);

    if (value)
        walk->used = spec_origin_new(walk->tree->arena, SPEC_FROM_ENVIRONMENT,
                                     spec_environment_place(walk->scope->environment, name), name,
                                     walk->used);
    return value;
}

static void on_unset_variable(void *owner, const char *name)
{
    struct walk *walk = owner;

    if (index_find(&walk->tree->warned_variables, name) != INDEX_NONE)
        return;
    index_put(&walk->tree->warned_variables, walk->tree->arena, name, 0);
    warnings_add(walk->tree->warnings, spec_node_place(walk->node),
                 "The \"%s\" variable is not set. Defaulting to a blank string.", name);
}

/* Where the `$` at `offset` stands, when the value is written on one line without escapes. */
static struct place place_at(const struct spec_node *node, size_t offset)
{
    struct place place = spec_node_place(node);

    if (place.file && !memchr(node->string.bytes, '\n', node->string.length) &&
        !memchr(node->string.bytes, '\\', offset))
        place.column += (unsigned)offset + (node->quoted ? 1 : 0);
    return place;
}

static void add_failure(struct walk *walk, const struct spec_path *path,
                        const struct spec_template_failure *failure)
{
    const char *where = spec_path_text(walk->tree->arena, path, SPEC_PATH_ANY);
    struct place place = place_at(walk->node, failure->offset);
    struct error one;

    error_init(&one);
    switch (failure->kind) {
    case TEMPLATE_INVALID:
        (void)error_set_at(&one, ERROR_INPUT, place,
                           "invalid interpolation format for %s.\n"
                           "You may need to escape any $ with another $.\n%s",
                           where, walk->node->string.bytes);
        break;
    case TEMPLATE_REQUIRED:
        (void)error_set_at(
            &one, ERROR_INPUT, place,
            "error while interpolating %s: required variable %s is missing a value%s%s", where,
            failure->name, failure->message[0] ? ": " : "", failure->message);
        (void)error_hint(&one, "set %s in the shell or in .env", failure->name);
        break;
    case TEMPLATE_TOO_LARGE:
    case TEMPLATE_TOO_DEEP:
        (void)error_set_at(
            &one, ERROR_INPUT, place,
            "error while interpolating %s: the value grows too large or nests too deep", where);
        break;
    }
    (void)error_append(walk->err, &one);
}

static bool expand_string(struct walk *walk, struct spec_node *node, const struct spec_path *path)
{
    struct spec_lookup lookup = {get_variable, on_unset_variable, walk, walk->tree->arena};
    struct spec_template_failure failure;

    if (!memchr(node->string.bytes, '$', node->string.length))
        return true;
    walk->node = node;
    walk->used = node->origin->via;
    text_clear(&walk->text);
    if (!spec_template_expand(&walk->text, (struct span){node->string.bytes, node->string.length},
                              &lookup, &failure)) {
        add_failure(walk, path, &failure);
        return false;
    }
    walk->tree->interpolated_bytes += walk->text.length;
    if (walk->tree->interpolated_bytes > LIMIT_INTERPOLATED_TOTAL) {
        add_failure(walk, path, &(struct spec_template_failure){.kind = TEMPLATE_TOO_LARGE});
        return false;
    }
    node->string.bytes = arena_strndup(walk->tree->arena, walk->text.bytes, walk->text.length);
    node->string.length = walk->text.length;
    node->interpolated = true;
    if (walk->used != node->origin->via)
        node->origin = spec_origin_new(walk->tree->arena, node->origin->kind, node->origin->place,
                                       node->origin->detail, walk->used);
    return true;
}

/* The cast column is about the value itself, or about the values of a map (ulimits). */
static enum spec_cast cast_of(struct spec_shape shape)
{
    if (!shape.field || (shape.element && shape.field->kind != SPEC_KIND_MAP))
        return CAST_NONE;
    return shape.field->cast;
}

static void interpolate_string(struct walk *walk, struct spec_node *node, struct spec_shape shape,
                               const struct spec_path *path)
{
    enum spec_cast cast = cast_of(shape);
    const char *hint;
    struct error one;

    if (!expand_string(walk, node, path) || cast == CAST_NONE)
        return;
    error_init(&one);
    if (spec_cast(walk->tree, node, cast, &one))
        return;
    (void)error_wrap(&one, "failed to cast to expected type");
    (void)error_wrap(&one, "error while interpolating %s",
                     spec_path_text(walk->tree->arena, path, SPEC_PATH_ANY));
    /* Of a map it is a value that is cast. */
    hint = spec_remedy_for_value(walk->tree->arena, node,
                                 cast == CAST_INT ? SPEC_KIND_INT : shape.field->kind);
    if (hint)
        (void)error_hint(&one, "%s", hint);
    (void)error_append(walk->err, &one);
}

static void interpolate_node(struct walk *walk, struct spec_node *node, struct spec_shape shape,
                             const struct spec_path *path)
{
    if (node->kind == SPEC_STRING) {
        interpolate_string(walk, node, shape, path);
    } else if (node->kind == SPEC_LIST) {
        struct spec_shape inner = spec_shape_item(shape);

        for (size_t i = 0; i < node->list.count; i++) {
            struct spec_path step = {path, NULL, i};

            interpolate_node(walk, node->list.items[i], inner, &step);
        }
    } else if (node->kind == SPEC_MAP) {
        for (size_t i = 0; i < node->map.count; i++) {
            struct spec_path step = {path, node->map.items[i].key, 0};

            interpolate_node(walk, node->map.items[i].value, spec_shape_member(shape, step.key),
                             &step);
        }
    }
}

bool spec_interpolate(const struct spec_scope *scope, struct spec_node *root, struct error *err)
{
    const struct spec_path top = {0};
    struct error all;
    struct walk walk = {.scope = scope, .tree = scope->tree, .err = &all};

    error_init(&all);
    text_init(&walk.text, LIMIT_INTERPOLATED_BYTES);
    interpolate_node(&walk, root, spec_shape_root(), &top);
    text_finish(&walk.text);
    if (!error_is_set(&all))
        return true;
    error_move(err, &all);
    return false;
}
