/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/cast.h"

#include <string.h>
#include <strings.h>

#include "spec/base/number.h"

/* true and false in any case, and the words of YAML 1.1, for which `*ret_obsolete` is set. */
static bool parse_word(const char *text, bool *ret_value, bool *ret_obsolete)
{
    static const struct {
        const char *word;
        bool value, obsolete;
    } words[] = {{"true", true, false}, {"false", false, false}, {"y", true, true},
                 {"yes", true, true},   {"on", true, true},      {"n", false, true},
                 {"no", false, true},   {"off", false, true}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcasecmp(text, words[i].word) == 0) {
            *ret_value = words[i].value;
            *ret_obsolete = words[i].obsolete;
            return true;
        }
    return false;
}

static bool fail_number(struct error *err, const struct spec_node *node, const char *function)
{
    const char *text = node->string.bytes;
    const char *digits = text + (text[0] == '-' || text[0] == '+' ? 1 : 0);
    bool number = digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits);

    return error_set_at(err, ERROR_INPUT, spec_node_place(node), "strconv.%s: parsing \"%s\": %s",
                        function, text, number ? "value out of range" : "invalid syntax");
}

static bool cast_int(struct spec_node *node, const char *function, struct error *err)
{
    int64_t value;

    if (!number_parse_int64(node->string.bytes, &value))
        return fail_number(err, node, function);
    node->kind = SPEC_INT;
    node->integer = value;
    return true;
}

static bool cast_float(struct spec_node *node, struct error *err)
{
    double value;

    if (!number_parse_double(node->string.bytes, &value))
        return fail_number(err, node, "ParseFloat");
    node->kind = SPEC_FLOAT;
    node->number = value;
    node->huge = 0;
    return true;
}

static bool cast_bool(struct spec_tree *tree, struct spec_node *node, struct error *err)
{
    const char *text = node->string.bytes;
    bool value, obsolete;

    if (!parse_word(text, &value, &obsolete))
        return error_set_at(err, ERROR_INPUT, spec_node_place(node), "invalid boolean: %s", text);
    if (obsolete)
        warnings_add(tree->warnings, spec_node_place(node),
                     "\"%s\" for boolean is not supported by YAML 1.2, please use `%s`", text,
                     value ? "true" : "false");
    node->kind = SPEC_BOOL;
    node->boolean = value;
    return true;
}

bool spec_cast(struct spec_tree *tree, struct spec_node *node, enum spec_cast cast,
               struct error *err)
{
    switch (cast) {
    case CAST_NONE:
        return true;
    case CAST_INT:
        return cast_int(node, "Atoi", err);
    case CAST_INT64:
        return cast_int(node, "ParseInt", err);
    case CAST_FLOAT:
        return cast_float(node, err);
    case CAST_BOOL:
        return cast_bool(tree, node, err);
    }
    return true;
}
