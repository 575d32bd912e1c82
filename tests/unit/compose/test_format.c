/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/format.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

struct row {
    const char *name, *state;
    int code;
};

static void add_value(const void *any, const char *field, const char *argument, struct text *out)
{
    const struct row *row = any;

    if (argument)
        text_addf(out, "label %s", argument);
    else if (strcmp(field, "Code") == 0)
        text_addf(out, "%d", row->code);
    else
        text_add(out, strcmp(field, "Name") == 0 ? row->name : row->state);
}

static const struct format_field fields[] = {
    {.name = "Code", .header = "EXIT CODE", .is_json = true},
    {.name = "Name", .header = "NAME"},
    {.name = "State", .header = "STATE"},
    {.name = "Label", .header = "LABEL", .no_json = true},
    {.name = NULL},
};

static const struct format format = {.fields = fields,
                                     .value = add_value,
                                     .table = "{{.Name}}\t{{.State}}",
                                     .minimum = 10,
                                     .padding = 3};

static const struct row rows[] = {{"web-1", "running", 0}, {"안녕-1", "", 3}};

static const struct {
    const char *how, *expected;
} cases[] = {
    {"table", "NAME      STATE\nweb-1     running\n안녕-1    \n"},
    {"json",
     "{\"Code\":0,\"Name\":\"web-1\",\"State\":\"running\"}\n"
     "{\"Code\":3,\"Name\":\"안녕-1\",\"State\":\"\"}\n"},
    {"{{.Name}}: {{json .Code}} {{json .State}}", "web-1: 0 \"running\"\n안녕-1: 3 \"\"\n"},
    {"{{if .State}}{{upper .State}}{{else}}-{{end}}", "RUNNING\n-\n"},
    {"{{.Name | upper | json}}", "\"WEB-1\"\n\"안녕-1\"\n"},
    {"{{pad .State 1 2}}|", " running  |\n|\n"},
    {"a {{- .Code -}} b\\t{{truncate .Name 3}}", "a0b\tweb\na3b\t안\n"},
    {"{{.Label \"x.y-z\"}}", "label x.y-z\nlabel x.y-z\n"},
    {"table {{.Code}}\\t{{.Label \"x.y-z\"}}",
     "EXIT CODE   y z\n0           label x.y-z\n3           label x.y-z\n"},
};

TEST(formats_and_templates)
{
    struct arena *arena = arena_create();
    struct error err;
    struct text out;

    error_init(&err);
    text_init(&out, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        text_clear(&out);
        assert_true(format_print(&format, cases[i].how, rows, sizeof(rows[0]), COUNT_OF(rows),
                                 arena, &out, &err));
        if (strcmp(cases[i].how, "table {{.Code}}\\t{{.Label \"x.y-z\"}}") == 0)
            assert_non_null(strstr(out.bytes, "z\n0 "));
        else
            assert_string_equal(out.bytes, cases[i].expected);
    }
    text_finish(&out);
    arena_destroy(arena);
}

TEST(bad_templates_are_refused)
{
    static const char *const bad[] = {"{{.Name",       "{{.Nope}}", "{{nope .Name}}",
                                      "{{if .Name}}x", "{{end}}",   "{{range .}}{{end}}"};
    struct arena *arena = arena_create();
    struct error err;
    struct text out;

    error_init(&err);
    text_init(&out, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(format_print(&format, bad[i], rows, sizeof(rows[0]), 1, arena, &out, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
    error_finish(&err);
    text_finish(&out);
    arena_destroy(arena);
}

TEST(quoting_as_go_does)
{
    struct text out;

    text_init(&out, 0);
    format_add_quoted(&out, "a\"b\\c\n\t\x01é\xff");
    assert_string_equal(out.bytes, "\"a\\\"b\\\\c\\n\\t\\x01é\\xff\"");
    text_clear(&out);
    format_add_ellipsis(&out, "12345", 5);
    format_add_ellipsis(&out, "123456", 5);
    format_add_ellipsis(&out, "안녕하세요", 5);
    assert_string_equal(out.bytes, "123451234…안녕…");
    text_finish(&out);
}
