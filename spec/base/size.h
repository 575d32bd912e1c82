/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as text: "512m", "1.5 GiB", "1073741824".
 * Source: Compose Specification, "Specifying byte values"; base 1024, as observed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

/**
 * A plain signed integer, or a number with decimals, optional space and unit b k m g t p (kb, kib ...), any case.
 *
 * Errors: ERROR_INPUT, `invalid size: '-1g'`, `invalid suffix: 'x'`.
 * Units:  bytes; fractions of a byte are cut off.
 */
bool size_parse(const char *text, int64_t *ret_bytes, struct error *err) WARN_UNUSED;
