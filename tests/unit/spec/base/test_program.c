/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"
#include "tests/unit/test.h"

/* "$" in a PATH of the table is the folder with the program; it is the current one as well. */
static const struct {
    const char *path, *name;
    bool found;
} rows[] = {
    {"$", "tool", true},          {"/nowhere:$", "tool", true},
    {"$:/nowhere", "tool", true}, {"", "tool", false},
    {":", "tool", false},         {"/nowhere:", "tool", false},
    {":/nowhere", "tool", false}, {".", "tool", false},
    {"./", "tool", false},        {"sub:../x", "tool", false},
    {"sub:.::$", "tool", true},   {"$", "folder", false},
    {"$", "plain", false},        {"$", "", false},
    {"/nowhere", "./tool", true}, {"/nowhere", "./none", false},
};

static void put(const char *name, mode_t mode)
{
    FILE *file = fopen(name, "we");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, mode), 0);
}

TEST(only_absolute_elements_of_path_count)
{
    struct arena *arena = arena_create();
    char root[] = "/tmp/unit-test-XXXXXX";

    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(mkdir("folder", 0755), 0);
    put("tool", 0755);
    put("plain", 0644);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[128];
        size_t length = 0;
        const char *found;

        for (const char *at = rows[i].path; *at; at++)
            length += (size_t)snprintf(path + length, sizeof(path) - length,
                                       *at == '$' ? "%s" : "%.1s", *at == '$' ? root : at);
        path[length] = '\0';
        assert_int_equal(setenv("PATH", path, 1), 0);
        found = program_find(arena, rows[i].name);
        if ((found != NULL) != rows[i].found)
            fail_msg("PATH=%s %s: %s", path, rows[i].name, found ? found : "not found");
        if (found && rows[i].name[0] != '.')
            assert_true(found[0] == '/');
    }
    assert_int_equal(unsetenv("PATH"), 0);
    assert_non_null(program_find(arena, "sh"));
    assert_int_equal(remove("tool") | remove("plain") | remove("folder") | remove(root), 0);
    arena_destroy(arena);
}
