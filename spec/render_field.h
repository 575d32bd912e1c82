/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the YAML and the JSON renderer share: whether a member is printed at all, and values as text.
 */
#pragma once

#include <stdbool.h>

#include "spec/any.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

/** Absent, false, zero or empty: not printed unless the row says otherwise. */
bool spec_field_is_empty(const struct spec_field *field, const void *member);
/** No member of the struct is printed in YAML. NULL is empty. */
bool spec_record_is_empty(const struct spec_type *type, const void *record);
/** A key that the user added: x-something. */
bool spec_is_extension(const char *key);
/** "host=address" for each address, sorted; in `arena`. */
struct strings spec_hosts_list(struct arena *arena, const struct spec_hosts *hosts);
/** A size, duration or mode as it is printed; `out` is overwritten. */
void spec_value_text(struct text *out, enum spec_kind kind, int64_t value);
