/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/suggest.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

enum { LONGEST_NAME = 64 }; /* longer words are never a slip of the finger */

struct suggestion suggestion_for(const char *typed)
{
    size_t length = strlen(typed);

    /* One slip in a short word, up to three in a long one. */
    return (struct suggestion){.typed = typed, .distance = length < 4 ? 2 : length < 8 ? 3 : 4};
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Edits (insert, delete, replace, swap of neighbours) between two words. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];

    if (a_length > LONGEST_NAME || b_length > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= b_length; j++)
        previous[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = before;

        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);

            current[j] = smallest(previous[j] + 1, current[j - 1] + 1, replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < current[j])
                current[j] = before[j - 2] + 1;
        }
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b_length];
}

void suggestion_consider(struct suggestion *suggestion, const char *candidate)
{
    size_t distance = edit_distance(suggestion->typed, candidate);

    /* What was typed may be the beginning of a longer name, or another part of it. */
    if (strlen(suggestion->typed) >= 3 && text_starts_with(candidate, suggestion->typed))
        distance = 1;
    else if (strlen(suggestion->typed) >= 5 && strstr(candidate, suggestion->typed))
        distance = 2;
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = candidate;
    }
}
