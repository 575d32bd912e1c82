/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of `build`: images of the services asked for, whatever is there. Pure.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/strings.h"

struct plan;
struct wanted;

struct reconcile_builds {
    struct strings services; /* names; those without a build section are passed over */
    bool in_order; /* dependencies are built first: for builders that take one image at a time */
    bool push;     /* what has an `image`, after its build */
};

struct plan *reconcile_builds(const struct wanted *wanted, const struct reconcile_builds *what);
