/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/build_order.h"
#include "tests/unit/test.h"

TEST(build_takes_the_image_of_from)
{
    assert_true(build_order_takes("FROM p/base\n", "p/base"));
    assert_true(
        build_order_takes("# c\n  from --platform=linux/amd64\tp/base:latest AS x\r\n", "p/base"));
    assert_true(build_order_takes("FROM busybox\nFROM docker.io/p/base", "p/base"));
    assert_false(build_order_takes("FROM p/base:2\nRUN echo p/base\n", "p/base"));
    assert_false(build_order_takes("", "p/base"));
    assert_false(build_order_takes("FROM\nFROMP p/base\n", "p/base"));
}

TEST(build_takes_the_image_of_copies_and_mounts)
{
    assert_true(build_order_takes("FROM a\nCOPY --from=p/base /x /y\n", "p/base"));
    assert_true(build_order_takes("RUN --mount=type=bind,from=p/base,target=/b true", "p/base"));
    assert_false(build_order_takes("COPY --from=0 /x /y\nCOPY --from=other p/base /y\n", "p/base"));
}

TEST(build_may_take_any_image_of_a_variable)
{
    assert_true(build_order_takes("ARG B\nFROM ${B}\n", "p/base"));
    assert_false(build_order_takes("ARG B\nFROM busybox\nRUN echo $B\n", "p/base"));
}
