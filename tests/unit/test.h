/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a unit test includes: cmocka, and TEST(), which registers the test that it defines, so that no list of tests has
 * to be kept beside them. A file tests/unit/FOLDER/test_THING.c becomes one program; main() is in test_main.c.
 *
 *     #include "tests/unit/test.h"
 *
 *     TEST(port_rejects_reversed_range)
 *     {
 *         assert_false(...);
 *     }
 *
 * `state` is cmocka's and unused.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** Add a test to the program's list. Called by TEST() before main(); tests run in the order of the file. */
void test_register(const char *name, void (*function)(void **state));

#define TEST(name)                                                                                 \
    static void name(void **state);                                                                \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        test_register(#name, name);                                                                \
    }                                                                                              \
    static void name(__attribute__((unused)) void **state)
