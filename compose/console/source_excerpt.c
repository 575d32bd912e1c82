/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/source_excerpt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/error.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

enum { LONGEST_COLUMNS = 200, BEFORE_CARET = 100, LONGEST_BYTES = 4 * LONGEST_COLUMNS };

#define INDENT   "    "
#define LEFT_OUT "..."

/* A part of a line, and where in it the caret belongs. */
struct excerpt {
    struct text bytes;
    size_t caret; /* offset in `bytes`; their length when the caret lies behind them */
    bool cut;     /* something before was left out */
};

/* The parser does not count it. */
static void skip_byte_order_mark(FILE *file)
{
    static const char mark[] = "\xef\xbb\xbf";
    char start[sizeof(mark) - 1];

    if (fread(start, 1, sizeof(start), file) != sizeof(start) ||
        memcmp(start, mark, sizeof(start)) != 0)
        rewind(file);
}

/* Columns count characters, as the parser does. */
static bool read_line(FILE *file, struct place place, struct excerpt *excerpt)
{
    size_t column = place.column > 0 ? place.column - 1 : 0, at = 0;
    size_t from = column > LONGEST_COLUMNS ? column - BEFORE_CARET : 0;
    unsigned line = 1;
    int byte;

    skip_byte_order_mark(file);
    while (line < place.line && (byte = getc(file)) != EOF)
        line += byte == '\n';
    excerpt->cut = from > 0;
    while ((byte = getc(file)) != EOF && byte != '\n' && excerpt->bytes.length < LONGEST_BYTES) {
        bool begins = (byte & 0xc0) != 0x80;

        if (begins && at == column)
            excerpt->caret = excerpt->bytes.length;
        if (at + (begins ? 1 : 0) > from)
            text_add_char(&excerpt->bytes, (char)byte);
        at += begins;
    }
    if (at <= column)
        excerpt->caret = excerpt->bytes.length;
    while (excerpt->bytes.length > 0 &&
           strchr("\r\n", excerpt->bytes.bytes[excerpt->bytes.length - 1]))
        text_truncate(&excerpt->bytes, excerpt->bytes.length - 1);
    return line == place.line && excerpt->bytes.length > 0;
}

static bool is_unseen(uint32_t code)
{
    return code == 0xa0 || code == 0xad || code == 0xfeff || (code >= 0x7f && code < 0xa0) ||
           (code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0x3000;
}

/* The same in characters that show, whatever the terminal makes of the others. */
static void add_seen(struct text *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code = 0;
        size_t size = utf8_decode(bytes + i, length - i, &code);

        if (size == 0)
            text_addf(out, "\\x%02x", (unsigned char)bytes[i]);
        else if (code == '\t')
            text_add(out, "\\t");
        else if (code < 0x20)
            text_addf(out, "\\x%02x", (unsigned)code);
        else if (is_unseen(code))
            text_addf(out, "\\u%04x", (unsigned)code);
        else
            text_add_bytes(out, bytes + i, size);
        i += size > 0 ? size : 1;
    }
}

/* Whether a word of YAML ends here: text is NUL-terminated, a colon belongs to a word that goes on. */
static bool ends_word(const char *text)
{
    return strchr(" \t,]}", *text) || (*text == ':' && strchr(" \t", text[1]));
}

/* What the caret underlines: to the end of the word. */
static size_t word_end(const struct excerpt *excerpt)
{
    size_t end = excerpt->caret;

    while (end < excerpt->bytes.length && !ends_word(excerpt->bytes.bytes + end))
        end++;
    return end;
}

static void add_excerpt(struct text *out, const struct excerpt *excerpt)
{
    const char *bytes = excerpt->bytes.bytes;
    size_t end = word_end(excerpt), before, width;
    struct text shown, part;

    text_init(&shown, 0);
    text_init(&part, 0);
    text_add(&shown, excerpt->cut ? LEFT_OUT : "");
    add_seen(&shown, bytes, excerpt->caret);
    before = utf8_width(shown.bytes, shown.length);
    add_seen(&part, bytes + excerpt->caret, end - excerpt->caret);
    width = utf8_width(part.bytes, part.length);
    text_add_bytes(&shown, part.bytes, part.length);
    add_seen(&shown, bytes + end, excerpt->bytes.length - end);

    text_add(out, INDENT);
    text_add_bytes(out, shown.bytes, utf8_fit(shown.bytes, shown.length, LONGEST_COLUMNS));
    text_add_char(out, '\n');
    if (before < LONGEST_COLUMNS) {
        text_add(out, INDENT);
        text_add_repeat(out, ' ', before);
        text_add_char(out, '^');
        if (width > LONGEST_COLUMNS - before)
            width = LONGEST_COLUMNS - before;
        if (width > 1)
            text_add_repeat(out, '~', width - 1);
        text_add_char(out, '\n');
    }
    text_finish(&shown);
    text_finish(&part);
}

/* What a pipe held has been read: only of a regular file can a line be shown again. */
static FILE *open_again(const char *path)
{
    int descriptor =
        strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    FILE *file = NULL;

    if (descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
        file = fdopen(descriptor, "r");
    if (descriptor >= 0 && !file)
        (void)close(descriptor);
    return file;
}

void source_excerpt_add(struct text *out, struct place place)
{
    struct excerpt excerpt = {.caret = 0};
    FILE *file;

    if (!place.file || place.line == 0)
        return;
    file = open_again(place.file);
    if (!file)
        return;
    text_init(&excerpt.bytes, 0);
    if (read_line(file, place, &excerpt))
        add_excerpt(out, &excerpt);
    (void)fclose(file); /* only read */
    text_finish(&excerpt.bytes);
}
