/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/yaml_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/utf8.h"
#include "spec/yaml_scalar.h"

enum { BEST_WIDTH = 80, LONGEST_SIMPLE_KEY = 128 };

void yaml_begin(struct yaml_writer *yaml, struct text *out)
{
    *yaml = (struct yaml_writer){.out = out, .step = 2, .line_start = true};
}

static void put(struct yaml_writer *yaml, const char *bytes, size_t length)
{
    text_add_bytes(yaml->out, bytes, length);
    yaml->column++;
    yaml->line_start = false;
}

static void put_text(struct yaml_writer *yaml, const char *ascii)
{
    text_add(yaml->out, ascii);
    yaml->column += strlen(ascii);
    yaml->line_start = false;
}

static void put_break(struct yaml_writer *yaml)
{
    text_add_char(yaml->out, '\n');
    yaml->column = 0;
    yaml->line_start = true;
}

static void go_to_line(struct yaml_writer *yaml, unsigned indent)
{
    if (!yaml->line_start || yaml->column > indent)
        put_break(yaml);
    text_add_repeat(yaml->out, ' ', indent - yaml->column);
    yaml->column = indent;
}

static struct yaml_level *top(struct yaml_writer *yaml)
{
    return &yaml->levels[yaml->depth - 1];
}

/* Put the cursor where the next entry of the innermost level starts. */
static void start_entry(struct yaml_writer *yaml)
{
    struct yaml_level *level = top(yaml);

    if (level->filled || !level->same_line)
        go_to_line(yaml, level->indent);
    level->filled = true;
}

/* What stands before a value: a dash in a list, a space after a key. */
static void before_value(struct yaml_writer *yaml)
{
    if (yaml->depth > 0 && !top(yaml)->is_map && !yaml->after_dash) {
        start_entry(yaml);
        put_text(yaml, "-");
        yaml->after_dash = true;
    }
}

static void before_scalar(struct yaml_writer *yaml)
{
    before_value(yaml);
    if (yaml->after_key || yaml->after_dash)
        put_text(yaml, " ");
    yaml->after_key = yaml->after_dash = false;
}

static void open_level(struct yaml_writer *yaml, bool is_map)
{
    struct yaml_level *level;

    before_value(yaml);
    assert(yaml->depth < YAML_DEEPEST);
    level = &yaml->levels[yaml->depth++];
    *level =
        (struct yaml_level){.is_map = is_map, .same_line = yaml->depth == 1 || yaml->after_dash};
    level->indent = yaml->depth == 1 ? 0 : yaml->levels[yaml->depth - 2].indent + yaml->step;
    if (level->same_line && yaml->depth > 1)
        put_text(yaml, " ");
    yaml->after_dash = false;
}

static void close_level(struct yaml_writer *yaml, const char *empty)
{
    struct yaml_level *level = top(yaml);

    if (!level->filled) {
        if (!level->same_line)
            put_text(yaml, " ");
        put_text(yaml, empty);
    }
    yaml->depth--;
    yaml->after_key = false;
}

void yaml_map_open(struct yaml_writer *yaml)
{
    open_level(yaml, true);
}

void yaml_map_close(struct yaml_writer *yaml)
{
    close_level(yaml, "{}");
}

void yaml_list_open(struct yaml_writer *yaml)
{
    open_level(yaml, false);
}

void yaml_list_close(struct yaml_writer *yaml)
{
    close_level(yaml, "[]");
}

void yaml_end(struct yaml_writer *yaml)
{
    if (!yaml->line_start || yaml->column > 0)
        put_break(yaml);
}

/* Where a scalar of the innermost level goes on in the next line. */
static unsigned continuation(const struct yaml_writer *yaml)
{
    return yaml->depth == 0 ? yaml->step : yaml->levels[yaml->depth - 1].indent + yaml->step;
}

/* A line break inside a quoted scalar (only the rare ones: LF makes a literal). */
static void put_quoted_break(struct yaml_writer *yaml, const char *at, size_t size)
{
    text_add_bytes(yaml->out, at, size);
    yaml->column = 0;
    yaml->line_start = true;
}

/* Plain and single-quoted scalars differ in the quotes alone. */
static void put_flat(struct yaml_writer *yaml, const char *s, size_t length, bool quoted, bool fold)
{
    const char *end = s + length;
    bool after_space = false, after_break = false;
    size_t size;

    if (quoted)
        put_text(yaml, "'");
    for (const char *at = s; at < end; at += size) {
        size_t break_size = yaml_break_size(at, end);

        size = yaml_char_size(at, end);
        if (break_size > 0) {
            put_quoted_break(yaml, at, break_size);
            after_break = true;
            continue;
        }
        if (*at == ' ' && fold && !after_space && yaml->column > BEST_WIDTH && at > s &&
            at + 1 < end && at[1] != ' ') {
            go_to_line(yaml, continuation(yaml));
        } else {
            if (after_break)
                go_to_line(yaml, continuation(yaml));
            if (*at == '\'' && quoted)
                put_text(yaml, "'");
            put(yaml, at, size);
        }
        after_space = *at == ' ';
        after_break = false;
    }
    if (quoted)
        put_text(yaml, "'");
}

static void put_escape(struct yaml_writer *yaml, uint32_t code)
{
    static const struct {
        uint32_t code;
        char letter;
    } names[] = {{0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
                 {11, 'v'},    {12, 'f'},   {13, 'r'},   {27, 'e'},     {'"', '"'},
                 {'\\', '\\'}, {0x85, 'N'}, {0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
    size_t before = yaml->out->length;

    text_add_char(yaml->out, '\\');
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].code == code)
            text_add_char(yaml->out, names[i].letter);
    if (yaml->out->length == before + 1) {
        if (code <= 0xff)
            text_addf(yaml->out, "x%02" PRIX32, code);
        else if (code <= 0xffff)
            text_addf(yaml->out, "u%04" PRIX32, code);
        else
            text_addf(yaml->out, "U%08" PRIX32, code);
    }
    yaml->column += yaml->out->length - before;
    yaml->line_start = false;
}

static void put_double_quoted(struct yaml_writer *yaml, const char *s, size_t length, bool fold)
{
    const char *end = s + length;
    /* The reference takes every character for a byte order mark when the text starts with one. */
    bool marked = length >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0, after_space = false;
    size_t size;

    put_text(yaml, "\"");
    for (const char *at = s; at < end; at += size) {
        uint32_t code = (unsigned char)*at;

        size = yaml_char_size(at, end);
        if (marked || !yaml_is_printable(at, end) || yaml_break_size(at, end) > 0 || *at == '"' ||
            *at == '\\') {
            (void)utf8_decode(at, (size_t)(end - at), &code);
            put_escape(yaml, code);
            after_space = false;
        } else if (*at == ' ' && fold && !after_space && yaml->column > BEST_WIDTH && at > s &&
                   at + 1 < end) {
            go_to_line(yaml, continuation(yaml));
            if (at[1] == ' ')
                put_text(yaml, "\\");
            after_space = true;
        } else {
            put(yaml, at, size);
            after_space = *at == ' ';
        }
    }
    put_text(yaml, "\"");
}

/* "|", a hint of the indentation when the first line starts with white space, and what becomes of the last line breaks. */
static void put_literal(struct yaml_writer *yaml, const char *s, size_t length)
{
    const char *end = s + length;
    size_t size;

    put_text(yaml, "|");
    if (strchr(" \t", s[strspn(s, "\n")]))
        put_text(yaml, "2");
    if (end[-1] != '\n')
        put_text(yaml, "-");
    else if (length == 1 || end[-2] == '\n')
        put_text(yaml, "+");
    put_break(yaml);
    for (const char *at = s; at < end; at += size) {
        size = yaml_break_size(at, end);
        if (size > 0) {
            put_quoted_break(yaml, at, size);
            continue;
        }
        size = yaml_char_size(at, end);
        if (yaml->line_start)
            go_to_line(yaml, continuation(yaml));
        put(yaml, at, size);
    }
}

enum { BINARY_LINE = 70 };

/* Bytes that are no text: base64 with a tag, in lines when it is long. */
static void put_binary(struct yaml_writer *yaml, const char *s, size_t length)
{
    size_t coded_length = 4 * ((length + 2) / 3);
    char *coded = xcalloc(coded_length + 1, 1);
    CLEANUP(text_finish) struct text lines;

    text_init(&lines, 0);
    (void)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)s, (int)length);
    put_text(yaml, "!!binary ");
    if (coded_length < BINARY_LINE) {
        put_text(yaml, coded);
    } else {
        for (size_t at = 0; at < coded_length; at += BINARY_LINE) {
            size_t rest = coded_length - at;

            text_add_bytes(&lines, coded + at, rest < BINARY_LINE ? rest : BINARY_LINE);
            text_add_char(&lines, '\n');
        }
        put_literal(yaml, lines.bytes, lines.length);
    }
    free(coded);
}

static void put_scalar(struct yaml_writer *yaml, const char *s, size_t length, bool key)
{
    if (!utf8_is_valid(s, length)) {
        put_binary(yaml, s, length);
        return;
    }
    switch (yaml_scalar_style(s, length)) {
    case YAML_PLAIN:
        put_flat(yaml, s, length, false, !key);
        break;
    case YAML_SINGLE_QUOTED:
        put_flat(yaml, s, length, true, !key);
        break;
    case YAML_DOUBLE_QUOTED:
        put_double_quoted(yaml, s, length, !key);
        break;
    case YAML_LITERAL:
        put_literal(yaml, s, length);
        break;
    }
}

/* A key that stands on one line with its value. */
static bool is_simple_key(const char *key, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (yaml_break_size(key + i, key + length) > 0)
            return false;
    return length <= LONGEST_SIMPLE_KEY;
}

void yaml_key(struct yaml_writer *yaml, const char *key)
{
    size_t length = strlen(key);

    start_entry(yaml);
    if (is_simple_key(key, length)) {
        put_scalar(yaml, key, length, true);
    } else {
        put_text(yaml, "? ");
        put_scalar(yaml, key, length, false);
        go_to_line(yaml, top(yaml)->indent);
    }
    put_text(yaml, ":");
    yaml->after_key = true;
}

void yaml_string_n(struct yaml_writer *yaml, const char *s, size_t length)
{
    before_scalar(yaml);
    put_scalar(yaml, s, length, false);
}

void yaml_string(struct yaml_writer *yaml, const char *s)
{
    yaml_string_n(yaml, s, strlen(s));
}

void yaml_plain(struct yaml_writer *yaml, const char *s)
{
    before_scalar(yaml);
    put_text(yaml, s);
}
