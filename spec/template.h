/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that variables are put into: $NAME, ${NAME}, ${NAME:-default} and the other operators, $$.
 *
 *     struct spec_template_failure failure;
 *     if (!spec_template_expand(&out, span_of("${A:-b}"), &lookup, &failure))
 *         ... failure.kind, failure.name, failure.message ...
 *
 * Source: Compose Specification, interpolation; corner cases observed with Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

struct arena;
struct text;

/** Where values come from. Both functions get `owner`. */
struct spec_lookup {
    /** The value, or NULL when the variable is not set. */
    const char *(*get)(void *owner, const char *name);
    /** Told of a variable that is not set where no default applies; may be NULL. */
    void (*on_unset)(void *owner, const char *name);
    void *owner;
    struct arena *arena; /* for names and messages */
};

enum spec_template_failure_kind {
    TEMPLATE_INVALID,  /* bad braces */
    TEMPLATE_REQUIRED, /* `name` is missing, `message` is what its author says */
    TEMPLATE_TOO_LARGE,
    TEMPLATE_TOO_DEEP,
};

struct spec_template_failure {
    enum spec_template_failure_kind kind;
    size_t offset; /* of the `$`, when it stands in the text itself and not in a default */
    const char *name, *message;
};

/** Append `template` with its variables replaced. False with `ret_failure` set; `out` then holds a part of it. */
bool spec_template_expand(struct text *out, struct span template, const struct spec_lookup *lookup,
                          struct spec_template_failure *ret_failure) WARN_UNUSED;

/** One use of a variable, as `config --variables` lists it. */
struct spec_template_variable {
    const char *name, *fallback,
        *presence; /* the texts behind `-` and `+`, "" when there is none */
    bool required;
};
typedef void spec_template_variable_fn(void *owner, const struct spec_template_variable *variable);

/** Call `visit` for each variable of the text, those of defaults too. Bad braces
 * count as a variable without a name, as in the reference. */
void spec_template_visit(struct arena *arena, struct span template,
                         spec_template_variable_fn *visit, void *owner);
