/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "compose/observe/ports_text.h"
#include "engine_client/container.h"
#include "spec/base/text.h"

static void expect(struct engine_port *ports, size_t count, const char *expected)
{
    struct text out;

    text_init(&out, 0);
    ports_text_add(&out, ports, count);
    assert_string_equal(out.bytes, expected);
    text_finish(&out);
}

TEST(ranges_moved_and_unpublished_ports)
{
    struct engine_port range[] = {
        {"0.0.0.0", 8001, 8001, "tcp"}, {"::", 8000, 8000, "tcp"},
        {"0.0.0.0", 8000, 8000, "tcp"}, {"::", 8001, 8001, "tcp"},
        {"0.0.0.0", 8003, 8003, "tcp"},
    };
    struct engine_port mixed[] = {
        {"::", 81, 21002, "udp"},
        {"127.0.0.1", 80, 21001, "tcp"},
        {"0.0.0.0", 81, 21002, "udp"},
        {"", 90, 0, "tcp"},
    };

    expect(
        range, COUNT_OF(range),
        "0.0.0.0:8000-8001->8000-8001/tcp, 0.0.0.0:8003->8003/tcp, [::]:8000-8001->8000-8001/tcp");
    expect(mixed, COUNT_OF(mixed),
           "90/tcp, 127.0.0.1:21001->80/tcp, 0.0.0.0:21002->81/udp, [::]:21002->81/udp");
    expect(NULL, 0, "");
}
