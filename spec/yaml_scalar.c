/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/yaml_scalar.h"

#include <string.h>

#include "spec/base/utf8.h"
#include "spec/yaml_resolve.h"

/* What was found in a string. */
struct traits {
    bool special; /* characters that only an escape can show */
    bool tab;
    bool indicators; /* characters that mean something to YAML where they stand */
    bool breaks;
    bool leading_blank, trailing_space, trailing_break;
    bool space_before_break, space_after_break;
    bool content; /* anything but white space */
};

size_t yaml_char_size(const char *at, const char *end)
{
    uint32_t code;
    size_t size;

    if ((unsigned char)*at < 0x80)
        return 1;
    size = utf8_decode(at, (size_t)(end - at), &code);
    return size ? size : 1;
}

size_t yaml_break_size(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);

    if (*at == '\n' || *at == '\r')
        return 1;
    if ((unsigned char)*at < 0x80)
        return 0;
    if (left >= 2 && memcmp(at, "\xc2\x85", 2) == 0)
        return 2;
    if (left >= 3 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

bool yaml_is_printable(const char *at, const char *end)
{
    uint32_t code;

    if ((unsigned char)*at < 0x80)
        return *at == '\n' || (*at >= 0x20 && *at <= 0x7e);
    if (utf8_decode(at, (size_t)(end - at), &code) == 0)
        return false;
    return code >= 0xa0 && code <= 0xfffd && code != 0xfeff;
}

static bool is_blank_or_end(const char *at, const char *end)
{
    return at == end || *at == ' ' || *at == '\t' || yaml_break_size(at, end) > 0;
}

static bool is_indicator(const char *s, const char *at, const char *end)
{
    bool before = at == s || is_blank_or_end(at - 1, end), after = is_blank_or_end(at + 1, end);

    if (at == s && strchr("#,[]{}&*!|>'\"%@`", *at))
        return true;
    if (at == s && (*at == '?' || *at == '-'))
        return after;
    if (*at == ':')
        return after;
    return *at == '#' && before;
}

static void examine(const char *s, const char *end, struct traits *traits)
{
    bool after_space = false, after_break = false;
    size_t size;

    if (end - s >= 3 && (memcmp(s, "---", 3) == 0 || memcmp(s, "...", 3) == 0))
        traits->indicators = true;
    for (const char *at = s; at < end; at += size) {
        bool is_space = *at == ' ', is_break = yaml_break_size(at, end) > 0;

        size = yaml_char_size(at, end);
        if (*at && is_indicator(s, at, end))
            traits->indicators = true;
        if (*at == '\t')
            traits->tab = true;
        else if (!yaml_is_printable(at, end))
            traits->special = true;
        if (at == s && (is_space || is_break))
            traits->leading_blank = true;
        if (is_space && after_break)
            traits->space_after_break = true;
        if (is_break && after_space)
            traits->space_before_break = true;
        traits->breaks |= is_break;
        traits->trailing_space = is_space;
        traits->trailing_break = is_break;
        traits->content |= !is_space && !is_break && *at != '\t';
        after_space = is_space;
        after_break = is_break;
    }
}

enum yaml_style yaml_scalar_style(const char *s, size_t length)
{
    struct traits traits = {0};
    bool quotable, plain;

    examine(s, s + length, &traits);
    if (memchr(s, '\n', length))
        return !traits.content || traits.trailing_space || traits.space_before_break ||
                       traits.special
                   ? YAML_DOUBLE_QUOTED
                   : YAML_LITERAL;
    if (yaml_is_old_word(s, length))
        return YAML_SINGLE_QUOTED;
    if (yaml_resolve(s, length, NULL) != YAML_MEANS_TEXT)
        return YAML_DOUBLE_QUOTED;
    plain = !traits.leading_blank && !traits.trailing_space && !traits.trailing_break &&
            !traits.space_after_break && !traits.space_before_break && !traits.tab &&
            !traits.special && !traits.breaks && !traits.indicators;
    quotable =
        !traits.space_after_break && !traits.space_before_break && !traits.tab && !traits.special;
    return plain ? YAML_PLAIN : quotable ? YAML_SINGLE_QUOTED : YAML_DOUBLE_QUOTED;
}
