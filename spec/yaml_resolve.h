/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plain YAML scalar means: the core schema with leftovers of YAML 1.1. The reader resolves with it, and the
 * writer quotes strings that would resolve to something else.
 * Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_meaning {
    YAML_MEANS_TEXT,
    YAML_MEANS_NULL,
    YAML_MEANS_BOOL,
    YAML_MEANS_INT,
    YAML_MEANS_FLOAT,
    YAML_MEANS_TIMESTAMP,
    YAML_MEANS_MERGE, /* << */
};

struct yaml_value {
    bool boolean;
    int64_t integer;
    uint64_t
        huge; /* an integer above INT64_MAX, which has `number` roughly instead of `integer`; 0 otherwise */
    double number;
};

/** What these characters mean when they stand unquoted; `ret_value` (or NULL) is set for BOOL, INT and FLOAT. */
enum yaml_meaning yaml_resolve(const char *s, size_t length, struct yaml_value *ret_value);
/** Words and base-60 numbers that YAML 1.1 reads as something else than a string. */
bool yaml_is_old_word(const char *s, size_t length);
