/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compose/execute/port_holder.h"
#include "spec/base/arena.h"
#include "tests/unit/test.h"

TEST(listener_is_named_with_its_process)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct arena *arena = arena_create();
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    char *ours = arena_printf(arena, "(process %d)", (int)getpid());
    const char *holder;

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_null(
        port_holder_find(arena, ntohs(address.sin_port))); /* bound, but nobody listens yet */
    assert_int_equal(listen(listener, 1), 0);
    holder = port_holder_find(arena, ntohs(address.sin_port));
    assert_non_null(holder);
    assert_non_null(strstr(holder, ours));
    assert_true(port_holder_listens(ntohs(address.sin_port)));
    assert_int_equal(close(listener), 0);
    assert_null(port_holder_find(arena, ntohs(address.sin_port)));
    assert_false(port_holder_listens(ntohs(address.sin_port)));
    arena_destroy(arena);
}
