/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/image_platform.h"

#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>

#include "spec/base/arena.h"
#include "spec/base/span.h"

enum { PARTS_MOST = 3 };

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool is_os(const char *name)
{
    static const char *const known[] = {
        "aix",   "android", "darwin", "dragonfly", "freebsd", "hurd",    "illumos", "ios", "js",
        "linux", "nacl",    "netbsd", "openbsd",   "plan9",   "solaris", "windows", "zos"};

    return is_one_of(name, known, COUNT_OF(known));
}

static bool is_architecture(const char *name)
{
    static const char *const known[] = {
        "386",     "amd64",  "amd64p32", "arm",       "armbe",       "arm64",  "arm64be", "loong64",
        "mips",    "mips64", "mips64le", "mips64p32", "mips64p32le", "mipsle", "ppc",     "ppc64",
        "ppc64le", "riscv",  "riscv64",  "s390",      "s390x",       "sparc",  "sparc64", "wasm"};

    return is_one_of(name, known, COUNT_OF(known));
}

const char *image_platform_host_architecture(void)
{
    static const char *const names[][2] = {
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"}, {"i686", "386"}};
    struct utsname host;

    if (uname(&host) == 0)
        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (strcmp(host.machine, names[i][0]) == 0)
                return names[i][1];
    return "";
}

/* Other names of a processor, and variants that say nothing. A row without a variant takes any of its own. */
static void use_engine_names(struct engine_platform *platform)
{
    static const struct {
        const char *architecture, *variant, *ret_architecture, *ret_variant;
    } rows[] = {
        {"i386", NULL, "386", ""},       {"386", NULL, "386", ""},
        {"x86_64", "v1", "amd64", ""},   {"x86-64", "v1", "amd64", ""},
        {"amd64", "v1", "amd64", ""},    {"x86_64", NULL, "amd64", NULL},
        {"x86-64", NULL, "amd64", NULL}, {"aarch64", "8", "arm64", "v8"},
        {"arm64", "8", "arm64", "v8"},   {"aarch64", NULL, "arm64", NULL},
        {"armhf", NULL, "arm", ""},      {"armel", NULL, "arm", "v6"},
        {"arm", "5", "arm", "v5"},       {"arm", "6", "arm", "v6"},
        {"arm", "7", "arm", "v7"},       {"arm", "8", "arm", "v8"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(platform->architecture, rows[i].architecture) != 0 ||
            (rows[i].variant && strcmp(platform->variant, rows[i].variant) != 0))
            continue;
        platform->architecture = rows[i].ret_architecture;
        if (rows[i].ret_variant)
            platform->variant = rows[i].ret_variant;
        return;
    }
}

/* One word: the name of either. */
static bool complete(struct engine_platform *platform, const char *word)
{
    platform->os = "linux";
    platform->architecture = word;
    platform->variant = "";
    use_engine_names(platform);
    if (is_os(word)) {
        platform->os = word;
        platform->architecture = image_platform_host_architecture();
        platform->variant = "";
        return true;
    }
    return is_architecture(platform->architecture);
}

static bool is_component(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    return true;
}

/* "windows(10.0.17763)": engines are not asked for a version. */
static void drop_os_version(char *os)
{
    char *open = strchr(os, '(');

    if (open && text_ends_with(os, ")"))
        *open = '\0';
}

/* Cut at the slashes; one part more than there may be tells that there are too many. */
static size_t split(char *text, char *parts[PARTS_MOST + 1])
{
    size_t count = 0;

    while (count <= PARTS_MOST) {
        parts[count++] = text;
        text = strchr(text, '/');
        if (!text)
            break;
        *text++ = '\0';
    }
    return count;
}

bool image_platform_parse(struct arena *arena, const char *text,
                          struct engine_platform *ret_platform, struct error *err)
{
    struct engine_platform platform = {0};
    char *parts[PARTS_MOST + 1], *lower = arena_strdup(arena, text);
    const char *os;
    size_t count;

    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    count = split(lower, parts);
    if (count > PARTS_MOST)
        return error_set(err, ERROR_INPUT,
                         "\"%s\": cannot parse platform specifier: invalid argument", text);
    drop_os_version(parts[0]);
    for (size_t i = 0; i < count; i++)
        if (!is_component(parts[i]))
            return error_set(
                err, ERROR_INPUT,
                "\"%s\" is an invalid component of \"%s\": platform specifier component must "
                "match \"^[A-Za-z0-9_-]+$\": invalid argument",
                parts[i], text);
    os = strcmp(parts[0], "macos") == 0 ? "darwin" : parts[0];
    if (count == 1) {
        if (!complete(&platform, os))
            return error_set(err, ERROR_INPUT,
                             "\"%s\": unknown operating system or architecture: invalid argument",
                             text);
    } else {
        platform.os = os;
        platform.architecture = parts[1];
        platform.variant = count == PARTS_MOST ? parts[2] : "";
        use_engine_names(&platform);
    }
    *ret_platform = platform;
    return true;
}

const char *image_platform_text(struct arena *arena, const struct engine_platform *platform)
{
    return arena_printf(arena, "%s/%s%s%s", platform->os, platform->architecture,
                        *platform->variant ? "/" : "", platform->variant);
}

bool image_platform_matches(const char *wanted, const struct engine_platform *have)
{
    struct arena *arena = arena_create();
    struct engine_platform platform;
    struct error ignored;
    bool same;

    error_init(&ignored);
    same = image_platform_parse(arena, wanted, &platform, &ignored) &&
           strcmp(platform.os, have->os) == 0 &&
           strcmp(platform.architecture, have->architecture) == 0 &&
           (!*platform.variant || !*have->variant || strcmp(platform.variant, have->variant) == 0);
    error_finish(&ignored);
    arena_destroy(arena);
    return same;
}
