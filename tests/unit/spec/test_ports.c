/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/ports.h"

/* "host:published:target/protocol", one after the other, or the error. */
static void assert_parses(const char *form, const char *wanted)
{
    struct arena *arena = arena_create();
    struct spec_short_ports ports;
    struct error err;
    struct text got;

    error_init(&err);
    text_init(&got, 0);
    if (spec_short_ports_parse(arena, form, &ports, &err)) {
        for (size_t i = 0; i < ports.count; i++)
            text_addf(&got, "%s%s|%s|%u/%s", i ? " " : "",
                      ports.items[i].host_ip ? ports.items[i].host_ip : "",
                      ports.items[i].published ? ports.items[i].published : "",
                      ports.items[i].target, ports.items[i].protocol);
    } else {
        text_add(&got, err.frames[0].text);
    }
    assert_string_equal(got.bytes, wanted);
    text_finish(&got);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(port_takes_every_part)
{
    assert_parses("80", "||80/tcp");
    assert_parses("8080:80", "|8080|80/tcp");
    assert_parses("127.0.0.1:8080:80/UDP", "127.0.0.1|8080|80/udp");
    assert_parses("127.0.0.1::80", "127.0.0.1||80/tcp");
    assert_parses("[::1]:53:53/udp", "::1|53|53/udp");
    assert_parses("::1:53:53", "::1|53|53/tcp");
}

TEST(port_expands_ranges_in_the_order_of_text)
{
    assert_parses("9-11:9-11", "|10|10/tcp |11|11/tcp |9|9/tcp");
    assert_parses("3000-3001", "||3000/tcp ||3001/tcp");
    assert_parses("8000-9000:80", "|8000-9000|80/tcp");
}

TEST(port_refuses_what_makes_no_sense)
{
    assert_parses("x", "invalid containerPort: x");
    assert_parses("80:x", "invalid containerPort: x");
    assert_parses("x:80", "invalid hostPort: x");
    assert_parses("70000", "invalid containerPort: 70000");
    assert_parses("9-8", "invalid containerPort: 9-8");
    assert_parses("80/foo", "invalid proto: foo");
    assert_parses("a.b:1:80", "invalid IP address: a.b");
    assert_parses("[::1:80:80", "invalid IP address: [::1");
    assert_parses("8080:", "no port specified: 8080:<empty>");
    assert_parses("1-3:1-2", "invalid ranges specified for container and host Ports: 1-2 and 1-3");
}
