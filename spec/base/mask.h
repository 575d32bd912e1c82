/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be shown of values: the one rule by which text is recognised as secret. Used wherever a value from a file, a
 * variable or the engine is printed: plans, errors, excerpts, traces, hints.
 *
 * A name is secret by its words, which are separated by other characters or by a change of case: `DB_PASSWORD`, `apiKey`,
 * `PGPASS`. A text has secret parts: the user information of a URL, the value of a secret option or variable
 * (`--password=x`, `TOKEN=x`, `-px` as MySQL's clients take it).
 */
#pragma once

#include <stdbool.h>

struct arena;

/** What stands for a secret part. */
#define MASK_TEXT "***"

/** Does a value of this name have to be hidden? Names as of variables, labels, options. */
bool mask_is_secret_name(const char *name);
/** The text with its secret parts replaced; the text itself when it has none. */
const char *mask_text(struct arena *arena, const char *text);
/** A value by its name and by what it holds; an empty one is shown. */
const char *mask_value(struct arena *arena, const char *name, const char *value);
