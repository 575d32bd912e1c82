/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/proxy.h"

#include "tests/unit/test.h"

TEST(proxy_lists_are_read_as_the_docker_cli_reads_them)
{
    static const struct {
        const char *list, *host;
        bool has;
    } rows[] = {
        {"", "h.test", false},
        {"*", "h.test", true},
        {"h.test", "h.test", true},
        {"H.Test", "h.tEST", true},
        {"test", "h.test", true},
        {"h.test", "xh.test", false},
        {".test", "h.test", true},
        {".h.test", "h.test", false},
        {"*.test", "h.test", true},
        {"*.h.test", "h.test", false},
        {" a , h.test ", "h.test", true},
        {"h.test:2375", "h.test", true},
        {"h.test:80", "h.test", false},
        {",,", "h.test", false},
        {".", "h.test", false},
        {"10.0.0.0/8", "10.1.2.3", true},
        {"10.0.0.0/8", "11.1.2.3", false},
        {"10.0.0.0/33", "10.0.0.0", false},
        {"10.0.0.0/0", "1.2.3.4", true},
        {"10.0.0.0/x", "10.0.0.0", false},
        {"10.0.0.0/8", "h.test", false},
        {"fd00::/8", "fd00::1", true},
        {"fd00::/8", "10.0.0.1", false},
        {"10.0.0.1", "10.0.0.1", true},
        {"fd00::1", "fd00::1", true},
        {"[fd00::1]:2375", "fd00::1", true},
        {"[fd00::1]:1", "fd00::1", false},
        {"[", "h.test", false},
        {":2375", "h.test", false},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (proxy_list_has(rows[i].list, rows[i].host, 2375) != rows[i].has)
            fail_msg("%s, %s", rows[i].list, rows[i].host);
}
