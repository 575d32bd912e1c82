/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "compose/console/progress_list.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

static struct progress_list list;

static void event(const char *id, const char *parent, const char *text, const char *details,
                  enum progress_status status, uint64_t now_ms)
{
    struct progress made = {
        .id = id, .parent = parent, .text = text, .details = details, .status = status};

    progress_list_update(&list, &made, now_ms);
}

static void expect(size_t columns, size_t rows, uint64_t now_ms, const char *expected)
{
    struct progress_frame frame = {
        .operation = "up", .columns = columns, .rows = rows, .now_ms = now_ms};
    struct text out;
    size_t lines, counted = 0;

    text_init(&out, 0);
    lines = progress_list_draw(&list, &frame, &out);
    if (expected)
        assert_string_equal(out.bytes, expected);
    for (const char *at = out.bytes; *at;) {
        const char *end = strchr(at, '\n');

        assert_non_null(end);
        assert_true(utf8_width(at, (size_t)(end - at)) <= columns || columns < 20);
        counted++;
        at = end + 1;
    }
    assert_int_equal(lines, counted);
    assert_true(lines <= rows || rows < 2);
    text_finish(&out);
}

TEST(rows_have_mark_state_and_time)
{
    event("Network p_default", NULL, "Created", NULL, PROGRESS_DONE, 0);
    event("Container p-db-1", NULL, "Waiting", NULL, PROGRESS_WORKING, 0);
    event("Container p-web-1", NULL, "Error", "port is already allocated", PROGRESS_ERROR, 1500);
    expect(60, 24, 1500,
           "[+] up 2/3\n"
           " ✔ Network p_default Created                            0.0s\n"
           " ⠴ Container p-db-1  Waiting                            1.5s\n"
           " ✘ Container p-web-1 Error port is already allocated    0.0s\n");
    /* Too narrow: the details are cut first, and each line still fits. */
    expect(48, 24, 1500,
           "[+] up 2/3\n"
           " ✔ Network p_default Created                0.0s\n"
           " ⠴ Container p-db-1  Waiting                1.5s\n"
           " ✘ Container p-web-1 Error port is al...    0.0s\n");
    for (size_t columns = 1; columns < 60; columns++)
        expect(columns, 24, 2000, NULL);
    progress_list_finish(&list);
}

TEST(layers_are_cells_of_their_image)
{
    struct progress layer = {.id = "a1",
                             .parent = "Image redis:7",
                             .text = "Downloading",
                             .current = 500000,
                             .total = 1000000};

    event("Image redis:7", NULL, "Pulling", NULL, PROGRESS_WORKING, 0);
    event("b2", "Image redis:7", "Pull complete", NULL, PROGRESS_DONE, 0);
    progress_list_update(&list, &layer, 0);
    expect(70, 24, 100,
           "[+] up 1/3\n"
           " ⠙ Image redis:7 [⣿⣤]   500kB / 1MB     Pulling                   0.1s\n");
    progress_list_finish(&list);
}

TEST(more_tasks_than_rows_collapse)
{
    char id[16];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "Container %d", i);
        event(id, NULL, i < 60 ? "Started" : "Starting", NULL,
              i < 60 ? PROGRESS_DONE : PROGRESS_WORKING, 0);
    }
    event("Container x", NULL, "Error", "boom", PROGRESS_ERROR, 0);
    expect(80, 6, 0,
           "[+] up 61/101\n"
           " ⠋ Container 98 Starting                                                    0.0s\n"
           " ⠋ Container 99 Starting                                                    0.0s\n"
           " ✘ Container x  Error boom                                                  0.0s\n"
           " ... 98 more\n");
    expect(80, 1, 0, "[+] up 61/101\n");
    for (size_t rows = 2; rows < 110; rows++)
        expect(80, rows, 0, NULL);
    progress_list_finish(&list);
}
