/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/table.h"

#include <stdarg.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

void table_init(struct table *table, struct arena *arena, size_t minimum, size_t padding)
{
    *table = (struct table){.arena = arena, .minimum = minimum, .padding = padding};
}

void table_cell(struct table *table, const char *text)
{
    struct text shown;
    struct table_cell *cell;

    text_init(&shown, 0);
    text_add_printable(&shown, text, strlen(text));
    table->cells = arena_grow(table->arena, table->cells, &table->capacity, table->count + 1,
                              sizeof(*table->cells));
    cell = &table->cells[table->count++];
    cell->text = arena_strdup(table->arena, shown.bytes);
    cell->width = utf8_width(shown.bytes, shown.length);
    text_finish(&shown);
}

void table_end_row(struct table *table)
{
    table->row_ends = arena_grow(table->arena, table->row_ends, &table->row_capacity,
                                 table->row_count + 1, sizeof(*table->row_ends));
    table->row_ends[table->row_count++] = table->count;
}

void table_row(struct table *table, ...)
{
    const char *text;
    va_list cells;

    va_start(cells, table);
    while ((text = va_arg(cells, const char *)) != NULL)
        table_cell(table, text);
    va_end(cells);
    table_end_row(table);
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = 0, start = 0;

    for (size_t row = 0; row < table->row_count; row++) {
        /* A row's last cell does not set the width: nothing stands behind it. */
        if (start + column + 1 < table->row_ends[row] &&
            table->cells[start + column].width > widest)
            widest = table->cells[start + column].width;
        start = table->row_ends[row];
    }
    widest += table->padding;
    return widest > table->minimum ? widest : table->minimum;
}

void table_print(const struct table *table, struct text *out)
{
    size_t columns = 0, start = 0;
    size_t *widths;

    for (size_t row = 0; row < table->row_count; row++) {
        if (table->row_ends[row] - start > columns)
            columns = table->row_ends[row] - start;
        start = table->row_ends[row];
    }
    widths = arena_array(table->arena, columns + 1, sizeof(*widths));
    for (size_t column = 0; column < columns; column++)
        widths[column] = column_width(table, column);
    start = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t i = start; i < table->row_ends[row]; i++) {
            text_add(out, table->cells[i].text);
            if (i + 1 < table->row_ends[row])
                text_add_repeat(out, ' ', widths[i - start] - table->cells[i].width);
        }
        text_add_char(out, '\n');
        start = table->row_ends[row];
    }
}
