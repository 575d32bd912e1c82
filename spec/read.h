/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text to trees, one document at a time: anchors and merge keys resolved, every node with its place, paths of
 * `!reset` and `!override` noted. Anchors stay valid in the documents that follow, as they do in the reference.
 *
 *     struct spec_reader *reader = spec_reader_create(tree, "compose.yaml", content);
 *     while (spec_reader_next(reader, &document, err) && document.root)
 *         ... document.root, document.marks ...
 *     spec_reader_destroy(reader);
 *
 * Source: YAML 1.2 as read by Docker Compose 5.5.0.
 */
#pragma once

#include "spec/base/span.h"
#include "spec/reset.h"
#include "spec/tree.h"

struct spec_reader;

struct spec_document {
    struct spec_node *root; /* NULL behind the last document */
    struct spec_marks marks;
};

/** `content` and `file` are borrowed until the reader dies; `file` by the nodes too. */
struct spec_reader *spec_reader_create(struct spec_tree *tree, const char *file,
                                       struct span content);
void spec_reader_destroy(struct spec_reader *reader); /* NULL is allowed */

/**
 * The next document. Nodes and marks live in the tree's arena.
 * Errors: ERROR_INPUT with the place, for syntax, duplicate keys, keys that are no strings, unknown or cyclic
 *         aliases, crossed limits.
 */
bool spec_reader_next(struct spec_reader *reader, struct spec_document *ret_document,
                      struct error *err) WARN_UNUSED;
