/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "compose/execute/project_lock.h"
#include "tests/unit/test.h"

TEST(project_lock_is_held_between_take_and_release)
{
    char directory[] = "/tmp/project-lock-XXXXXX";
    struct project_lock *lock;

    assert_non_null(mkdtemp(directory));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", directory, 1), 0);
    assert_false(project_lock_is_held("unix:///engine", "shop"));
    lock = project_lock_create("unix:///engine", "shop");
    assert_false(project_lock_is_held("unix:///engine", "shop"));
    (void)project_lock_take(lock, NULL, 0);
    assert_true(project_lock_is_held("unix:///engine", "shop"));
    assert_false(project_lock_is_held("unix:///engine", "other"));
    assert_false(project_lock_is_held("unix:///second", "shop"));
    (void)project_lock_release(lock, true);
    assert_false(project_lock_is_held("unix:///engine", "shop"));
    project_lock_destroy(lock);
    /* The lock file has gone with its holder. */
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(rmdir("docker-compose"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(directory), 0);
}
