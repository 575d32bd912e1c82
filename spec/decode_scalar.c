/* SPDX-License-Identifier: Apache-2.0 */
/* Single values: text, switches, numbers, sizes, durations, modes. */
#include "spec/decode_value.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "spec/base/duration.h"
#include "spec/base/number.h"
#include "spec/base/size.h"
#include "spec/remedy.h"

static bool fail_kind(struct decoder *decoder, const struct decode_path *path,
                      const struct spec_node *node, const char *wanted)
{
    return decode_fail(decoder, path, node, "expected type '%s', got unconvertible type '%s'",
                       wanted, spec_node_kind_name(node->kind));
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static bool decode_bool(struct decoder *decoder, const struct decode_path *path,
                        const struct spec_node *node, bool *ret_value)
{
    static const char *const yes[] = {"y", "yes", "on", NULL}, *const no[] = {"n", "no", "off",
                                                                              NULL};
    const char *text = spec_node_text(node);

    if (node->kind == SPEC_BOOL) {
        *ret_value = node->boolean;
        return true;
    }
    if (!text)
        return fail_kind(decoder, path, node, "bool");
    if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) {
        *ret_value = strcasecmp(text, "true") == 0;
        return true;
    }
    if (!is_one_of(text, yes) && !is_one_of(text, no))
        return decode_fail(decoder, path, node, "invalid boolean: %s", text);
    *ret_value = is_one_of(text, yes);
    warnings_add(decoder->warnings, spec_node_place(node),
                 "\"%s\" for boolean is not supported by YAML 1.2, please use `%s`", text,
                 *ret_value ? "true" : "false");
    return true;
}

/* The fraction of a number is cut off, as the reference does it. */
static bool int_of_number(double number, int64_t *ret_value)
{
    if (!(number > -9223372036854775808.0 && number < 9223372036854775808.0))
        return false;
    *ret_value = (int64_t)trunc(number);
    return true;
}

bool decode_int(struct decoder *decoder, const struct decode_path *path,
                const struct spec_field *field, const struct spec_node *node, int64_t *ret_value)
{
    int64_t value = 0;

    if (node->kind == SPEC_INT) {
        value = node->integer;
    } else if (node->kind == SPEC_FLOAT) {
        if (!int_of_number(node->number, &value))
            return decode_fail(decoder, path, node, "number out of range");
    } else if (node->kind == SPEC_STRING) {
        if (!number_parse_int64(node->string.bytes, &value))
            return decode_fail(decoder, path, node,
                               "strconv.ParseInt: parsing \"%s\": invalid syntax",
                               node->string.bytes);
    } else {
        return fail_kind(decoder, path, node, "int");
    }
    if (value < 0 && (field->flags & UNSIGNED))
        return decode_fail(decoder, path, node,
                           "cannot parse value as 'uint64': %lld overflows uint", (long long)value);
    *ret_value = value;
    return true;
}

static bool decode_count(struct decoder *decoder, const struct decode_path *path,
                         const struct spec_field *field, const struct spec_node *node,
                         int64_t *ret_value)
{
    const char *text = spec_node_text(node);

    if (text && strcasecmp(text, "all") == 0) {
        *ret_value = -1;
        return true;
    }
    if (text && !number_parse_int64(text, ret_value))
        return decode_fail(decoder, path, node,
                           "invalid value \"%s\", the only value allowed is 'all' or a number",
                           text);
    return text || decode_int(decoder, path, field, node, ret_value);
}

static bool decode_bytes(struct decoder *decoder, const struct decode_path *path,
                         const struct spec_node *node, int64_t *ret_bytes)
{
    struct error cause = {.kind = ERROR_NONE};

    if (node->kind == SPEC_INT) {
        *ret_bytes = node->integer;
        return true;
    }
    if (node->kind == SPEC_FLOAT) {
        if (!int_of_number(node->number, ret_bytes))
            return decode_fail(decoder, path, node, "number out of range");
        return true;
    }
    if (node->kind != SPEC_STRING)
        return fail_kind(decoder, path, node, "types.UnitBytes");
    if (size_parse(node->string.bytes, ret_bytes, &cause))
        return true;
    (void)error_hint(&cause, "%s", spec_remedy_for_value(decoder->arena, node, SPEC_KIND_BYTES));
    return decode_fail_with(decoder, path, node, &cause);
}

static bool decode_duration(struct decoder *decoder, const struct decode_path *path,
                            const struct spec_node *node, int64_t *ret_ns)
{
    struct error cause = {.kind = ERROR_NONE};
    const char *text = spec_node_scalar_text(decoder->arena, node);

    if (!text)
        return fail_kind(decoder, path, node, "types.Duration");
    if (duration_parse(text, ret_ns, &cause))
        return true;
    (void)error_hint(&cause, "%s", spec_remedy_for_value(decoder->arena, node, SPEC_KIND_DURATION));
    return decode_fail_with(decoder, path, node, &cause);
}

/* A number is the mode itself; text is octal. */
static bool decode_mode(struct decoder *decoder, const struct decode_path *path,
                        const struct spec_field *field, const struct spec_node *node,
                        int64_t *ret_mode)
{
    const char *text = spec_node_text(node);
    uint64_t mode;

    if (!text)
        return decode_int(decoder, path, field, node, ret_mode);
    if (!number_parse_digits(text, strlen(text), 8, &mode) || mode > INT64_MAX)
        return decode_fail(decoder, path, node, "strconv.ParseInt: parsing \"%s\": invalid syntax",
                           text);
    *ret_mode = (int64_t)mode;
    return true;
}

static bool decode_float(struct decoder *decoder, const struct decode_path *path,
                         const struct spec_node *node, float *ret_value)
{
    const char *text = spec_node_text(node);
    double number = 0;

    if (node->kind == SPEC_INT)
        number = (double)node->integer;
    else if (node->kind == SPEC_FLOAT)
        number = node->number;
    else if (!text)
        return fail_kind(decoder, path, node, "float32");
    else if (!number_parse_double(text, &number))
        return decode_fail(decoder, path, node,
                           "strconv.ParseFloat: parsing \"%s\": invalid syntax", text);
    *ret_value = (float)number;
    return true;
}

static bool decode_string(struct decoder *decoder, const struct decode_path *path,
                          const struct spec_node *node, const char **ret_text)
{
    const char *text = spec_node_scalar_text(decoder->arena, node);

    if (!text)
        return fail_kind(decoder, path, node, "string");
    *ret_text = text;
    return true;
}

static bool decode_optional_int(struct decoder *decoder, const struct decode_path *path,
                                const struct spec_field *field, const struct spec_node *node,
                                struct spec_opt_int *member)
{
    member->set = true;
    if (field->kind == SPEC_KIND_OPT_DURATION)
        return decode_duration(decoder, path, node, &member->value);
    if (field->kind == SPEC_KIND_FILE_MODE)
        return decode_mode(decoder, path, field, node, &member->value);
    return decode_int(decoder, path, field, node, &member->value);
}

bool decode_value(struct decoder *decoder, const struct decode_path *path,
                  const struct spec_field *field, const struct spec_node *node, void *member)
{
    switch (field->kind) {
    case SPEC_KIND_STRING:
        return decode_string(decoder, path, node, member);
    case SPEC_KIND_BOOL:
        return decode_bool(decoder, path, node, member);
    case SPEC_KIND_OPT_BOOL:
        ((struct spec_opt_bool *)member)->set = true;
        return decode_bool(decoder, path, node, &((struct spec_opt_bool *)member)->value);
    case SPEC_KIND_INT:
        return decode_int(decoder, path, field, node, member);
    case SPEC_KIND_COUNT:
        return decode_count(decoder, path, field, node, member);
    case SPEC_KIND_BYTES:
        return decode_bytes(decoder, path, node, member);
    case SPEC_KIND_DURATION:
        return decode_duration(decoder, path, node, member);
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_OPT_DURATION:
    case SPEC_KIND_FILE_MODE:
        return decode_optional_int(decoder, path, field, node, member);
    case SPEC_KIND_FLOAT32:
        return decode_float(decoder, path, node, member);
    case SPEC_KIND_STRINGS:
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_HOSTS:
    case SPEC_KIND_SSH:
    case SPEC_KIND_MULTI_OPTIONS:
        return decode_collection(decoder, path, field, node, member);
    case SPEC_KIND_STRUCT:
    case SPEC_KIND_LIST:
    case SPEC_KIND_MAP:
        break; /* decode.c walks these */
    }
    return false;
}
