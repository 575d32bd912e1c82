/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/yaml_mend.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/memory.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

enum {
    PRIVATE_BYTES = 4,
    PRIVATE_CONTROL = 0x80, /* last byte for DEL; 32 more for U+0080 to U+009F */
    PRIVATE_COLON = 0xB0,
    PRIVATE_QUESTION = 0xB1,
};

/* A space that was inserted, in lines and columns of the mended text. */
struct insertion {
    size_t offset, line, column;
};

struct yaml_mend {
    char private_start[3]; /* the first bytes of each private character */
    struct text text;
    struct insertion *insertions;
    size_t insertion_count, insertion_capacity;
};

/* The text while it is mended: `copied` bytes of the input are in `mend->text`. */
struct work {
    struct yaml_mend *mend;
    const char *in, *end, *copied;
};

static bool is_blank(const char *at, const char *end)
{
    return at >= end || strchr(" \t\r\n", *at); /* NUL too */
}

static bool is_flow_indicator(const char *at, const char *end)
{
    return at < end && memchr(",[]{}", *at, 5);
}

static bool is_plain_safe(const char *at, const char *end)
{
    return !is_blank(at, end) && !is_flow_indicator(at, end);
}

/* U+007F to U+009F, but U+0085, which is a line break; 0 when there is none at `at`. */
static size_t control_length(const char *at, const char *end)
{
    unsigned char first = (unsigned char)at[0];

    if (first == 0x7F)
        return 1;
    return first == 0xC2 && at + 1 < end && (unsigned char)at[1] < 0xA0 &&
                   (unsigned char)at[1] != 0x85
               ? 2
               : 0;
}

/* Whether something may be there to mend; most files have nothing. */
static bool has_candidate(struct span content, bool *ret_controls)
{
    const char *end = content.bytes + content.length;
    bool flow = false;

    *ret_controls = false;
    for (const char *at = content.bytes; at < end; at++) {
        if (control_length(at, end) > 0)
            *ret_controls = true;
        if ((*at != ':' && *at != '?') || flow)
            continue;
        if (*at == ':' && is_flow_indicator(at + 1, end))
            flow = true;
        else if (at > content.bytes && memchr(" \t\r\n[{,:", at[-1], 8) &&
                 is_plain_safe(at + 1, end))
            flow = true;
    }
    return flow || *ret_controls;
}

/* What the parser refuses before it scans keeps its offset in bytes, so nothing else is mended then. */
static bool is_readable(struct span content)
{
    for (size_t i = 0; i < content.length; i++)
        if ((unsigned char)content.bytes[i] < 0x20 && !memchr("\t\r\n", content.bytes[i], 3))
            return false;
    return utf8_is_valid(content.bytes, content.length);
}

/* A block of 4,096 characters of the private planes that the text does not use. */
static bool choose_private(struct yaml_mend *mend, struct span content)
{
    for (unsigned block = 0; block < 32; block++) {
        mend->private_start[0] = (char)(block < 16 ? 0xF3 : 0xF4);
        mend->private_start[1] = (char)(block < 16 ? 0xB0 + block : 0x80 + block - 16);
        mend->private_start[2] = (char)0x80;
        if (!memmem(content.bytes, content.length, mend->private_start, 2))
            return true;
    }
    return false;
}

static void add_private(struct yaml_mend *mend, struct text *out, unsigned last)
{
    text_add_bytes(out, mend->private_start, sizeof(mend->private_start));
    text_add_char(out, (char)last);
}

static void copy_until(struct work *work, const char *at)
{
    text_add_bytes(&work->mend->text, work->copied, (size_t)(at - work->copied));
    work->copied = at;
}

/* A plain scalar begins at the indicator `at`. */
static void hide_indicator(struct work *work, const char *at)
{
    copy_until(work, at);
    add_private(work->mend, &work->mend->text, *at == ':' ? PRIVATE_COLON : PRIVATE_QUESTION);
    work->copied = at + 1;
}

static void insert_space(struct work *work, const char *at)
{
    struct yaml_mend *mend = work->mend;

    copy_until(work, at);
    mend->insertions = xgrow(mend->insertions, &mend->insertion_capacity, mend->insertion_count + 1,
                             sizeof(*mend->insertions));
    mend->insertions[mend->insertion_count++] = (struct insertion){.offset = mend->text.length};
    text_add_char(&mend->text, ' ');
}

static const char *skip_quoted(const char *at, const char *end)
{
    char quote = *at++;

    for (; at < end; at++) {
        if (*at == '\\' && quote == '"')
            at++;
        else if (*at == quote && quote == '\'' && at + 1 < end && at[1] == quote)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return end;
}

/* From the second character of a plain scalar to its end; a colon that ends it gets its space. */
static const char *skip_plain(struct work *work, const char *at)
{
    for (; at < work->end && !is_flow_indicator(at, work->end); at++) {
        if (*at == '#' && is_blank(at - 1, work->end))
            break;
        if (*at != ':' || is_plain_safe(at + 1, work->end))
            continue;
        if (is_flow_indicator(at + 1, work->end) && !memchr("[{", at[1], 2))
            insert_space(work, at + 1);
        break;
    }
    return at;
}

/* The end of an anchor, alias or tag. */
static const char *skip_property(const char *at, const char *end)
{
    bool tag = *at == '!';

    for (at++; at < end && is_plain_safe(at, end) && (tag || *at != ':'); at++)
        ;
    return at;
}

/* Mend the flow collection that begins at `at`; its end. */
static const char *mend_collection(struct work *work, const char *at)
{
    const char *end = work->end;
    size_t depth = 0;
    bool adjacent = false; /* a colon here belongs to the node before it */

    while (at < end) {
        bool indicator = !is_plain_safe(at + 1, end);

        if (is_blank(at, end)) {
            at++;
        } else if (*at == '#' && is_blank(at - 1, end)) {
            at = memchr(at, '\n', (size_t)(end - at));
            at = at ? at : end;
        } else if (*at == '[' || *at == '{') {
            depth++;
            adjacent = false;
            at++;
        } else if (*at == ']' || *at == '}') {
            adjacent = true;
            at++;
            if (--depth == 0)
                break;
        } else if (*at == '"' || *at == '\'') {
            adjacent = true;
            at = skip_quoted(at, end);
        } else if (*at == '&' || *at == '*' || *at == '!') {
            adjacent = true;
            at = skip_property(at, end);
        } else if (*at == ',' || (*at == '?' && indicator) ||
                   (*at == ':' && (adjacent || indicator))) {
            adjacent = false;
            at++;
        } else {
            if (*at == ':' || *at == '?')
                hide_indicator(work, at);
            adjacent = false;
            at = skip_plain(work, at + 1);
        }
    }
    return at;
}

/* A mark of the parser, which counts characters, as a place in the text. Marks only grow. */
struct cursor {
    const char *at, *end;
    size_t index;
};

static const char *seek(struct cursor *cursor, size_t index)
{
    while (cursor->index < index && cursor->at < cursor->end) {
        for (cursor->at++; cursor->at < cursor->end && ((unsigned char)*cursor->at & 0xC0) == 0x80;)
            cursor->at++;
        cursor->index++;
    }
    return cursor->at;
}

/* How deep a token is in flow collections, and where the outermost begins. */
struct flow {
    size_t depth;
    const char *start;
    bool adjacent;
};

/* Follow a token; true when the parser takes a character as an indicator that begins a plain scalar. */
static bool is_misread(const yaml_token_t *token, struct cursor *cursor, struct flow *flow)
{
    bool shown = token->end_mark.index > token->start_mark.index, adjacent = flow->adjacent;

    flow->adjacent = false;
    switch (token->type) {
    case YAML_FLOW_SEQUENCE_START_TOKEN:
    case YAML_FLOW_MAPPING_START_TOKEN:
        if (flow->depth++ == 0)
            flow->start = seek(cursor, token->start_mark.index);
        return false;
    case YAML_FLOW_SEQUENCE_END_TOKEN:
    case YAML_FLOW_MAPPING_END_TOKEN:
        flow->depth -= flow->depth > 0;
        flow->adjacent = true;
        return false;
    case YAML_SCALAR_TOKEN:
        flow->adjacent = token->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return false;
    case YAML_ALIAS_TOKEN:
    case YAML_ANCHOR_TOKEN:
    case YAML_TAG_TOKEN:
        flow->adjacent = true;
        return false;
    case YAML_KEY_TOKEN:
    case YAML_VALUE_TOKEN:
        return flow->depth > 0 && shown && !(adjacent && token->type == YAML_VALUE_TOKEN) &&
               is_plain_safe(seek(cursor, token->end_mark.index), cursor->end);
    default: /* no token of ours: the parser's list is open */
        return false;
    }
}

/* The outermost flow collection with the first misread or refused character at or behind `from`, or NULL. */
static const char *find_collection(const char *from, const char *end)
{
    struct cursor cursor = {from, end, 0};
    struct flow flow = {0};
    yaml_parser_t parser;
    yaml_token_t token;
    bool found = false, done = false;

    if (end - from >= 3 && memcmp(from, "\xEF\xBB\xBF", 3) == 0)
        cursor.at += 3;
    if (!yaml_parser_initialize(&parser))
        fatal("out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)from, (size_t)(end - from));
    while (!found && !done) {
        if (yaml_parser_scan(&parser, &token)) {
            found = is_misread(&token, &cursor, &flow);
            done = token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN;
            yaml_token_delete(&token);
            continue;
        }
        /* Tokens that wait for the end of a key are in the queue. */
        for (const yaml_token_t *next = parser.tokens.head; !found && next < parser.tokens.tail;
             next++)
            found = is_misread(next, &cursor, &flow);
        found = found || flow.depth > 0;
        done = true;
    }
    yaml_parser_delete(&parser);
    return found ? flow.start : NULL;
}

static void mend_collections(struct yaml_mend *mend, struct span content)
{
    struct work work = {mend, content.bytes, content.bytes + content.length, content.bytes};
    const char *from = content.bytes, *found;
    size_t count = 0;

    /* Each search begins on the line behind the collection that was mended before: all lie within block context. */
    while (from < work.end && count++ < LIMIT_MENDED && (found = find_collection(from, work.end))) {
        const char *behind = mend_collection(&work, found);

        from = memchr(behind, '\n', (size_t)(work.end - behind));
        from = from ? from + 1 : work.end;
    }
    copy_until(&work, work.end);
}

static void hide_controls(struct yaml_mend *mend, struct text *out, struct span content)
{
    const char *at = content.bytes, *end = at + content.length, *copied = at;

    while (at < end) {
        size_t length = control_length(at, end);

        if (length == 0) {
            at++;
            continue;
        }
        text_add_bytes(out, copied, (size_t)(at - copied));
        add_private(mend, out, PRIVATE_CONTROL - 0x7F + (unsigned char)at[length - 1]);
        at += length;
        copied = at;
    }
    text_add_bytes(out, copied, (size_t)(end - copied));
}

/* The length of the line break at `at`, or 0. */
static size_t break_length(const char *at, const char *end)
{
    if (*at == '\n')
        return 1;
    if (*at == '\r')
        return at + 1 < end && at[1] == '\n' ? 2 : 1;
    if (end - at >= 2 && memcmp(at, "\xC2\x85", 2) == 0)
        return 2;
    return end - at >= 3 &&
                   (memcmp(at, "\xE2\x80\xA8", 3) == 0 || memcmp(at, "\xE2\x80\xA9", 3) == 0)
               ? 3
               : 0;
}

/* Lines and columns of what was inserted, as the parser counts them. */
static void place_insertions(struct yaml_mend *mend)
{
    const char *start = mend->text.bytes, *end = start + mend->text.length, *at = start;
    size_t line = 0, column = 0;

    if (mend->text.length >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    for (size_t i = 0; i < mend->insertion_count; i++) {
        while (at < start + mend->insertions[i].offset) {
            size_t length = break_length(at, end);

            column += length == 0 && ((unsigned char)*at & 0xC0) != 0x80;
            if (length > 0) {
                line++;
                column = 0;
            }
            at += length ? length : 1;
        }
        mend->insertions[i].line = line;
        mend->insertions[i].column = column;
    }
}

struct yaml_mend *yaml_mend_create(struct span content)
{
    CLEANUP(text_finish) struct text plain;
    struct yaml_mend *mend;
    bool controls;

    text_init(&plain, 0);
    if (!has_candidate(content, &controls) || !is_readable(content))
        return NULL;
    mend = xcalloc(1, sizeof(*mend));
    text_init(&mend->text, 0);
    if (!choose_private(mend, content)) {
        yaml_mend_destroy(mend);
        return NULL;
    }
    if (controls) {
        hide_controls(mend, &plain, content);
        content = text_span(&plain);
    }
    mend_collections(mend, content);
    place_insertions(mend);
    return mend;
}

void yaml_mend_destroy(struct yaml_mend *mend)
{
    if (!mend)
        return;
    text_finish(&mend->text);
    free(mend->insertions);
    free(mend);
}

struct span yaml_mend_text(const struct yaml_mend *mend)
{
    return text_span(&mend->text);
}

yaml_mark_t yaml_mend_mark(const struct yaml_mend *mend, yaml_mark_t mark)
{
    size_t low = 0, high = mend ? mend->insertion_count : 0;

    /* The first insertion at or behind the mark. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct insertion *at = &mend->insertions[middle];

        if (at->line < mark.line || (at->line == mark.line && at->column < mark.column))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low > 0 && mend->insertions[low - 1].line == mark.line; low--)
        mark.column--;
    return mark;
}

size_t yaml_mend_restore(const struct yaml_mend *mend, char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;
    char *out = bytes;

    if (!mend)
        return length;
    while (at < end) {
        unsigned last;

        if (end - at < PRIVATE_BYTES ||
            memcmp(at, mend->private_start, sizeof(mend->private_start)) != 0) {
            *out++ = *at++;
            continue;
        }
        last = (unsigned char)at[3];
        if (last == PRIVATE_COLON || last == PRIVATE_QUESTION) {
            *out++ = last == PRIVATE_COLON ? ':' : '?';
        } else if (last == PRIVATE_CONTROL) {
            *out++ = 0x7F;
        } else {
            *out++ = (char)0xC2;
            *out++ = (char)(last - 1);
        }
        at += PRIVATE_BYTES;
    }
    *out = '\0';
    return (size_t)(out - bytes);
}
