/* SPDX-License-Identifier: Apache-2.0 */
/* Every attribute with what an engine is sent for it: translate_rows.def, and that no attribute is missing there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/build/bake.h"
#include "compose/translate/translate.h"
#include "engine_client/json_find.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/text.h"
#include "spec/project.h"
#include "tests/unit/test.h"

enum part {
    PART_CREATE,
    PART_CONNECT,
    PART_NETWORK,
    PART_VOLUME,
    PART_BAKE,
    PART_TOLD,
    PART_REFUSED,
    PART_ELSEWHERE
};

struct row {
    const char *type, *member;
    enum part part;
    const char *section; /* top level of the file where it is not the usual one */
    const char *yaml, *path;
    const char *expected[2]; /* at API 1.41 and at the newest */
};

enum { OLD, NEW };

static const unsigned api_minor[] = {[OLD] = 41, [NEW] = 51};
static const char same[] = "same";

#define NONE NULL
#define SAME same
#define ROW(type, member, part, section, yaml, path, old, new)                                     \
    {#type, #member, part, section, yaml, path, {old, new}},
#define CREATE(t, m, yaml, path, both)         ROW(t, m, PART_CREATE, NULL, yaml, path, both, SAME)
#define CREATE_AT(t, m, yaml, path, old, new)  ROW(t, m, PART_CREATE, NULL, yaml, path, old, new)
#define CONNECT(t, m, yaml, path, both)        ROW(t, m, PART_CONNECT, NULL, yaml, path, both, SAME)
#define NETWORK(t, m, yaml, path, both)        ROW(t, m, PART_NETWORK, NULL, yaml, path, both, SAME)
#define NETWORK_AT(t, m, yaml, path, old, new) ROW(t, m, PART_NETWORK, NULL, yaml, path, old, new)
#define VOLUME(t, m, yaml, path, both)         ROW(t, m, PART_VOLUME, NULL, yaml, path, both, SAME)
#define BAKE(t, m, yaml, path, both)           ROW(t, m, PART_BAKE, NULL, yaml, path, both, SAME)
#define TOLD(t, m, yaml, old, new)             ROW(t, m, PART_TOLD, NULL, yaml, NULL, old, new)
#define TOLD_OF(section, t, m, yaml, old, new) ROW(t, m, PART_TOLD, section, yaml, NULL, old, new)
#define REFUSED(t, m, yaml, old, new)          ROW(t, m, PART_REFUSED, NULL, yaml, NULL, old, new)
#define REFUSED_OF(section, t, m, yaml, old, new)                                                  \
    ROW(t, m, PART_REFUSED, section, yaml, NULL, old, new)
#define ELSEWHERE(t, m, where) ROW(t, m, PART_ELSEWHERE, NULL, NULL, where, NULL, NULL)

static const struct row rows[] = {
#include "tests/unit/compose/translate_rows.def"
};

/* The files that the rows speak of, in a directory of their own. */
struct fixture {
    struct arena *arena;
    struct spec_project *project;
    struct warnings warnings;
    struct error err;
    struct text body;
};

static const char *const environment[] = {"FROM_SHELL=shell", NULL};
static const char *directory;
static size_t mismatches;

static const char *write_file(struct arena *arena, const char *name, const char *content)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char usual_sections[] =
    "networks: {n: {}, m: {}}\n"
    "volumes: {data: {}}\n"
    "secrets: {s: {file: /etc/hostname}}\n"
    "configs: {c: {file: /etc/hosts}}\n";

static const char *compose_file(struct arena *arena, const struct row *row)
{
    const char *image =
        text_starts_with(row->yaml, "image:") || text_starts_with(row->yaml, "extends:")
            ? ""
            : "    image: x\n";

    switch (row->part) {
    case PART_NETWORK:
        return arena_printf(
            arena, "services: {a: {image: x, networks: [n]}}\nnetworks:\n  n: {%s}\n", row->yaml);
    case PART_VOLUME:
        return arena_printf(
            arena, "services: {a: {image: x, volumes: ['data:/v']}}\nvolumes:\n  data: {%s}\n",
            row->yaml);
    case PART_BAKE:
        return arena_printf(arena, "services:\n  a:\n    image: x\n    build: {%s}\n%s", row->yaml,
                            usual_sections);
    case PART_CREATE:
    case PART_CONNECT:
    case PART_TOLD:
    case PART_REFUSED:
    case PART_ELSEWHERE:
        break;
    }
    return arena_printf(
        arena,
        "services:\n  b: {image: y, hostname: b, healthcheck: {test: x}}\n  a:\n%s    %s\n%s",
        image, row->yaml, row->section ? row->section : usual_sections);
}

static void setup(struct fixture *fixture, const struct row *row)
{
    struct spec_load_options options = {.environment = environment, .project_name = "p"};

    *fixture = (struct fixture){.arena = arena_create()};
    fixture->warnings.arena = fixture->arena;
    error_init(&fixture->err);
    text_init(&fixture->body, 0);
    strings_add(&options.files, fixture->arena,
                write_file(fixture->arena, "compose.yaml", compose_file(fixture->arena, row)));
    (void)write_file(fixture->arena, "variables", "FROM_FILE=\"1 2\"\n");
    (void)write_file(fixture->arena, "labels", "from.file=yes\n");
    (void)write_file(fixture->arena, "base.yaml",
                     "services: {b: {image: y, hostname: elsewhere}}\n");
    fixture->project = spec_project_load(&options, &fixture->warnings, &fixture->err);
    if (!fixture->project ||
        !spec_project_read_service_files(fixture->project, &fixture->warnings, &fixture->err))
        fail_msg("%s.%s: %s: %s", row->type, row->member, row->yaml,
                 fixture->err.frame_count > 0 ? fixture->err.frames[0].text : "");
    assert_int_equal(fixture->warnings.count, 0);
}

static void teardown(struct fixture *fixture)
{
    text_finish(&fixture->body);
    error_finish(&fixture->err);
    spec_project_destroy(fixture->project);
    arena_destroy(fixture->arena);
}

static bool make_body(struct fixture *fixture, const struct row *row, unsigned api)
{
    const struct spec_project *project = fixture->project;
    struct translate_container in = {.project = project,
                                     .service = spec_project_service(project, "a"),
                                     .api_minor = api,
                                     .name = "p-a-1",
                                     .number = 1,
                                     .config_hash = "hash"};
    struct bake_options options = {0};
    struct bake_file bake = {.project = project, .options = &options};

    switch (row->part) {
    case PART_CONNECT:
        return translate_connect_body(&fixture->body, &in, "n", "id", &fixture->err);
    case PART_NETWORK:
        return translate_network_body(&fixture->body, project, "n",
                                      spec_project_network(project, "n"), "hash", api,
                                      &fixture->err);
    case PART_VOLUME:
        translate_volume_body(&fixture->body, project, "data", spec_project_volume(project, "data"),
                              "hash");
        return true;
    case PART_BAKE:
        if (!bake_prepare(fixture->arena, &bake, &fixture->err))
            return false;
        bake_write(fixture->arena, &bake, &fixture->body);
        return true;
    case PART_TOLD:
        translate_unsupported(in.service, api, false, &fixture->warnings);
        translate_unsupported_resources(project, api, &fixture->warnings);
        return true;
    case PART_CREATE:
    case PART_REFUSED:
    case PART_ELSEWHERE:
        break;
    }
    return translate_container_body(&fixture->body, &in, &fixture->warnings, &fixture->err);
}

/* Without the white space of a bake file. */
static const char *compact(struct arena *arena, struct span json)
{
    char *out;
    size_t length = 0;
    bool quoted = false;

    if (!json.bytes)
        return NULL;
    out = arena_alloc(arena, json.length + 1);
    for (size_t i = 0; i < json.length; i++) {
        quoted = quoted != (json.bytes[i] == '"' && (i == 0 || json.bytes[i - 1] != '\\'));
        if (quoted || !strchr(" \n", json.bytes[i]))
            out[length++] = json.bytes[i];
    }
    return out;
}

static const char *find(struct fixture *fixture, const struct row *row)
{
    struct strings segments = {0};
    char *words = arena_strdup(fixture->arena, row->path), *rest = NULL;

    if (row->part == PART_BAKE) {
        strings_add(&segments, fixture->arena, "target");
        strings_add(&segments, fixture->arena, "a");
    }
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        strings_add(&segments, fixture->arena, word);
    return compact(fixture->arena, engine_json_find_segments(text_span(&fixture->body),
                                                             segments.items, segments.count));
}

static void compare(const struct row *row, unsigned api, const char *got, const char *expected)
{
    if (got == expected || (got && expected && strcmp(got, expected) == 0))
        return;
    print_error("%s.%s at API 1.%u: %s\n  %s\n  is %s\n  not %s\n", row->type, row->member, api,
                row->yaml, row->path ? row->path : "", got ? got : "absent",
                expected ? expected : "absent");
    mismatches++;
}

static void check(const struct row *row, unsigned api, const char *expected)
{
    struct fixture fixture;
    bool made;

    setup(&fixture, row);
    made = make_body(&fixture, row, api);
    if (row->part == PART_REFUSED) {
        compare(row, api, made ? NULL : fixture.err.frames[0].text, expected);
        if (!made)
            assert_true(fixture.err.frames[0].place.line > 0);
    } else if (row->part == PART_TOLD) {
        compare(row, api, fixture.warnings.count > 0 ? fixture.warnings.items[0].text : NULL,
                expected);
        assert_true(fixture.warnings.count <= 1);
        if (fixture.warnings.count > 0)
            assert_true(fixture.warnings.items[0].place.line > 0);
    } else if (made || expected) {
        compare(row, api, made ? find(&fixture, row) : fixture.err.frames[0].text, expected);
    }
    teardown(&fixture);
}

TEST(every_row_gives_the_request_that_it_tells)
{
    char place[] = "/tmp/translate-XXXXXX";
    const char *const files[] = {"compose.yaml", "variables", "labels", "base.yaml"};
    struct arena *arena = arena_create();

    directory = mkdtemp(place);
    assert_non_null(directory);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].part == PART_ELSEWHERE)
            continue;
        check(&rows[i], api_minor[OLD], rows[i].expected[OLD]);
        check(&rows[i], api_minor[NEW],
              rows[i].expected[NEW] == same ? rows[i].expected[OLD] : rows[i].expected[NEW]);
    }
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_int_equal(unlink(arena_printf(arena, "%s/%s", directory, files[i])), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mismatches, 0);
    arena_destroy(arena);
}

/* -- No attribute is missing -- */

static bool is_row_of(const struct row *row, const struct spec_type *type,
                      const struct spec_field *field)
{
    return strcmp(row->type, type->name) == 0 && strcmp(row->member, field->name) == 0;
}

static bool has_row(const struct spec_type *type, const struct spec_field *field, enum part part)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (is_row_of(&rows[i], type, field) && rows[i].part == part)
            return true;
    return false;
}

/* The file below tests/ that a row leads to. */
static const char *file_of(const struct row *row)
{
    const char *blank = strrchr(row->path, ' '), *last = blank ? blank + 1 : row->path;

    return strchr(last, '/') ? last : NULL;
}

/* One of the engine's fields that the attribute's row names: the last word of "H.Binds, H.Mounts". */
static bool shows_engine_field(struct arena *arena, const struct row *row,
                               const struct spec_field *field)
{
    char *names = arena_strdup(arena, field->engine), *rest = NULL;

    if (row->part == PART_ELSEWHERE)
        return file_of(row) != NULL;
    if (!row->path)
        return false;
    for (char *name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
        const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;

        if (strstr(row->path, last) || (row->expected[OLD] && strstr(row->expected[OLD], last)))
            return true;
    }
    return false;
}

static const char *missing(struct arena *arena, const struct spec_type *type,
                           const struct spec_field *field)
{
    bool any = false, shown = !field->engine;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (is_row_of(&rows[i], type, field)) {
            any = true;
            shown = shown || shows_engine_field(arena, &rows[i], field);
        }
    if (!any)
        return "no row";
    if (!shown)
        return "no row shows its engine field";
    if ((field->flags & REFUSED_BELOW)
            ? !has_row(type, field, PART_REFUSED)
            : (field->inert || field->api) && !has_row(type, field, PART_TOLD))
        return "no row shows what is said when it has no effect";
    return NULL;
}

TEST(every_attribute_has_a_row)
{
    static const struct spec_type *const types[] = {
#define TYPE(type) &spec_type_##type,
#define END_TYPE(type)
#define FIELD(type, member, kind, sub, ...)
#define INTERNAL(type, ctype, member)
#include "spec/attributes/all.def"
    };
    struct arena *arena = arena_create();
    size_t faults = 0;

    for (size_t i = 0; i < COUNT_OF(types); i++)
        for (size_t j = 0; j < types[i]->count; j++) {
            const char *fault = missing(arena, types[i], &types[i]->fields[j]);

            if (fault) {
                print_error("%s.%s: %s\n", types[i]->name, types[i]->fields[j].name, fault);
                faults++;
            }
        }
    assert_int_equal(faults, 0);
    arena_destroy(arena);
}

/* A file that a row leads to is there, and speaks of the attribute. */
TEST(files_that_rows_name_show_the_attribute)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(text_finish) struct text path = {0};
        CLEANUP(text_finish) struct text content = {0};
        FILE *file;
        int c;

        if (rows[i].part != PART_ELSEWHERE || !file_of(&rows[i]))
            continue;
        text_init(&path, 0);
        text_init(&content, 0);
        text_addf(&path, "%s/%s", TESTS_DIR, file_of(&rows[i]));
        file = fopen(path.bytes, "re");
        if (!file)
            fail_msg("%s.%s: no file %s", rows[i].type, rows[i].member, path.bytes);
        while ((c = fgetc(file)) != EOF)
            text_add_char(&content, (char)c);
        assert_int_equal(fclose(file), 0);
        if (!strstr(content.bytes, rows[i].member))
            fail_msg("%s says nothing of %s", path.bytes, rows[i].member);
    }
}
