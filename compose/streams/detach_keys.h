/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key sequence that leaves a container's terminal without ending its process: "ctrl-p,ctrl-q" by default.
 * What is typed goes through a filter that holds back the beginning of a sequence until it is known whether it
 * becomes one.
 *
 *     struct detach_keys keys;
 *     if (!detach_keys_parse("ctrl-p,ctrl-q", &keys, err))
 *         return false;
 *     if (detach_keys_filter(&keys, typed, &to_send))
 *         ... the user wants to leave ...
 *
 * Source: docker CLI, `--detach-keys`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct text;

#define DETACH_KEYS_DEFAULT "ctrl-p,ctrl-q"

enum { DETACH_KEYS_LONGEST = 16 };

/** Plain data; `length` 0: there is no such sequence. */
struct detach_keys {
    char keys[DETACH_KEYS_LONGEST];
    size_t length;
    size_t matched; /* of what was typed last */
};

/**
 * Keys separated by commas: a character, `ctrl-` and a letter or one of @ [ \ ] ^ _, or DEL. "" is no sequence.
 *
 * Errors: ERROR_USAGE.
 */
bool detach_keys_parse(const char *text, struct detach_keys *ret_keys,
                       struct error *err) WARN_UNUSED;
/** Append what of `typed` is to be sent on; true when the sequence is complete (what follows it is dropped). */
bool detach_keys_filter(struct detach_keys *keys, struct span typed, struct text *out);
