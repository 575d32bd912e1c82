/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/unit/test.h"

static struct CMUnitTest *tests;
static size_t count;

void test_register(const char *name, void (*function)(void **state))
{
    /* Runs before main(): plain realloc, nothing of the program is relied upon. */
    tests = realloc(tests, (count + 1) * sizeof(*tests));
    if (tests == NULL)
        abort();
    tests[count++] = (struct CMUnitTest){.name = name, .test_func = function};
}

int main(void)
{
    int failed = count == 0 ? 1 : _cmocka_run_group_tests("unit", tests, count, NULL, NULL);

    free(tests);
    return failed == 0 ? 0 : 1;
}
