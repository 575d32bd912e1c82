/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean …?": the nearest of some names to what was typed. Feed the candidates one after the other.
 *
 *     struct suggestion near = suggestion_for("staus");
 *     suggestion_consider(&near, "status");
 *     if (near.best) …
 */
#pragma once

#include <stddef.h>

struct suggestion {
    const char *typed;
    const char *best; /* borrowed from the candidates; NULL when none is near */
    size_t distance;
};

struct suggestion suggestion_for(const char *typed);
void suggestion_consider(struct suggestion *suggestion, const char *candidate);
