/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/mounts.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/base/utf8.h"

/* The bytes of a leading letter (of any script, as in the reference) whose colon makes it a Windows drive, or 0. */
static size_t drive_size(const char *at)
{
    uint32_t code;
    size_t size = utf8_decode(at, strlen(at), &code);

    return size > 0 && at[size] == ':' && utf8_is_letter(code) ? size : 0;
}

/* The next part up to a colon; colons of a drive letter and of ${...} belong to the part. */
static struct span next_part(const char *at)
{
    const char *start = at, *drive_colon = at + drive_size(at);
    unsigned braces = 0;

    for (; *at; at++) {
        if (at[0] == '$' && at[1] == '{')
            braces++;
        else if (*at == '}' && braces > 0)
            braces--;
        else if (*at == ':' && braces == 0 && (at == start || at != drive_colon))
            break;
    }
    return (struct span){start, (size_t)(at - start)};
}

static void take_option(struct arena *arena, struct span option, struct spec_short_mount *mount)
{
    static const char *const propagations[] = {"rprivate", "private", "rshared",
                                               "shared",   "rslave",  "slave"};

    if (span_equals(option, "ro"))
        mount->read_only = true;
    else if (span_equals(option, "rw"))
        mount->read_only = false;
    else if (span_equals(option, "nocopy"))
        mount->nocopy = true;
    else if (span_equals(option, "z") || span_equals(option, "Z"))
        mount->selinux = arena_strndup(arena, option.bytes, option.length);
    for (size_t i = 0; i < COUNT_OF(propagations); i++)
        if (span_equals(option, propagations[i]))
            mount->propagation = propagations[i];
    /* Anything else is dropped silently, as the reference does. */
}

static void take_options(struct arena *arena, struct span part, struct spec_short_mount *mount)
{
    const char *at = part.bytes, *end = part.bytes + part.length;

    while (at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        take_option(arena, (struct span){at, (size_t)(stop - at)}, mount);
        at = stop + 1;
    }
}

static bool is_file_path(const char *source)
{
    return strchr("./~", source[0]) || text_starts_with(source, "\\\\") || drive_size(source) > 0;
}

bool spec_short_mount_parse(struct arena *arena, const char *text,
                            struct spec_short_mount *ret_mount, struct error *err)
{
    struct spec_short_mount mount = {0};
    struct span parts[3];
    size_t count = 0;

    if (text[0] == '\0')
        return error_set(err, ERROR_INPUT, "invalid empty volume spec");
    if (strlen(text) <= 2) {
        *ret_mount = (struct spec_short_mount){.target = text, .bare = true};
        return true;
    }
    for (const char *at = text;;) {
        struct span part = next_part(at);

        at += part.length;
        if (part.length == 0)
            return error_set(err, ERROR_INPUT, "invalid spec: %s: empty section between colons",
                             text);
        if (count == 3 || (count == 2 && *at))
            return error_set(err, ERROR_INPUT, "invalid spec: %s: too many colons", text);
        parts[count++] = part;
        if (!*at++)
            break;
    }
    if (count > 1)
        mount.source = arena_strndup(arena, parts[0].bytes, parts[0].length);
    mount.target = arena_strndup(arena, parts[count > 1].bytes, parts[count > 1].length);
    if (count == 3)
        take_options(arena, parts[2], &mount);
    mount.is_bind = mount.source && is_file_path(mount.source);
    *ret_mount = mount;
    return true;
}
