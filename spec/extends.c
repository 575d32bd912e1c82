/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/extends.h"

#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/base/suggest.h"
#include "spec/base/text.h"
#include "spec/file.h"
#include "spec/fold.h"
#include "spec/merge.h"
#include "spec/remedy.h"
#include "spec/remote.h"

/* Files are read once a load, however many services extend theirs. */
struct spec_extended_file {
    const char *file, *prefix;
    const struct spec_environment *environment;
    struct spec_node *root;
    struct spec_marks marks;
    struct spec_extended_file *next;
};

/* The services among which a base is looked for. */
struct shelf {
    const struct spec_scope *scope;
    const char *file;
    struct spec_node *services;
    const struct spec_marks *marks;
};

/* One step of a chain of extends, kept on the stack to find circles. */
struct link {
    const struct link *before;
    const char *file, *service;
    unsigned depth;
};

struct reference {
    const char *service, *file; /* file NULL: the same one */
    const struct spec_node *node;
};

static bool fail_circle(struct error *err, const struct link *link, const struct link *last,
                        struct place place)
{
    CLEANUP(text_finish) struct text words;
    const struct link *chain[LIMIT_INCLUDE_DEPTH + 2];
    size_t count = 0;

    text_init(&words, LIMIT_MESSAGE_BYTES);
    for (; link && count < COUNT_OF(chain); link = link->before)
        chain[count++] = link;
    text_add(&words, "Circular reference:");
    for (size_t i = count; i > 0; i--)
        text_addf(&words, "\n  %s%s in %s", i == count ? "" : "extends ", chain[i - 1]->service,
                  chain[i - 1]->file);
    text_addf(&words, "\n  extends %s in %s", last->service, last->file);
    return error_set_at(err, ERROR_INPUT, place, "%s", words.bytes);
}

static bool check_circle(struct error *err, const struct link *link, struct place place)
{
    for (const struct link *at = link->before; at; at = at->before)
        if (strcmp(at->file, link->file) == 0 && strcmp(at->service, link->service) == 0)
            return fail_circle(err, link->before, link, place);
    if (link->depth > LIMIT_INCLUDE_DEPTH)
        return error_set_at(err, ERROR_INPUT, place,
                            "services extend each other more than %u times", LIMIT_INCLUDE_DEPTH);
    return true;
}

static bool read_reference(const struct spec_node *extends, const char *name,
                           struct reference *ret_reference, struct error *err)
{
    const struct spec_node *file = spec_node_get(extends, "file");
    struct reference reference = {.node = extends};

    if (extends->kind == SPEC_STRING)
        reference.service = extends->string.bytes;
    else
        reference.service = spec_node_text(spec_node_get(extends, "service"));
    if (!reference.service)
        return error_set_at(err, ERROR_INPUT, spec_node_place(extends),
                            "extends.%s.service is required", name);
    if (file && file->kind != SPEC_NULL) {
        reference.file = spec_node_text(file);
        reference.node = file;
        if (!reference.file)
            return error_set_at(err, ERROR_INPUT, spec_node_place(file),
                                "extends.%s.file must be a string", name);
    }
    *ret_reference = reference;
    return true;
}

static struct spec_extended_file *find_file(const struct spec_scope *scope, const char *file,
                                            const char *prefix)
{
    struct spec_extended_file *at = scope->tree->extended;

    while (at && (at->environment != scope->environment || strcmp(at->file, file) != 0 ||
                  strcmp(at->prefix, prefix) != 0))
        at = at->next;
    return at;
}

static struct spec_extended_file *load_file(const struct spec_scope *scope,
                                            const struct reference *reference, struct error *err)
{
    struct spec_tree *tree = scope->tree;
    const char *file = path_join(tree->arena, scope->base_dir, reference->file);
    const char *directory = path_directory(tree->arena, file);
    const char *prefix = path_relative(tree->arena, scope->base_dir, directory);
    struct spec_extended_file *known = find_file(scope, file, prefix);
    struct spec_sources sources = {0};
    struct spec_scope inner = *scope;

    if (known)
        return known;
    if (++tree->includes > LIMIT_INCLUDES) {
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(reference->node),
                           "more than %u files are included and extended", LIMIT_INCLUDES);
        return NULL;
    }
    if (!spec_source_read(tree, file, &sources, err)) {
        (void)error_place(err, spec_node_place(reference->node));
        return NULL;
    }
    inner.base_dir = directory;
    inner.path_prefix = prefix;
    known = arena_alloc(tree->arena, sizeof(*known));
    *known = (struct spec_extended_file){
        .file = file, .prefix = prefix, .environment = scope->environment};
    if (!spec_fold_extended(&inner, &sources.items[0], &known->root, &known->marks, err))
        return NULL;
    known->next = tree->extended;
    tree->extended = known;
    return known;
}

static bool fail_kind(struct arena *arena, const struct spec_node *service,
                      const struct spec_path *path, struct error *err)
{
    const char *hint = spec_remedy_for_kind(arena, service, A_MAP, path);

    (void)error_set_at(err, ERROR_INPUT, spec_node_place(service), "services.%s must be a mapping",
                       path->key);
    return hint ? error_hint(err, "%s", hint) : false;
}

/* No service of that name: perhaps one of another. */
static bool hint_service(const struct spec_node *services, const char *typed, struct error *err)
{
    struct suggestion near = suggestion_for(typed);

    for (size_t i = 0; services->kind == SPEC_MAP && i < services->map.count; i++)
        suggestion_consider(&near, services->map.items[i].key);
    return near.best ? error_hint(err, "did you mean \"%s\"?", near.best) : false;
}

/* The shelf that the base stands on. */
static bool find_shelf(const struct shelf *shelf, const char *name,
                       const struct reference *reference, struct shelf *ret_shelf,
                       struct error *err)
{
    struct place place = spec_node_place(reference->node);
    const struct spec_extended_file *file;
    const char *path;

    if (!reference->file) {
        if (!spec_node_get(shelf->services, reference->service)) {
            (void)error_set_at(err, ERROR_INPUT, place,
                               "cannot extend service \"%s\" in %s: service \"%s\" not found", name,
                               shelf->file, reference->service);
            return hint_service(shelf->services, reference->service, err);
        }
        *ret_shelf = *shelf;
        return true;
    }
    if (spec_is_remote(reference->file))
        return spec_remote_refuse(err, place, "extend from", reference->file);
    file = load_file(shelf->scope, reference, err);
    if (!file)
        return false;
    path = reference->file;
    *ret_shelf =
        (struct shelf){shelf->scope, path, spec_node_get(file->root, "services"), &file->marks};
    if (!ret_shelf->services)
        return error_set_at(err, ERROR_INPUT, place,
                            "cannot extend service \"%s\" in %s: no services section", name, path);
    if (ret_shelf->services->kind != SPEC_MAP)
        return error_set_at(err, ERROR_INPUT, place,
                            "cannot extend service \"%s\" in %s: services must be a mapping", name,
                            path);
    if (spec_node_get(ret_shelf->services, reference->service))
        return true;
    (void)error_set_at(err, ERROR_INPUT, place,
                       "cannot extend service \"%s\" in %s: service \"%s\" not found in %s", name,
                       shelf->file, reference->service, path);
    return hint_service(ret_shelf->services, reference->service, err);
}

/* Resolve the service `name` of the shelf; `*ret_service` is NULL for one that is null. */
static bool resolve(const struct shelf *shelf, const char *name, const struct link *before,
                    struct spec_node **ret_service, struct error *err)
{
    struct spec_tree *tree = shelf->scope->tree;
    struct spec_node *service = spec_node_get(shelf->services, name), *base = NULL;
    const struct spec_path top = {0}, services = {&top, "services", 0}, path = {&services, name, 0};
    struct link link = {before, shelf->file, name, before ? before->depth + 1 : 0};
    struct reference reference = {0};
    struct spec_shape shape;
    struct shelf other;

    *ret_service = service;
    if (!service || service->kind == SPEC_NULL) {
        *ret_service = NULL;
        return true;
    }
    if (service->kind != SPEC_MAP)
        return fail_kind(shelf->scope->tree->arena, service, &path, err);
    if (!spec_node_get(service, "extends"))
        return true;
    if (!read_reference(spec_node_get(service, "extends"), name, &reference, err) ||
        !check_circle(err, &link, spec_node_place(reference.node)) ||
        !find_shelf(shelf, name, &reference, &other, err) ||
        !resolve(&other, reference.service, &link, &base, err))
        return false;
    if (base) {
        shape = spec_shape_member(spec_shape_member(spec_shape_root(), "services"), name);
        if (!spec_tree_count(tree, spec_node_total(base), spec_node_place(reference.node), err))
            return false;
        base = spec_node_copy(tree->arena, base);
        spec_origin_mark(tree, base, spec_node_place(reference.node),
                         arena_printf(tree->arena, "services.%s.extends", name));
        spec_reset_apply(base, &path, shelf->marks);
        service = spec_merge(tree, base, service, shape, &path, err);
        if (!service)
            return false;
        spec_node_put(tree->arena, shelf->services, name, service, (struct place){0});
    }
    (void)spec_node_remove(service, "extends");
    *ret_service = service;
    return true;
}

bool spec_extends(const struct spec_scope *scope, struct spec_node *root,
                  const struct spec_marks *marks, struct error *err)
{
    struct shelf shelf = {scope, scope->file, spec_node_get(root, "services"), marks};
    struct spec_node *service;

    for (size_t i = 0; i < spec_node_count(shelf.services); i++)
        if (shelf.services->kind == SPEC_MAP &&
            !resolve(&shelf, shelf.services->map.items[i].key, NULL, &service, err))
            return false;
    return true;
}
