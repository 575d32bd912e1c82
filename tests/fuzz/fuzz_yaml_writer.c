/* SPDX-License-Identifier: Apache-2.0 */
/* Any text that is written as YAML, as key and as value, is read back as the same text by libyaml. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "spec/base/arena.h"
#include "spec/base/utf8.h"
#include "spec/yaml_resolve.h"
#include "spec/yaml_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_scalar(yaml_document_t *document, int id, const char *text)
{
    yaml_node_t *node = yaml_document_get_node(document, id);

    if (!node || node->type != YAML_SCALAR_NODE || node->data.scalar.length != strlen(text) ||
        memcmp(node->data.scalar.value, text, strlen(text)) != 0)
        abort();
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        yaml_resolve(text, strlen(text), NULL) != YAML_MEANS_TEXT)
        abort();
}

static void read_back(const struct text *yaml, const char *text, const char *key)
{
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_node_t *root;

    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml->bytes, yaml->length);
    if (!yaml_parser_load(&parser, &document))
        abort();
    root = yaml_document_get_root_node(&document);
    expect_scalar(&document, root->data.mapping.pairs.start[0].key, key);
    expect_scalar(&document, root->data.mapping.pairs.start[0].value, text);
    expect_scalar(&document,
                  yaml_document_get_node(&document, root->data.mapping.pairs.start[1].value)
                      ->data.sequence.items.start[0],
                  text);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size);
    /* libyaml limits simple keys to 1024 characters, and reads a line of a key at a time. */
    const char *key = arena_strndup(arena, (const char *)data, size < 100 ? size : 100);
    struct yaml_writer yaml;
    struct text out;

    /* The reference leaves these two line breaks in single quotes, where they are folded. */
    if (!utf8_is_valid(text, strlen(text)) || !utf8_is_valid(key, strlen(key)) ||
        strstr(text, "\u2028") || strstr(text, "\u2029")) {
        arena_destroy(arena);
        return 0;
    }
    text_init(&out, 0);
    yaml_begin(&yaml, &out);
    yaml_map_open(&yaml);
    yaml_key(&yaml, key);
    yaml_string(&yaml, text);
    yaml_key(&yaml, strcmp(key, "list") == 0 ? "items" : "list");
    yaml_list_open(&yaml);
    yaml_string(&yaml, text);
    yaml_list_close(&yaml);
    yaml_map_close(&yaml);
    yaml_end(&yaml);
    read_back(&out, text, key);
    text_finish(&out);
    arena_destroy(arena);
    return 0;
}
