/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a stream of the engine: frames, logs, JSON lines. Fed whole and cut in two (the first byte says where),
 * what comes out must be the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/json_lines.h"
#include "engine_client/log_lines.h"
#include "spec/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_frame(void *owner, const struct engine_frame_piece *piece)
{
    struct text *streams = owner;

    text_add_bytes(&streams[piece->stream], piece->bytes.bytes, piece->bytes.length);
}

static void on_log(void *owner, const struct engine_log_piece *piece)
{
    struct text *streams = owner;

    text_add_bytes(&streams[piece->stream], piece->bytes.bytes, piece->bytes.length);
    if (piece->last)
        text_addf(&streams[piece->stream], "<%lld>", (long long)piece->time_ns);
}

static bool on_line(void *owner, struct span line, struct error *err)
{
    struct text *out = owner;

    (void)err;
    text_add_bytes(out, line.bytes, line.length);
    text_add_char(out, '\n');
    return true;
}

static bool frames(struct span a, struct span b, bool raw, struct text *out)
{
    struct error err = {.kind = ERROR_NONE};
    struct engine_frames decoder;
    bool good;

    engine_frames_init(&decoder, raw);
    good = engine_frames_feed(&decoder, a, on_frame, out, &err) &&
           engine_frames_feed(&decoder, b, on_frame, out, &err);
    error_finish(&err);
    return good;
}

static bool logs(struct span a, struct span b, bool raw, struct text *out)
{
    struct error err = {.kind = ERROR_NONE};
    struct engine_log_lines decoder;
    bool good;

    engine_log_lines_init(&decoder, raw, true, on_log, out);
    good = engine_log_lines_feed(&decoder, a, &err) && engine_log_lines_feed(&decoder, b, &err);
    error_finish(&err);
    return good;
}

static bool lines(struct span a, struct span b, bool end, struct text *out)
{
    struct error err = {.kind = ERROR_NONE};
    struct engine_json_lines decoder;
    bool good;

    engine_json_lines_init(&decoder);
    good = engine_json_lines_feed(&decoder, a, on_line, out, &err) &&
           engine_json_lines_feed(&decoder, b, on_line, out, &err) &&
           (!end || engine_json_lines_end(&decoder, on_line, out, &err));
    engine_json_lines_finish(&decoder);
    error_finish(&err);
    return good;
}

static void compare(bool (*decode)(struct span, struct span, bool, struct text *), struct span all,
                    size_t cut, bool flag)
{
    struct text whole[3], parts[3];
    struct span a = {all.bytes, cut}, b = {all.bytes + cut, all.length - cut},
                none = {all.bytes, 0};
    bool good;

    for (int i = 0; i < 3; i++) {
        text_init(&whole[i], 0);
        text_init(&parts[i], 0);
    }
    good = decode(all, none, flag, whole);
    if (decode(a, b, flag, parts) != good)
        abort();
    for (int i = 0; i < 3; i++) {
        if (whole[i].length != parts[i].length ||
            memcmp(whole[i].bytes, parts[i].bytes, whole[i].length) != 0)
            abort();
        text_finish(&whole[i]);
        text_finish(&parts[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all;
    size_t cut;

    if (size < 1)
        return 0;
    all = (struct span){(const char *)data + 1, size - 1};
    cut = all.length > 0 ? data[0] % (all.length + 1) : 0;
    for (int flag = 0; flag <= 1; flag++) {
        compare(frames, all, cut, flag == 1);
        compare(logs, all, cut, flag == 1);
        compare(lines, all, cut, flag == 1);
    }
    return 0;
}
