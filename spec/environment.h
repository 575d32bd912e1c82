/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables by name: the shell's, those of .env files below them, and what an include adds. Lives in an arena; names
 * and values are borrowed. Zeroed memory with `arena` set is an empty one.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/index.h"
#include "spec/base/strings.h"

struct arena;

struct spec_environment {
    struct arena *arena;
    struct pairs variables; /* in order of arrival */
    struct index index;
    struct place *places; /* of the variables with the same number; `file` NULL: the shell's */
    size_t place_count, place_capacity;
};

/** The value, or NULL when the variable is not set. */
const char *spec_environment_get(const struct spec_environment *environment, const char *name);
/** The line that set a variable, or a place without a file for one of the shell. */
struct place spec_environment_place(const struct spec_environment *environment, const char *name);
void spec_environment_set(struct spec_environment *environment, const char *name,
                          const char *value);
void spec_environment_set_at(struct spec_environment *environment, const char *name,
                             const char *value, struct place place);
/** Add only what is not there yet: the variables of `below` have lower precedence. */
void spec_environment_add_below(struct spec_environment *environment,
                                const struct spec_environment *below);
/** Add a NULL-terminated list of "K=V"; entries without `=` are left out. */
void spec_environment_add_list(struct spec_environment *environment, const char *const *list);
struct spec_environment *spec_environment_copy(struct arena *arena,
                                               const struct spec_environment *environment);
