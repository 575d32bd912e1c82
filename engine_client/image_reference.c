/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/image_reference.h"

#include <ctype.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/span.h"

#define DEFAULT_DOMAIN "docker.io"
#define LEGACY_DOMAIN  "index.docker.io"
#define OFFICIAL       "library/"

enum {
    NAME_LONGEST = 255,
    TAG_LONGEST = 128,
    DIGEST_HEX_SHORTEST = 32,
    SHA256_HEX = 64,
};

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Alphanumeric parts with one '.', one or two '_', or any number of '-' between. */
static bool is_path_component(const char *s, size_t length)
{
    size_t i = 0;

    while (i < length) {
        size_t begin = i;

        while (i < length && is_lower_alnum(s[i]))
            i++;
        if (i == begin)
            return false;
        if (i == length)
            return true;
        begin = i;
        if (s[i] == '.') {
            i++;
        } else if (s[i] == '_') {
            while (i < length && s[i] == '_')
                i++;
            if (i - begin > 2)
                return false;
        } else {
            while (i < length && s[i] == '-')
                i++;
        }
        if (i == begin)
            return false;
    }
    return false; /* empty, or it ends with a separator */
}

static bool is_path(const char *s)
{
    for (;;) {
        size_t length = strcspn(s, "/");

        if (!is_path_component(s, length))
            return false;
        if (!s[length])
            return true;
        s += length + 1;
    }
}

static bool is_tag(const char *s)
{
    size_t length = strlen(s);

    if (length == 0 || length > TAG_LONGEST || !is_word(*s))
        return false;
    for (; *s; s++)
        if (!is_word(*s) && *s != '.' && *s != '-')
            return false;
    return true;
}

/* "algorithm:hex". */
static bool is_digest(const char *s)
{
    const char *colon = strchr(s, ':');
    size_t hex;

    if (!colon || colon == s || !isalpha((unsigned char)*s))
        return false;
    for (const char *at = s; at < colon; at++)
        if (!isalnum((unsigned char)*at) && !strchr("+._-", *at))
            return false;
    hex = strspn(colon + 1, "0123456789abcdefABCDEF");
    if (hex < DIGEST_HEX_SHORTEST || colon[1 + hex])
        return false;
    return !text_starts_with(s, "sha256:") || hex == SHA256_HEX;
}

/* Labels of letters, digits and inner dashes, a port behind; or an address in brackets. */
static bool is_domain(const char *s)
{
    const char *port = strrchr(s, ':');
    size_t length = port ? (size_t)(port - s) : strlen(s);

    if (*s == '[') {
        const char *bracket = strchr(s, ']');

        if (!bracket || strspn(s + 1, "0123456789abcdefABCDEF:") != (size_t)(bracket - s - 1))
            return false;
        port = bracket[1] == ':' ? bracket + 1 : NULL;
        if (bracket[1] && !port)
            return false;
    } else {
        for (size_t i = 0; i < length; i++) {
            bool at_edge = i == 0 || i + 1 == length || s[i - 1] == '.' || s[i + 1] == '.';

            if (!isalnum((unsigned char)s[i]) && (at_edge || !strchr(".-", s[i])))
                return false;
        }
        if (length == 0)
            return false;
    }
    return !port || (port[1] && strspn(port + 1, "0123456789") == strlen(port + 1));
}

static bool looks_like_domain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '.' || text[i] == ':' || isupper((unsigned char)text[i]))
            return true;
    return length == strlen("localhost") && memcmp(text, "localhost", length) == 0;
}

static bool invalid(const char *text, const char *why, struct error *err)
{
    (void)error_set(err, ERROR_INPUT, "invalid reference format");
    return error_hint(err, "\"%s\": %s", text, why);
}

/* Cut "@digest" and ":tag" off the end of `name`. */
static bool cut_tail(char *name, const char *text, struct image_reference *reference,
                     struct error *err)
{
    char *at = strchr(name, '@'), *slash, *colon;

    if (at) {
        *at = '\0';
        reference->digest = at + 1;
        if (!is_digest(reference->digest))
            return invalid(text, "what stands behind @ is no digest", err);
    }
    slash = strrchr(name, '/');
    colon = strchr(slash ? slash : name, ':');
    if (colon) {
        *colon = '\0';
        reference->tag = colon + 1;
        if (!is_tag(reference->tag))
            return invalid(text, "a tag has letters, digits, '_', '.' and '-', at most 128", err);
    }
    return true;
}

/* A name of one part at the hub. */
static bool is_official(const struct image_reference *reference)
{
    return strcmp(reference->domain, DEFAULT_DOMAIN) == 0 && !strchr(reference->path, '/');
}

bool image_reference_parse(struct arena *arena, const char *text,
                           struct image_reference *ret_reference, struct error *err)
{
    struct image_reference reference = {0};
    char *name = arena_strdup(arena, text);
    char *slash;

    if (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64)
        return invalid(text, "64 hexadecimal digits are an image id, not a name", err);
    if (!cut_tail(name, text, &reference, err))
        return false;
    slash = strchr(name, '/');
    if (slash && looks_like_domain(name, (size_t)(slash - name))) {
        *slash = '\0';
        reference.domain = strcmp(name, LEGACY_DOMAIN) == 0 ? DEFAULT_DOMAIN : name;
        reference.path = slash + 1;
    } else {
        reference.domain = DEFAULT_DOMAIN;
        reference.path = name;
    }
    if (!is_domain(reference.domain))
        return invalid(text, "the registry's name is malformed", err);
    for (const char *c = reference.path; *c; c++)
        if (isupper((unsigned char)*c))
            return error_set(err, ERROR_INPUT,
                             "invalid reference format: repository name (%s%s) must be lowercase",
                             is_official(&reference) ? OFFICIAL : "", reference.path);
    if (!is_path(reference.path))
        return invalid(
            text, "a name has lower-case letters, digits, and '.', '_' or '-' between them", err);
    if (is_official(&reference))
        reference.path = arena_printf(arena, OFFICIAL "%s", reference.path);
    if (strlen(reference.domain) + strlen(reference.path) + 1 > NAME_LONGEST)
        return invalid(text, "a name has at most 255 characters, its registry counted", err);
    *ret_reference = reference;
    return true;
}

static const char *with_tail(struct arena *arena, const char *name,
                             const struct image_reference *reference)
{
    const char *tag = reference->tag ? reference->tag : reference->digest ? NULL : "latest";

    return arena_printf(arena, "%s%s%s%s%s", name, tag ? ":" : "", tag ? tag : "",
                        reference->digest ? "@" : "", reference->digest ? reference->digest : "");
}

const char *image_reference_canonical(struct arena *arena, const struct image_reference *reference)
{
    return with_tail(arena, arena_printf(arena, "%s/%s", reference->domain, reference->path),
                     reference);
}

const char *image_reference_familiar_name(struct arena *arena,
                                          const struct image_reference *reference)
{
    if (strcmp(reference->domain, DEFAULT_DOMAIN) != 0)
        return arena_printf(arena, "%s/%s", reference->domain, reference->path);
    if (text_starts_with(reference->path, OFFICIAL) &&
        !strchr(reference->path + strlen(OFFICIAL), '/'))
        return reference->path + strlen(OFFICIAL);
    return reference->path;
}

const char *image_reference_familiar(struct arena *arena, const struct image_reference *reference)
{
    return with_tail(arena, image_reference_familiar_name(arena, reference), reference);
}

bool image_reference_same(const char *a, const char *b)
{
    struct arena *arena;
    struct image_reference left, right;
    CLEANUP(error_finish) struct error err;
    bool same;

    error_init(&err);
    if (strcmp(a, b) == 0)
        return true;
    arena = arena_create();
    same = image_reference_parse(arena, a, &left, &err) &&
           image_reference_parse(arena, b, &right, &err) &&
           strcmp(image_reference_canonical(arena, &left),
                  image_reference_canonical(arena, &right)) == 0;
    arena_destroy(arena);
    return same;
}
