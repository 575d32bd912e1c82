/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/template.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

/* One `$...` of a template. */
struct use {
    enum { USE_LITERAL, USE_ESCAPED, USE_VARIABLE, USE_INVALID } kind;
    size_t length; /* of the whole use, from the `$` */
    struct span name;
    char operator;     /* '-', '+', '?' or 0 */
    bool empty_counts; /* with a colon: an empty value counts as unset */
    struct span argument;
};

static bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_length(struct span text)
{
    size_t length = 0;

    if (text.length == 0 || !starts_name(text.bytes[0]))
        return 0;
    while (length < text.length && (starts_name(text.bytes[length]) ||
                                    (text.bytes[length] >= '0' && text.bytes[length] <= '9')))
        length++;
    return length;
}

/* The brace that closes a use with an operator: the first that balances, else the last one of the line. */
static size_t closing_brace(struct span text, size_t from)
{
    size_t last = 0, depth = 1;

    for (size_t i = from; i < text.length && text.bytes[i] != '\n'; i++)
        if (text.bytes[i] == '{') {
            depth++;
        } else if (text.bytes[i] == '}') {
            last = i;
            if (--depth == 0)
                return i;
        }
    return last;
}

/* `text` starts with `${`. */
static struct use read_braced(struct span text)
{
    struct use use = {.kind = USE_INVALID, .length = 2};
    size_t at = 2, name = name_length((struct span){text.bytes + 2, text.length - 2}), end;

    if (name == 0)
        return use;
    use.name = (struct span){text.bytes + 2, name};
    at += name;
    if (at < text.length && text.bytes[at] == '}') {
        use.kind = USE_VARIABLE;
        use.length = at + 1;
        return use;
    }
    if (at < text.length && text.bytes[at] == ':') {
        use.empty_counts = true;
        at++;
    }
    if (at >= text.length || !memchr("-+?", text.bytes[at], 3))
        return use;
    use.operator= text.bytes[at++];
    end = closing_brace(text, at);
    if (end == 0)
        return use;
    use.kind = USE_VARIABLE;
    use.argument = (struct span){text.bytes + at, end - at};
    use.length = end + 1;
    return use;
}

/* `text` starts with `$`. */
static struct use read_use(struct span text)
{
    struct use use = {.kind = USE_LITERAL, .length = 1};

    if (text.length < 2)
        return use;
    if (text.bytes[1] == '$')
        return (struct use){.kind = USE_ESCAPED, .length = 2};
    if (text.bytes[1] == '{')
        return read_braced(text);
    use.name =
        (struct span){text.bytes + 1, name_length((struct span){text.bytes + 1, text.length - 1})};
    if (use.name.length > 0) {
        use.kind = USE_VARIABLE;
        use.length = use.name.length + 1;
    }
    return use;
}

static struct span rest_of(struct span text, size_t from)
{
    return (struct span){text.bytes + from, text.length - from};
}

static bool expand(struct text *out, struct span template, const struct spec_lookup *lookup,
                   unsigned depth, struct spec_template_failure *ret_failure);

static bool fail(struct spec_template_failure *ret_failure, enum spec_template_failure_kind kind)
{
    *ret_failure = (struct spec_template_failure){.kind = kind};
    return false;
}

static bool fail_required(const struct use *use, const char *name, const struct spec_lookup *lookup,
                          unsigned depth, struct spec_template_failure *ret_failure)
{
    struct text message;
    bool done;

    text_init(&message, LIMIT_MESSAGE_BYTES);
    done = expand(&message, use->argument, lookup, depth + 1, ret_failure);
    if (done)
        *ret_failure = (struct spec_template_failure){
            .kind = TEMPLATE_REQUIRED,
            .name = name,
            .message = arena_strndup(lookup->arena, message.bytes, message.length)};
    text_finish(&message);
    return false;
}

static bool expand_use(struct text *out, const struct use *use, const struct spec_lookup *lookup,
                       unsigned depth, struct spec_template_failure *ret_failure)
{
    const char *name = arena_strndup(lookup->arena, use->name.bytes, use->name.length);
    const char *value = lookup->get(lookup->owner, name);
    bool present = value && !(use->empty_counts && value[0] == '\0');

    switch (use->operator) {
    case '-':
        if (!present)
            return expand(out, use->argument, lookup, depth + 1, ret_failure);
        break;
    case '+':
        return !present || expand(out, use->argument, lookup, depth + 1, ret_failure);
    case '?':
        if (!present)
            return fail_required(use, name, lookup, depth, ret_failure);
        break;
    }
    if (value)
        text_add(out, value);
    else if (lookup->on_unset)
        lookup->on_unset(lookup->owner, name);
    return true;
}

static bool expand(struct text *out, struct span template, const struct spec_lookup *lookup,
                   unsigned depth, struct spec_template_failure *ret_failure)
{
    if (depth > LIMIT_INTERPOLATION_DEPTH)
        return fail(ret_failure, TEMPLATE_TOO_DEEP);
    for (size_t at = 0; at < template.length;) {
        const char *dollar = memchr(template.bytes + at, '$', template.length - at);
        size_t plain = dollar ? (size_t)(dollar - template.bytes) - at : template.length - at;
        struct use use;

        text_add_bytes(out, template.bytes + at, plain);
        at += plain;
        if (!dollar)
            break;
        use = read_use(rest_of(template, at));
        if (use.kind == USE_INVALID)
            (void)fail(ret_failure, TEMPLATE_INVALID);
        if (use.kind == USE_INVALID ||
            (use.kind == USE_VARIABLE && !expand_use(out, &use, lookup, depth, ret_failure))) {
            ret_failure->offset = at;
            return false;
        }
        if (use.kind == USE_LITERAL || use.kind == USE_ESCAPED)
            text_add_char(out, '$');
        at += use.length;
    }
    return !out->overflowed || fail(ret_failure, TEMPLATE_TOO_LARGE);
}

bool spec_template_expand(struct text *out, struct span template, const struct spec_lookup *lookup,
                          struct spec_template_failure *ret_failure)
{
    return expand(out, template, lookup, 0, ret_failure);
}

static void visit_uses(struct arena *arena, struct span template, unsigned depth,
                       spec_template_variable_fn *visit, void *owner)
{
    for (size_t at = 0; at < template.length && depth <= LIMIT_INTERPOLATION_DEPTH;) {
        const char *dollar = memchr(template.bytes + at, '$', template.length - at);
        struct use use;

        if (!dollar)
            break;
        at = (size_t)(dollar - template.bytes);
        use = read_use(rest_of(template, at));
        if (use.kind == USE_INVALID) {
            visit(owner, &(struct spec_template_variable){"", "", "", false});
        } else if (use.kind == USE_VARIABLE) {
            const char *argument =
                use.argument.length > 0
                    ? arena_strndup(arena, use.argument.bytes, use.argument.length)
                    : "";
            struct spec_template_variable variable = {
                .name = arena_strndup(arena, use.name.bytes, use.name.length),
                .fallback = use.operator== '-' ? argument : "",
                .presence = use.operator== '+' ? argument : "",
                .required = use.operator== '?' };

            visit(owner, &variable);
            if (use.operator!= '?') /* the words of a failure are not looked into */
                visit_uses(arena, use.argument, depth + 1, visit, owner);
        }
        at += use.length;
    }
}

void spec_template_visit(struct arena *arena, struct span template,
                         spec_template_variable_fn *visit, void *owner)
{
    visit_uses(arena, template, 0, visit, owner);
}
