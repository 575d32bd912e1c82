/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/fold.h"

#include <errno.h>
#include <string.h>

#include "spec/attribute.h"
#include "spec/base/limits.h"
#include "spec/canonical.h"
#include "spec/check.h"
#include "spec/defaults.h"
#include "spec/extends.h"
#include "spec/file.h"
#include "spec/include.h"
#include "spec/interpolate.h"
#include "spec/merge.h"
#include "spec/near_file.h"
#include "spec/paths.h"
#include "spec/project.h"
#include "spec/read.h"
#include "spec/remedy.h"
#include "spec/rules.h"
#include "spec/unique.h"
#include "spec/valueless.h"

static bool read_documents(struct spec_reader *reader, struct spec_tree *tree,
                           struct spec_source *source, struct error *err)
{
    struct spec_document document;

    for (;;) {
        if (!spec_reader_next(reader, &document, err))
            return false;
        if (!document.root)
            return true;
        source->documents = arena_grow(tree->arena, source->documents, &source->capacity,
                                       source->count + 1, sizeof(*source->documents));
        source->documents[source->count++] =
            (struct spec_source_document){document.root, document.marks};
    }
}

bool spec_source_read(struct spec_tree *tree, const char *file, struct spec_sources *sources,
                      struct error *err)
{
    struct spec_source source = {.file = file};
    struct spec_reader *reader;
    struct span content;
    bool done;

    if (!spec_file_read(tree->arena, file, LIMIT_FILE_BYTES, &content, err))
        return err->errno_value == ENOENT ? near_file_hint(err, tree->arena, file) : false;
    reader = spec_reader_create(tree, file, content);
    done = read_documents(reader, tree, &source, err);
    spec_reader_destroy(reader);
    if (!done)
        return false;
    sources->items = arena_grow(tree->arena, sources->items, &sources->capacity, sources->count + 1,
                                sizeof(*sources->items));
    sources->items[sources->count++] = source;
    return true;
}

/* `version` says nothing any more. */
static void drop_version(const struct spec_scope *scope, struct spec_node *root)
{
    const struct spec_node *version = spec_node_get(root, "version");
    struct spec_tree *tree = scope->tree;

    if (!version)
        return;
    if (!strings_contain(&tree->warned_versions, scope->file)) {
        strings_add(&tree->warned_versions, tree->arena, scope->file);
        warnings_add(
            tree->warnings, spec_node_place(version),
            "%s: the attribute `version` is obsolete, it will be ignored, please remove it to avoid "
            "potential confusion",
            scope->file);
    }
    (void)spec_node_remove(root, "version");
}

enum fold_kind { FOLD_WHOLE, FOLD_EXTENDED };

/* What a document goes through before it meets the earlier ones. */
static bool prepare(const struct spec_scope *scope, enum fold_kind kind,
                    struct spec_source_document *document, struct error *err)
{
    struct spec_node *root = document->root;

    if (root->kind != SPEC_MAP)
        return error_set_at(err, ERROR_INPUT, spec_node_place(root),
                            "top-level object must be a mapping");
    if (!scope->tree->options->no_interpolate && !spec_interpolate(scope, root, err))
        return false;
    return kind == FOLD_EXTENDED || (spec_include(scope, root, &document->marks, err) &&
                                     spec_extends(scope, root, &document->marks, err));
}

/*
 * Elsewhere an empty value leaves what earlier documents say; a document whose services are empty is refused, also where
 * nothing else is checked.
 */
static bool has_no_services(struct spec_tree *tree, const struct spec_node *root, struct error *err)
{
    const struct spec_path top = {0}, path = {&top, "services", 0};
    const struct spec_node *services = spec_node_get(root, "services");
    const char *hint;

    if (!services || services->kind != SPEC_NULL)
        return false;
    (void)error_set_at(err, ERROR_INPUT, spec_node_place(services), "services must be a mapping");
    hint = spec_remedy_for_kind(tree->arena, services, A_MAP, &path);
    if (hint)
        (void)error_hint(err, "%s", hint);
    return true;
}

static struct spec_node *services_of(const struct spec_node *root)
{
    struct spec_node *services = spec_node_get(root, "services");

    return spec_node_is(services, SPEC_MAP) ? services : NULL;
}

/*
 * The canonical form of a file that services extend: only the service that is extended has to be a mapping, which
 * spec_extends() checks when it gets there.
 */
static bool make_extended_canonical(struct spec_tree *tree, struct spec_node *root,
                                    struct error *err)
{
    struct spec_node *services = services_of(root);
    struct spec_node aside = {.kind = SPEC_MAP};

    for (size_t i = spec_node_count(services); i-- > 0;) {
        const struct spec_member member = services->map.items[i];

        if (member.value->kind == SPEC_MAP)
            continue;
        spec_node_put(tree->arena, &aside, member.key, member.value, member.place);
        (void)spec_node_remove(services, member.key);
    }
    if (!spec_canonical(tree, root, err) || !spec_unique(tree, root, err))
        return false;
    services = services_of(root);
    for (size_t i = 0; i < aside.map.count; i++)
        spec_node_put(tree->arena, services, aside.map.items[i].key, aside.map.items[i].value,
                      aside.map.items[i].place);
    return true;
}

/* Lay one document over `*root`. */
static bool fold_document(const struct spec_scope *scope, enum fold_kind kind,
                          struct spec_source_document *document, struct spec_node **root,
                          struct error *err)
{
    const struct spec_path top = {0};
    struct spec_tree *tree = scope->tree;

    if (!prepare(scope, kind, document, err))
        return false;
    if (*root) {
        if (has_no_services(tree, document->root, err))
            return false;
        spec_reset_apply(*root, &top, &document->marks);
        *root = spec_merge(tree, *root, document->root, spec_shape_root(), &top, err);
    } else {
        *root = document->root;
    }
    if (!*root || !spec_unique(tree, *root, err))
        return false;
    if (kind == FOLD_WHOLE) {
        if (tree->options->no_check ? has_no_services(tree, *root, err)
                                    : !spec_check(tree, *root, scope->file, err))
            return false;
        drop_version(scope, *root);
    }
    if (kind == FOLD_EXTENDED)
        return make_extended_canonical(tree, *root, err);
    return spec_canonical(tree, *root, err) && spec_unique(tree, *root, err);
}

static bool fold_source(const struct spec_scope *scope, enum fold_kind kind,
                        struct spec_source *source, struct spec_node **root, struct error *err)
{
    struct spec_scope inner = *scope;

    inner.file = source->file;
    for (size_t i = 0; i < source->count; i++)
        if (!fold_document(&inner, kind, &source->documents[i], root, err))
            return false;
    return true;
}

static struct spec_node *empty_root(struct spec_tree *tree, const char *file)
{
    struct place place = {file, 1, 1};

    return spec_node_new(tree->arena, SPEC_MAP,
                         spec_origin_new(tree->arena, SPEC_FROM_TEXT, place, NULL, NULL));
}

bool spec_fold(const struct spec_scope *scope, struct spec_sources *sources,
               struct spec_node **ret_root, struct error *err)
{
    struct spec_tree *tree = scope->tree;
    struct spec_node *root = NULL;

    for (size_t i = 0; i < sources->count; i++)
        if (!fold_source(scope, FOLD_WHOLE, &sources->items[i], &root, err))
            return false;
    if (!root)
        root = empty_root(tree, sources->count ? sources->items[0].file : NULL);
    spec_defaults(tree, root);
    if (!tree->options->no_check && !spec_rules_check(tree, root, err))
        return false;
    if (scope->resolve_paths && !spec_paths_resolve(tree, root, scope->path_prefix, err))
        return false;
    spec_valueless_resolve(scope, root);
    *ret_root = root;
    return true;
}

bool spec_fold_extended(const struct spec_scope *scope, struct spec_source *source,
                        struct spec_node **ret_root, struct spec_marks *ret_marks,
                        struct error *err)
{
    struct spec_node *root = NULL;

    if (!fold_source(scope, FOLD_EXTENDED, source, &root, err))
        return false;
    if (!root)
        root = empty_root(scope->tree, source->file);
    if (!spec_paths_resolve(scope->tree, root, scope->path_prefix, err))
        return false;
    *ret_root = root;
    *ret_marks =
        source->count ? source->documents[source->count - 1].marks : (struct spec_marks){0};
    return true;
}
