/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/arena.h"
#include "spec/mounts.h"

/* "source|target|what else", or the error. */
static void assert_parses(const char *form, const char *wanted)
{
    struct arena *arena = arena_create();
    struct spec_short_mount mount;
    struct error err;
    const char *got;

    error_init(&err);
    if (spec_short_mount_parse(arena, form, &mount, &err))
        got = arena_printf(arena, "%s|%s|%s%s%s%s%s%s", mount.source ? mount.source : "",
                           mount.target, mount.bare ? "bare " : "", mount.is_bind ? "bind " : "",
                           mount.read_only ? "ro " : "", mount.nocopy ? "nocopy " : "",
                           mount.propagation ? mount.propagation : "",
                           mount.selinux ? mount.selinux : "");
    else
        got = err.frames[0].text;
    assert_string_equal(got, wanted);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(mount_takes_every_part)
{
    assert_parses("/data", "|/data|");
    assert_parses("/d", "|/d|bare ");
    assert_parses("vol:/data", "vol|/data|");
    assert_parses("./a:/data:ro,z", "./a|/data|bind ro z");
    assert_parses("~/a:/data:rshared", "~/a|/data|bind rshared");
    assert_parses("vol:/data:nocopy,cached", "vol|/data|nocopy ");
    assert_parses("/a:/b:ro,rw", "/a|/b|bind ");
}

TEST(mount_keeps_drive_letters_and_braces_whole)
{
    assert_parses("v:/x", "|v:/x|");
    assert_parses("C:\\data:/data", "C:\\data|/data|bind ");
    assert_parses("a:b:c:d", "a:b|c:d|bind ");
    assert_parses("é:/x:/y", "é:/x|/y|bind ");
    assert_parses("éé:/x", "éé|/x|");
    assert_parses("\\\\srv\\share:/x", "\\\\srv\\share|/x|bind ");
    assert_parses("\\a:/x", "\\a|/x|");
    assert_parses("${DATA:-./d}:/data", "${DATA:-./d}|/data|");
}

TEST(mount_refuses_what_makes_no_sense)
{
    assert_parses("", "invalid empty volume spec");
    assert_parses("aa::/b", "invalid spec: aa::/b: empty section between colons");
    assert_parses("aa:/b:", "invalid spec: aa:/b:: empty section between colons");
    assert_parses("aa:bb:cc:dd", "invalid spec: aa:bb:cc:dd: too many colons");
}
