/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.2 for a parser of YAML 1.1 (libyaml 0.2.5). The text is changed before it is parsed, so that the parser reads
 * what the reference reads:
 *
 *     {FOO:} [a:, b]           a colon before , ] or } ends a key; a space is inserted behind it
 *     [serve, :8080] {?b: 1}   a plain scalar may begin with : or ? in flow context; a private character replaces it
 *     DEL, U+0080 to U+009F    are characters like others; private characters replace them
 *
 * Private characters are those of a block that the text does not use; yaml_mend_restore() puts the original ones into
 * scalars. Only inserted spaces move what follows: yaml_mend_mark() corrects marks.
 * Source: YAML 1.2.2, sections 5.1, 7.3.3, 7.4.2; observed with Docker Compose 5.5.0.
 */
#pragma once

#include <yaml.h>

#include "spec/base/span.h"

struct yaml_mend;

/** NULL when the text needs no change, or cannot be changed (not in UTF-8). Borrows nothing. */
struct yaml_mend *yaml_mend_create(struct span content);
void yaml_mend_destroy(struct yaml_mend *mend); /* NULL is allowed, also below */

/** The text for the parser, owned by `mend`. */
struct span yaml_mend_text(const struct yaml_mend *mend);
/** The place in the original text. */
yaml_mark_t yaml_mend_mark(const struct yaml_mend *mend, yaml_mark_t mark);
/** Replace private characters of a scalar in place; returns the new length. */
size_t yaml_mend_restore(const struct yaml_mend *mend, char *bytes, size_t length);
