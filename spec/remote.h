/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names something elsewhere instead of a path.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

/** A Git URL or an OCI artifact, as `-f`, include and extends take them. */
bool spec_is_remote(const char *path);
/** Refuse it; `action` is what was to be done, "include". Returns false. */
bool spec_remote_refuse(struct error *err, struct place place, const char *action,
                        const char *path);
/** A build context that is a URL of some kind. */
bool spec_is_remote_context(const char *context);
