/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables as the docker CLI prints them: columns as wide as their widest cell plus a padding, at least a minimum; the
 * last one ends where its text ends. Width counts terminal columns, so wide characters line up.
 *
 *     struct table table;
 *     table_init(&table, arena, 10, 3);
 *     table_row(&table, "NAME", "STATUS", NULL);
 *     table_cell(&table, name); table_cell(&table, status); table_end_row(&table);
 *     table_print(&table, &text);
 */
#pragma once

#include <stddef.h>

struct arena;
struct text;

struct table_cell {
    const char *text;
    size_t width;
};

struct table {
    struct arena *arena;
    size_t minimum, padding;
    struct table_cell *cells; /* all rows, one behind the other */
    size_t count, capacity;
    size_t *row_ends; /* index behind the last cell of each row */
    size_t row_count, row_capacity;
};

void table_init(struct table *table, struct arena *arena, size_t minimum, size_t padding);
/** Add a cell to the current row. The text is copied; control bytes are shown as \xNN. */
void table_cell(struct table *table, const char *text);
void table_end_row(struct table *table);
/** A whole row; ends with NULL. */
void table_row(struct table *table, ...) __attribute__((sentinel));
void table_print(const struct table *table, struct text *out);
