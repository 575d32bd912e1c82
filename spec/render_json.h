/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One struct of the model as JSON: what `config --format json` prints of it, and what is hashed.
 */
#pragma once

#include "spec/any.h"
#include "spec/base/json_writer.h"
#include "spec/hash.h"

enum spec_json_use {
    SPEC_JSON_PRINT,  /* everything, in the form of 5.5 */
    SPEC_JSON_HASH_5, /* without what is not hashed */
    SPEC_JSON_HASH_2, /* the same as 2.x hashed it */
};

/** Write `record`, a struct of `type`; NULL is written like an empty one. */
void spec_json_record(struct json_writer *json, const struct spec_type *type, const void *record,
                      enum spec_json_use use);
