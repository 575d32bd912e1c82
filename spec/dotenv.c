/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/dotenv.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"
#include "spec/file.h"
#include "spec/template.h"

struct reader {
    const char *at, *end;
    const char *file;
    unsigned line;
    const char *line_start;
    const struct spec_dotenv_lookup *lookup;
    struct spec_environment *into;
    struct warnings *warnings;
    size_t expanded_bytes; /* against the limit */
    struct error *err;
};

static struct place place_of(const struct reader *reader, const char *at)
{
    unsigned column = at >= reader->line_start ? (unsigned)(at - reader->line_start) + 1 : 1;

    return (struct place){reader->file, reader->line, column};
}

static const char *look_up(const struct spec_dotenv_lookup *lookup, const char *name)
{
    const char *value = lookup->first ? spec_environment_get(lookup->first, name) : NULL;

    if (!value && lookup->second)
        value = spec_environment_get(lookup->second, name);
    return value;
}

static const char *get_variable(void *owner, const char *name)
{
    struct reader *reader = owner;
    const char *value = look_up(reader->lookup, name);

    return value ? value : spec_environment_get(reader->into, name);
}

static void on_unset_variable(void *owner, const char *name)
{
    struct reader *reader = owner;

    if (reader->warnings)
        warnings_add(reader->warnings, place_of(reader, reader->line_start),
                     "The \"%s\" variable is not set. Defaulting to a blank string.", name);
}

/* Length of the white space at `at`: of a line only, or of any kind with the newline too. */
static size_t space_length(const char *at, const char *end, bool any)
{
    uint32_t code;
    size_t length;

    if (at >= end)
        return 0;
    if (*at == '\n')
        return any ? 1 : 0;
    if (memchr("\t\v\f\r ", *at, 5))
        return 1;
    if ((unsigned char)*at < 0x80)
        return 0;
    length = utf8_decode(at, (size_t)(end - at), &code);
    if (length > 0 && (code == 0x85 || code == 0xA0))
        return length;
    if (length > 0 && any &&
        (code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x3000))
        return length;
    return 0;
}

static const char *trimmed_end(const char *start, const char *end)
{
    const char *last = start;

    for (const char *at = start; at < end;) {
        size_t space = space_length(at, end, true);

        at += space ? space : 1;
        if (!space)
            last = at;
    }
    return last;
}

static void next_line(struct reader *reader)
{
    reader->line++;
    reader->line_start = reader->at;
}

static void skip_spaces(struct reader *reader, bool any)
{
    size_t length;

    while ((length = space_length(reader->at, reader->end, any)) > 0) {
        bool newline = *reader->at == '\n';

        reader->at += length;
        if (newline)
            next_line(reader);
    }
}

/* To the next statement; false at the end of the text. */
static bool find_statement(struct reader *reader)
{
    for (;;) {
        skip_spaces(reader, true);
        if (reader->at >= reader->end)
            return false;
        if (*reader->at != '#')
            return true;
        while (reader->at < reader->end && *reader->at != '\n')
            reader->at++;
    }
}

static bool fail_name(struct reader *reader, const char *start, const char *at, size_t length)
{
    const char *end = memchr(start, '\n', (size_t)(reader->end - start));

    if (!end)
        end = reader->end;
    (void)error_set_at(reader->err, ERROR_INPUT, place_of(reader, at),
                       "line %u: unexpected character \"%.*s\" in variable name \"%.*s\"",
                       reader->line, (int)length, at, (int)(end - start), start);
    return error_hint(reader->err, "write NAME=value, or start the line with # for a comment");
}

/* The name up to its separator, which is taken too; `ret_separator` is '=', ':', '\n' or 0 at the end. */
static bool read_name(struct reader *reader, const char **ret_name, char *ret_separator)
{
    const char *start = reader->at, *at = start, *end;

    *ret_separator = '\0';
    while (at < reader->end && *ret_separator == '\0') {
        uint32_t code = 0;
        size_t length = utf8_decode(at, (size_t)(reader->end - at), &code);

        if (*at == '=' || *at == ':' || *at == '\n')
            *ret_separator = *at;
        else if (length == 0 || (!space_length(at, reader->end, false) &&
                                 !memchr("_.-[]", *at, 5) && !utf8_is_alphanumeric(code)))
            return fail_name(reader, start, at, length ? length : 1);
        else
            at += length;
    }
    end = trimmed_end(start, at);
    if (memchr(start, ' ', (size_t)(end - start)))
        return error_set_at(reader->err, ERROR_INPUT, place_of(reader, start),
                            "line %u: key cannot contain a space", reader->line);
    *ret_name = arena_strndup(reader->into->arena, start, (size_t)(end - start));
    reader->at = at;
    if (*ret_separator)
        reader->at++;
    return true;
}

static bool expand(struct reader *reader, struct span value, const char **ret_value)
{
    CLEANUP(text_finish) struct text text;
    struct spec_lookup lookup = {get_variable, on_unset_variable, reader, reader->into->arena};
    struct spec_template_failure failure;
    struct place place = place_of(reader, reader->line_start);

    text_init(&text, LIMIT_INTERPOLATED_BYTES);
    if (spec_template_expand(&text, value, &lookup, &failure)) {
        reader->expanded_bytes += text.length;
        if (reader->expanded_bytes > LIMIT_INTERPOLATED_TOTAL)
            return error_set_at(reader->err, ERROR_INPUT, place,
                                "values grow too large when variables are replaced");
        *ret_value = arena_strndup(reader->into->arena, text.bytes, text.length);
        return true;
    }
    switch (failure.kind) {
    case TEMPLATE_INVALID:
        (void)error_set_at(reader->err, ERROR_INPUT, place, "Invalid template: \"%.*s\"",
                           (int)value.length, value.bytes);
        return error_hint(reader->err, "write $$ for a plain $");
    case TEMPLATE_REQUIRED:
        return error_set_at(reader->err, ERROR_INPUT, place,
                            "required variable %s is missing a value%s%s", failure.name,
                            failure.message[0] ? ": " : "", failure.message);
    case TEMPLATE_TOO_LARGE:
    case TEMPLATE_TOO_DEEP:
        break;
    }
    return error_set_at(reader->err, ERROR_INPUT, place,
                        "value grows too large when its variables are replaced");
}

static bool read_plain(struct reader *reader, const char **ret_value)
{
    const char *start = reader->at;
    const char *newline = memchr(start, '\n', (size_t)(reader->end - start));
    const char *end = newline ? newline : reader->end;
    const char *comment = memmem(start, (size_t)(end - start), " #", 2);
    bool done;

    end = trimmed_end(start, comment ? comment : end);
    done = expand(reader, (struct span){start, (size_t)(end - start)}, ret_value);
    reader->at = newline ? newline + 1 : reader->end;
    if (newline)
        next_line(reader);
    return done;
}

/* `\0ooo` needs all three digits; returns the bytes that were read, 0 when it is none. */
static size_t add_octal(struct text *out, const char *at, const char *end)
{
    unsigned code = 0;

    if (end - at < 5)
        return 0;
    for (int i = 2; i < 5; i++) {
        if (at[i] < '0' || at[i] > '7')
            return 0;
        code = code * 8 + (unsigned)(at[i] - '0');
    }
    if (code > 255)
        return 0;
    utf8_add(out, code);
    return 5;
}

static void add_unescaped(struct text *out, const char *at, const char *end)
{
    static const char letters[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";

    while (at < end) {
        const char *letter =
            *at == '\\' && at + 1 < end ? memchr(letters, at[1], sizeof(letters) - 1) : NULL;
        size_t length = 2;

        if (letter) {
            text_add_char(out, values[letter - letters]);
        } else if (*at == '\\' && at + 1 < end && at[1] == '$') {
            text_add(out, "$$"); /* what the expansion turns into one $ */
        } else if (*at != '\\' || at + 1 >= end || at[1] != '0' ||
                   (length = add_octal(out, at, end)) == 0) {
            text_add_char(out, *at);
            length = 1;
        }
        at += length;
    }
}

/* Between quotes: the text with only escaped quotes resolved; NULL when the closing quote is missing. */
static bool read_quoted_text(struct reader *reader, struct text *out)
{
    char quote = *reader->at++;

    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end) {
            if (reader->at[1] != quote)
                text_add_char(out, '\\');
            reader->at++;
        }
        text_add_char(out, *reader->at);
        if (*reader->at++ == '\n')
            next_line(reader);
    }
    if (reader->at >= reader->end)
        return false;
    reader->at++;
    return true;
}

static bool fail_nul(struct place place, struct error *err)
{
    (void)error_set_at(err, ERROR_INPUT, place, "line %u: a value must not contain a NUL character",
                       place.line);
    return error_hint(err, "variables cannot hold it; is this a text file in UTF-8?");
}

/* Environments are NUL-terminated strings: a NUL would cut a value. */
static bool check_no_nul(struct span text, const char *file, struct error *err)
{
    const char *nul = text.length > 0 ? memchr(text.bytes, '\0', text.length) : NULL;
    struct place place = {file, 1, 1};

    if (!nul)
        return true;
    for (const char *at = text.bytes; at < nul; at++) {
        place.column++;
        if (*at == '\n')
            place = (struct place){file, place.line + 1, 1};
    }
    return fail_nul(place, err);
}

static bool read_quoted(struct reader *reader, const char **ret_value)
{
    CLEANUP(text_finish) struct text text;
    CLEANUP(text_finish) struct text unescaped;
    const char *start = reader->at, *end;
    struct place place = place_of(reader, start);

    text_init(&text, LIMIT_ENV_FILE_BYTES);
    text_init(&unescaped, LIMIT_ENV_FILE_BYTES);
    if (!read_quoted_text(reader, &text)) {
        end = memchr(start, '\n', (size_t)(reader->end - start));
        return error_set_at(reader->err, ERROR_INPUT, place,
                            "line %u: unterminated quoted value %.*s", reader->line,
                            (int)((end ? end : reader->end) - start), start);
    }
    if (*start == '\'') {
        *ret_value = arena_strndup(reader->into->arena, text.bytes, text.length);
        return true;
    }
    add_unescaped(&unescaped, text.bytes, text.bytes + text.length);
    if (unescaped.length > 0 && memchr(unescaped.bytes, '\0', unescaped.length))
        return fail_nul(place, reader->err);
    return expand(reader, text_span(&unescaped), ret_value);
}

static bool read_statement(struct reader *reader)
{
    struct place place = place_of(reader, reader->at);
    const char *name = NULL, *value;
    char separator;

    if (reader->end - reader->at > 6 && memcmp(reader->at, "export", 6) == 0 &&
        space_length(reader->at + 6, reader->end, true)) {
        reader->at += 6;
        skip_spaces(reader, true);
    }
    if (!read_name(reader, &name, &separator))
        return false;
    if (separator == '\n' || separator == '\0') {
        /* Inherited. The reference makes a variable without a name of a last line that has no newline. */
        value = look_up(reader->lookup, name);
        if (separator)
            next_line(reader);
        if (value && name[0])
            spec_environment_set_at(reader->into, name, value, place);
        return true;
    }
    skip_spaces(reader, false);
    if (reader->at < reader->end && (*reader->at == '"' || *reader->at == '\'')) {
        if (!read_quoted(reader, &value))
            return false;
    } else if (!read_plain(reader, &value)) {
        return false;
    }
    if (!name[0] && reader->warnings)
        warnings_add(reader->warnings, place, "a value without the name of a variable is ignored");
    spec_environment_set_at(reader->into, name, value, place);
    return true;
}

static struct span without_bom(struct span text)
{
    if (text.length >= 3 && memcmp(text.bytes, "\xEF\xBB\xBF", 3) == 0)
        return (struct span){text.bytes + 3, text.length - 3};
    return text;
}

bool spec_dotenv_parse(struct span text, const char *file, const struct spec_dotenv_lookup *lookup,
                       struct spec_environment *into, struct warnings *warnings, struct error *err)
{
    struct reader reader = {
        .file = file, .line = 1, .lookup = lookup, .into = into, .warnings = warnings, .err = err};

    text = without_bom(text);
    reader.at = reader.line_start = text.bytes;
    reader.end = text.bytes + text.length;
    if (!check_no_nul(text, file, err))
        return false;
    while (find_statement(&reader))
        if (!read_statement(&reader))
            return false;
    return true;
}

static bool parse_raw_line(struct span line, struct place place,
                           const struct spec_dotenv_lookup *lookup, struct spec_environment *into,
                           struct error *err)
{
    const char *equals = memchr(line.bytes, '=', line.length);
    size_t length = equals ? (size_t)(equals - line.bytes) : line.length;
    const char *name = arena_strndup(into->arena, line.bytes, length), *value;

    if (length == 0)
        return error_set_at(err, ERROR_INPUT, place, "no variable name on line '%.*s'",
                            (int)line.length, line.bytes);
    if (strpbrk(name, " \t\n\v\f\r"))
        return error_set_at(err, ERROR_INPUT, place, "variable '%s' contains whitespaces", name);
    value = equals ? arena_strndup(into->arena, equals + 1, line.length - length - 1)
                   : look_up(lookup, name);
    if (value)
        spec_environment_set_at(into, name, value, place);
    return true;
}

static bool fail_bytes(struct span line, struct place place, struct error *err)
{
    CLEANUP(text_finish) struct text bytes;

    text_init(&bytes, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < line.length; i++)
        text_addf(&bytes, i ? " %u" : "%u", (unsigned)(unsigned char)line.bytes[i]);
    return error_set_at(err, ERROR_INPUT, place, "invalid utf8 bytes at line %u: [%s]", place.line,
                        bytes.bytes);
}

bool spec_dotenv_parse_raw(struct span text, const char *file,
                           const struct spec_dotenv_lookup *lookup, struct spec_environment *into,
                           struct error *err)
{
    unsigned number = 1;
    const char *at, *end;

    text = without_bom(text);
    at = text.bytes;
    end = at + text.length;
    if (!check_no_nul(text, file, err))
        return false;
    for (; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct span line = {at, (size_t)((newline ? newline : end) - at)};
        struct place place = {file, number, 1};

        at = newline ? newline + 1 : end;
        if (line.length > 0 && line.bytes[line.length - 1] == '\r')
            line.length--;
        if (!utf8_is_valid(line.bytes, line.length))
            return fail_bytes(line, place, err);
        while (line.length > 0 && memchr(" \t\v\f\r", line.bytes[0], 5)) {
            line.bytes++;
            line.length--;
            place.column++;
        }
        if (line.length > 0 && line.bytes[0] != '#' &&
            !parse_raw_line(line, place, lookup, into, err))
            return false;
    }
    return true;
}

bool spec_dotenv_read(const char *path, const struct spec_dotenv_lookup *lookup,
                      struct spec_environment *into, struct warnings *warnings, struct error *err)
{
    struct span content;

    if (!spec_file_read(into->arena, path, LIMIT_ENV_FILE_BYTES, &content, err))
        return false;
    return spec_dotenv_parse(content, arena_strdup(into->arena, path), lookup, into, warnings,
                             err) ||
           error_wrap(err, "failed to read %s", path);
}

bool spec_dotenv_read_raw(const char *path, const struct spec_dotenv_lookup *lookup,
                          struct spec_environment *into, struct error *err)
{
    struct span content;

    if (!spec_file_read(into->arena, path, LIMIT_ENV_FILE_BYTES, &content, err))
        return false;
    return spec_dotenv_parse_raw(content, arena_strdup(into->arena, path), lookup, into, err) ||
           error_wrap(err, "failed to parse env_file %s", path);
}
