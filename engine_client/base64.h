/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648), over OpenSSL.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

struct text;

/** Append; `url_safe` writes '-' and '_' for '+' and '/'. Padding is written in both. */
void base64_encode(struct text *out, struct span bytes, bool url_safe);
/** Append what `coded` stands for (standard alphabet, white space at the end is skipped); false when it is no base64. */
bool base64_decode(struct text *out, struct span coded) WARN_UNUSED;
