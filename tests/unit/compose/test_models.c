/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/cli_plugin.h"
#include "compose/provision/models.h"
#include "spec/base/arena.h"
#include "spec/model.h"
#include "tests/unit/test.h"

TEST(models_are_listed_by_any_tag)
{
    struct span list = span_of(
        "[{\"id\":\"x\",\"tags\":[\"ai/smol:latest\"]},{\"tags\":[\"ai/a:1\",\"ai/b:2\"]}]");

    assert_true(models_is_listed(list, "ai/smol"));
    assert_true(models_is_listed(list, "ai/b:2"));
    assert_false(models_is_listed(list, "ai/b"));
    assert_false(models_is_listed(span_of("[]"), "ai/smol"));
    assert_false(models_is_listed(span_of(""), "ai/smol"));
}

TEST(models_configure_passes_flags_where_they_are_known)
{
    struct arena *arena = arena_create();
    struct spec_model model = {.model = "ai/smol", .context_size = 4096};
    struct strings words;

    strings_add(&model.runtime_flags, arena, "--temp");
    words = models_configure_words(arena, &model, true);
    assert_string_equal(strings_join(&words, arena, " "),
                        "configure --context-size 4096 ai/smol -- --temp");
    words = models_configure_words(arena, &model, false);
    assert_string_equal(strings_join(&words, arena, " "), "configure --context-size 4096 ai/smol");
    arena_destroy(arena);
}

TEST(models_become_variables)
{
    struct arena *arena = arena_create();
    struct spec_model model = {.model = "ai/smol"};
    struct spec_model_entry models[] = {{"big-llm", &model}, {"llm", &model}};
    struct spec_project project = {.models = {.items = models, .count = 2}};
    struct spec_service_model named = {.endpoint_var = "AT", .model_var = "NAME"};
    struct spec_service_model_entry uses[] = {{"big-llm", NULL}, {"llm", &named}};
    struct spec_service service = {.models = {.items = uses, .count = 2}};
    struct pairs variables = models_variables(arena, &project, &service, "http://e/");

    assert_int_equal(variables.count, 4);
    assert_string_equal(pairs_find(&variables, "BIG_LLM_MODEL")->value, "ai/smol");
    assert_string_equal(pairs_find(&variables, "BIG_LLM_URL")->value, "http://e/");
    assert_string_equal(pairs_find(&variables, "NAME")->value, "ai/smol");
    assert_string_equal(pairs_find(&variables, "AT")->value, "http://e/");
    arena_destroy(arena);
}

TEST(plugin_versions_compare_by_number)
{
    struct cli_plugin_version version;

    assert_true(cli_plugin_version_parse("v0.29.1+ds1", &version));
    assert_true(cli_plugin_version_is_at_least(&version, 0, 17, 0));
    assert_true(cli_plugin_version_parse("0.9.99", &version));
    assert_false(cli_plugin_version_is_at_least(&version, 0, 17, 0));
    assert_true(cli_plugin_version_parse("1.0.6-rc1", &version));
    assert_true(cli_plugin_version_is_at_least(&version, 1, 0, 6));
    assert_false(cli_plugin_version_is_at_least(&version, 1, 0, 7));
    assert_false(cli_plugin_version_parse("3f2a1b", &version));
    assert_false(cli_plugin_version_parse("", &version));
    assert_false(cli_plugin_version_parse("1.2", &version));
}
