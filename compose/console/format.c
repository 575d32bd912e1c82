/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/format.h"

#include <string.h>

#include "compose/console/format_template.h"
#include "compose/console/table.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

void format_add_ellipsis(struct text *out, const char *s, size_t columns)
{
    size_t length = strlen(s);

    if (utf8_width(s, length) <= columns) {
        text_add(out, s);
        return;
    }
    text_add_bytes(out, s, utf8_fit(s, length, columns > 0 ? columns - 1 : 0));
    text_add(out, "…");
}

void format_add_quoted(struct text *out, const char *s)
{
    static const char letters[] = "abtnvfr"; /* \a is 7, then in order */

    text_add_char(out, '"');
    for (size_t i = 0, length = strlen(s); i < length;) {
        unsigned char byte = (unsigned char)s[i];
        uint32_t code;
        size_t taken = utf8_decode(s + i, length - i, &code);

        if (taken > 1)
            text_add_bytes(out, s + i, taken);
        else if (byte == '"' || byte == '\\')
            text_addf(out, "\\%c", byte);
        else if (byte >= 7 && byte <= 13)
            text_addf(out, "\\%c", letters[byte - 7]);
        else if (byte < ' ' || byte >= 0x7f)
            text_addf(out, "\\x%02x", byte);
        else
            text_add_char(out, s[i]);
        i += taken ? taken : 1;
    }
    text_add_char(out, '"');
}

static void add_json(const struct format *format, const void *row, struct text *out)
{
    struct json_writer json;
    struct text value;

    text_init(&value, 0);
    json_begin(&json, out, 0);
    json_object_open(&json);
    for (const struct format_field *field = format->fields; field->name; field++) {
        if (field->no_json)
            continue;
        text_clear(&value);
        format->value(row, field->name, NULL, &value);
        json_key(&json, field->name);
        if (field->is_json)
            json_raw(&json, value.bytes, value.length);
        else
            json_string_n(&json, value.bytes, value.length);
    }
    json_object_close(&json);
    text_finish(&value);
}

/* Template texts may hold \t and \n as two characters, for shells. */
static const char *unescape(struct arena *arena, const char *template)
{
    char *copy = arena_strdup(arena, template);
    char *to = copy;

    for (const char *from = copy; *from; from++) {
        if (from[0] == '\\' && (from[1] == 't' || from[1] == 'n')) {
            *to++ = from[1] == 't' ? '\t' : '\n';
            from++;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return copy;
}

/* What templates ask a row for. */
struct row_source {
    const struct format *format;
    const void *row; /* NULL: the headers */
};

static const struct format_field *find_field(const struct format *format, const char *name)
{
    for (const struct format_field *field = format->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

/* "com.example.my-label" heads its column as "my label". */
static void add_label_header(struct text *out, const char *label)
{
    const char *dot = strrchr(label, '.');

    for (const char *at = dot ? dot + 1 : label; *at; at++)
        text_add_char(out, *at == '-' || *at == '_' ? ' ' : *at);
}

static bool row_value(void *owner, const char *name, const char *argument, struct text *out,
                      bool *ret_is_json)
{
    struct row_source *source = owner;
    const struct format_field *field;

    *ret_is_json = false;
    if (!name[0]) {
        *ret_is_json = true;
        if (source->row)
            add_json(source->format, source->row, out);
        return true;
    }
    field = find_field(source->format, name);
    if (!field)
        return false;
    if (source->row) {
        *ret_is_json = field->is_json;
        source->format->value(source->row, name, argument, out);
    } else if (argument) {
        add_label_header(out, argument);
    } else {
        text_add(out, field->header);
    }
    return true;
}

static void split_cells(struct table *table, struct arena *arena, const char *line)
{
    for (;;) {
        size_t length = strcspn(line, "\t");

        table_cell(table, arena_strndup(arena, line, length));
        if (!line[length])
            break;
        line += length + 1;
    }
    table_end_row(table);
}

static bool print_table(const struct format *format, const char *template, const char *rows,
                        size_t row_size, size_t count, struct arena *arena, struct text *out,
                        struct error *err)
{
    struct row_source source = {.format = format};
    struct table table;
    struct text line;
    bool good = true;

    table_init(&table, arena, format->minimum, format->padding);
    text_init(&line, 0);
    for (size_t i = 0; good && i <= count; i++) {
        source.row = i == 0 ? NULL : rows + (i - 1) * row_size;
        text_clear(&line);
        good = format_template_run(template, row_value, &source, arena, &line, err);
        if (good)
            split_cells(&table, arena, line.bytes);
    }
    text_finish(&line);
    if (good)
        table_print(&table, out);
    return good;
}

bool format_print(const struct format *format, const char *how, const void *rows, size_t row_size,
                  size_t count, struct arena *arena, struct text *out, struct error *err)
{
    struct row_source source = {.format = format};
    const char *template;

    if (!how[0] || strcmp(how, "table") == 0)
        return print_table(format, format->table, rows, row_size, count, arena, out, err);
    if (text_starts_with(how, "table "))
        return print_table(format, unescape(arena, how + strspn(how + 5, " ") + 5), rows, row_size,
                           count, arena, out, err);
    template = strcmp(how, "json") == 0 ? "{{json .}}" : unescape(arena, how);
    for (size_t i = 0; i < count; i++) {
        source.row = (const char *)rows + i * row_size;
        if (!format_template_run(template, row_value, &source, arena, out, err))
            return false;
        text_add_char(out, '\n');
    }
    return true;
}
