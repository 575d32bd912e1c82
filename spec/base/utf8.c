/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/utf8.h"

#include <utf8proc.h>

#include "spec/base/text.h"

size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_code)
{
    utf8proc_int32_t code;
    utf8proc_ssize_t size;

    if (length == 0)
        return 0;
    if ((unsigned char)bytes[0] < 0x80) {
        *ret_code = (unsigned char)bytes[0];
        return 1;
    }
    size = utf8proc_iterate((const utf8proc_uint8_t *)bytes,
                            (utf8proc_ssize_t)(length < 4 ? length : 4), &code);
    if (size <= 0) {
        *ret_code = 0;
        return 0;
    }
    *ret_code = (uint32_t)code;
    return (size_t)size;
}

void utf8_add(struct text *text, uint32_t code)
{
    utf8proc_uint8_t bytes[4];

    text_add_bytes(text, bytes, (size_t)utf8proc_encode_char((utf8proc_int32_t)code, bytes));
}

bool utf8_is_valid(const char *bytes, size_t length)
{
    uint32_t code;

    for (size_t at = 0, size; at < length; at += size)
        if ((size = utf8_decode(bytes + at, length - at, &code)) == 0)
            return false;
    return true;
}

bool utf8_is_letter(uint32_t code)
{
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return true;
    default: /* the library's enumeration, not ours */
        return false;
    }
}

bool utf8_is_alphanumeric(uint32_t code)
{
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return utf8_is_letter(code);
    }
}

size_t utf8_fit(const char *bytes, size_t length, size_t columns)
{
    utf8proc_int32_t state = 0, before = 0;
    size_t taken = 0, used = 0, cluster_width = 0;

    for (size_t at = 0, size; at < length; at += size) {
        uint32_t code = 0xfffd;
        size_t width;

        size = utf8_decode(bytes + at, length - at, &code);
        if (size == 0)
            size = 1;
        width = (size_t)utf8proc_charwidth((utf8proc_int32_t)code);
        if (at == 0 || utf8proc_grapheme_break_stateful(before, (utf8proc_int32_t)code, &state)) {
            used += cluster_width;
            taken = at;
            cluster_width = 0;
        }
        /* U+FE0F asks for the emoji form of what stands before it, which is two columns wide. */
        if (code == 0xfe0f && cluster_width == 1)
            width = 2;
        if (width > cluster_width)
            cluster_width = width;
        before = (utf8proc_int32_t)code;
        if (used + cluster_width > columns)
            return taken;
    }
    return length;
}

size_t utf8_width(const char *bytes, size_t length)
{
    size_t width = 0, at = 0;

    while (at < length) {
        size_t size = 1, columns = 0;

        if ((unsigned char)bytes[at] >= 0x20 && (unsigned char)bytes[at] < 0x7f &&
            (at + 1 == length || (unsigned char)bytes[at + 1] < 0x80)) {
            width++;
            at++;
            continue;
        }
        /* Widen until a whole cluster fits: none is wider than two columns. */
        for (columns = 0; columns <= 2; columns++) {
            size_t fit = utf8_fit(bytes + at, length - at, columns);

            if (fit > 0) {
                size = fit;
                break;
            }
        }
        if (columns > 2)
            columns = 0;
        width += columns;
        at += size;
    }
    return width;
}
