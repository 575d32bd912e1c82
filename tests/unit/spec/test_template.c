/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/template.h"

struct known {
    struct arena *arena;
    char unset[64]; /* names that were told of, each followed by a blank */
};

static const char *get(void *owner, const char *name)
{
    (void)owner;
    return strcmp(name, "SET") == 0 ? "value" : strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static void on_unset(void *owner, const char *name)
{
    struct known *known = owner;
    size_t length = strlen(known->unset);

    snprintf(known->unset + length, sizeof(known->unset) - length, "%s ", name);
}

/* `wanted` is the text, or "!kind offset" of a failure; `unset` the names that were warned of. */
static void assert_expands_warning(const char *template, const char *wanted, const char *unset)
{
    struct known known = {arena_create(), ""};
    struct spec_lookup lookup = {get, on_unset, &known, known.arena};
    struct spec_template_failure failure;
    struct text out;

    text_init(&out, 1000);
    if (!spec_template_expand(&out, span_of(template), &lookup, &failure)) {
        text_clear(&out);
        if (failure.kind == TEMPLATE_REQUIRED)
            text_addf(&out, "!required %s %s", failure.name, failure.message);
        else
            text_addf(&out, "!%s %zu", failure.kind == TEMPLATE_INVALID ? "invalid" : "large",
                      failure.offset);
    }
    assert_string_equal(out.bytes, wanted);
    assert_string_equal(known.unset, unset);
    text_finish(&out);
    arena_destroy(known.arena);
}

static void assert_expands(const char *template, const char *wanted)
{
    assert_expands_warning(template, wanted, "");
}

TEST(template_replaces_variables)
{
    assert_expands("$SET", "value");
    assert_expands("a${SET}b", "avalueb");
    assert_expands("$SET.z/$SET", "value.z/value");
    assert_expands("$EMPTY|${EMPTY}", "|");
    assert_expands_warning("$NONE|${NONE}", "|", "NONE NONE ");
}

TEST(template_knows_every_operator)
{
    assert_expands("${NONE:-D} ${EMPTY:-D} ${SET:-D}", "D D value");
    assert_expands("${NONE-D} ${EMPTY-D} ${SET-D}", "D  value");
    assert_expands("[${NONE:+R}] [${EMPTY:+R}] [${SET:+R}]", "[] [] [R]");
    assert_expands("[${NONE+R}] [${EMPTY+R}] [${SET+R}]", "[] [R] [R]");
    assert_expands("${SET:?m} ${SET?m} [${EMPTY?m}]", "value value []");
    assert_expands("${NONE:?gone}", "!required NONE gone");
    assert_expands("${EMPTY:?gone}", "!required EMPTY gone");
    assert_expands("${NONE?}", "!required NONE ");
    assert_expands("${NONE:-a:-b} ${NONE:-?} ${NONE-}", "a:-b ? ");
}

TEST(template_nests)
{
    assert_expands("${NONE:-${EMPTY:-c}}", "c");
    assert_expands("${NONE:-{x}}", "{x}");
    assert_expands("a${NONE:-x}}b", "ax}b");
    assert_expands("${NONE:-${SET}}-${SET:+${SET}s}", "value-values");
    assert_expands("${NONE-x} ${NONE-y}", "x y");
    assert_expands("${NONE:-$$}", "$");
    /* What is not used is not looked at. */
    assert_expands("${SET:-$NONE}${SET:-${X:?m}}", "valuevalue");
    assert_expands_warning("${NONE:-$OTHER}", "", "OTHER ");
}

TEST(template_keeps_what_is_no_variable)
{
    assert_expands("$$ $${SET} $$$SET", "$ ${SET} $value");
    assert_expands("$ $1 $-x a$ $\xc3\xa9", "$ $1 $-x a$ $\xc3\xa9");
}

TEST(template_refuses_bad_braces)
{
    assert_expands("ab${", "!invalid 2");
    assert_expands("${}", "!invalid 0");
    assert_expands("${ A}", "!invalid 0");
    assert_expands("${1A}", "!invalid 0");
    assert_expands("${A!x}", "!invalid 0");
    assert_expands("${A:x}", "!invalid 0");
    assert_expands("${A:=x}", "!invalid 0");
    assert_expands("${A:-one\ntwo}", "!invalid 0");
}

TEST(template_stops_at_limits)
{
    char deep[1000] = "";

    for (int i = 0; i < 100; i++)
        memcpy(deep + i * 5, "${N:-", 5);
    memset(deep + 500, '}', 100);
    assert_expands(deep, "!large 0");
}

static void list(void *owner, const struct spec_template_variable *variable)
{
    text_addf(owner, "%s(%s|%s|%s) ", variable->name, variable->fallback, variable->presence,
              variable->required ? "required" : "");
}

TEST(template_lists_its_variables)
{
    struct arena *arena = arena_create();
    struct text out;

    text_init(&out, 1000);
    spec_template_visit(arena, span_of("$A ${B:-${C}} $$D ${E?} ${F:+x}"), list, &out);
    assert_string_equal(out.bytes, "A(||) B(${C}||) C(||) E(||required) F(|x|) ");
    text_finish(&out);
    arena_destroy(arena);
}
