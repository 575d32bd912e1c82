/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the short form of a port and of a volume: it parses into parts that make sense, or says why not. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/mounts.h"
#include "spec/ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size);
    struct spec_short_ports ports;
    struct spec_short_mount mount;
    struct error err;

    error_init(&err);
    if (spec_short_ports_parse(arena, text, &ports, &err)) {
        for (size_t i = 0; i < ports.count; i++)
            if (ports.items[i].target > 65535 || !ports.items[i].protocol)
                abort();
    } else if (!error_is_set(&err)) {
        abort();
    }
    error_finish(&err);
    if (spec_short_mount_parse(arena, text, &mount, &err)) {
        if (!mount.target || !mount.target[0] || (mount.source && !mount.source[0]))
            abort();
    } else if (!error_is_set(&err)) {
        abort();
    }
    error_finish(&err);
    arena_destroy(arena);
    return 0;
}
