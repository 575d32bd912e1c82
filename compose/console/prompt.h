/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of yes or no. The message goes to stdout, one word is read from stdin; y, Y or a true boolean says yes,
 * anything else and the end of input say no. The loop turns meanwhile. Source: Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct session;

/** False with ERROR_CANCELED when a signal came instead of an answer. */
bool prompt_confirm(struct session *session, const char *message, bool *ret_yes,
                    struct error *err) WARN_UNUSED;
