/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of what configs and secrets hold. All results are lower-case hex in `arena`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

struct arena;

/**
 * SHA-256 of a regular file's bytes, read piece by piece. Never waits: a FIFO, device or socket is an error.
 *
 * Errors: ERROR_SYSTEM, `open PATH: permission denied`; ERROR_INPUT when it is not a regular file or has more than
 * `limit` bytes.
 */
bool spec_digest_file(struct arena *arena, const char *path, uint64_t limit, const char **ret_hex,
                      struct error *err) WARN_UNUSED;
/**
 * Derived from a SHA-256 (hex) and a salt (hex) so slowly, about 10 ms, that trying all likely secrets takes long.
 * Source: RFC 7914, scrypt with N = 4096, r = 8, p = 1; 16 bytes.
 */
const char *spec_digest_secret(struct arena *arena, const char *sha256, const char *salt);
/** 16 random bytes. */
const char *spec_digest_salt(struct arena *arena);
