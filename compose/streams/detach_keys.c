/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/detach_keys.h"

#include <string.h>

#include "spec/base/text.h"

enum {
    KEY_DELETE = 127,
    CONTROL_BITS = 0x1f,
};

/* One key in `text[0..length)` as the byte that a terminal sends for it. */
static bool parse_key(const char *text, size_t length, char *ret_key)
{
    static const char prefix[] = "ctrl-";
    size_t skip = sizeof(prefix) - 1;
    char letter;

    if (length == 1) {
        *ret_key = text[0];
        return true;
    }
    if (length == 3 && memcmp(text, "DEL", 3) == 0) {
        *ret_key = KEY_DELETE;
        return true;
    }
    if (length != skip + 1 || memcmp(text, prefix, skip) != 0)
        return false;
    letter = text[skip];
    if ((letter < 'a' || letter > 'z') && !(letter && strchr("@[\\]^_", letter)))
        return false;
    *ret_key = (char)(letter & CONTROL_BITS);
    return true;
}

bool detach_keys_parse(const char *text, struct detach_keys *ret_keys, struct error *err)
{
    struct detach_keys keys = {.length = 0};

    while (*text) {
        size_t length = strcspn(text, ",");

        if (length == 0 && *text == ',' && (text[1] == ',' || !text[1]))
            length = 1; /* the comma itself as a key */
        if (keys.length == DETACH_KEYS_LONGEST)
            return error_set(err, ERROR_USAGE, "invalid detach keys: more than %d keys",
                             DETACH_KEYS_LONGEST);
        if (!parse_key(text, length, &keys.keys[keys.length])) {
            (void)error_set(err, ERROR_USAGE, "invalid detach keys: Unknown character: '%.*s'",
                            (int)length, text);
            return error_hint(err, "Write keys like \"" DETACH_KEYS_DEFAULT "\"");
        }
        keys.length++;
        text += length;
        text += *text == ',';
    }
    *ret_keys = keys;
    return true;
}

/* After a wrong key: how much of what was typed (matched keys and this one) still begins a sequence? */
static size_t longest_beginning(const struct detach_keys *keys, char last)
{
    for (size_t length = keys->matched; length > 0; length--) {
        /* The last `length` bytes typed are keys[matched - length + 1 .. matched) and `last`. */
        if (keys->keys[length - 1] == last &&
            memcmp(keys->keys, keys->keys + keys->matched - length + 1, length - 1) == 0)
            return length;
    }
    return 0;
}

bool detach_keys_filter(struct detach_keys *keys, struct span typed, struct text *out)
{
    for (size_t i = 0; i < typed.length; i++) {
        char key = typed.bytes[i];
        size_t kept, held = keys->matched + 1;

        if (keys->length > 0 && key == keys->keys[keys->matched]) {
            if (++keys->matched < keys->length)
                continue;
            keys->matched = 0;
            return true;
        }
        kept = longest_beginning(keys, key);
        /* The first bytes of what was held go out; the last `kept` stay. */
        for (size_t at = 0; at < held - kept; at++)
            text_add_char(out, at < keys->matched ? keys->keys[at] : key);
        keys->matched = kept;
    }
    return false;
}
