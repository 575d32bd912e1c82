/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/console/descriptor_watch.h"
#include "spec/base/memory.h"
#include "spec/base/text.h"

enum { FULL_BYTES = 64 * 1024, HURRY_MS = 500 };

struct output {
    uv_loop_t *loop;
    int descriptor;
    struct descriptor_watch *reader; /* while its going away is watched for */
    struct descriptor_watch *watch;  /* made when first needed; NULL for a closed descriptor */
    struct text queue;
    size_t written; /* of the queue's front */
    int broken;     /* errno of the write that failed, or 0 */
    bool told, waiting, corked, hurried;
    output_fn *drained, *gone;
    void *drained_owner, *gone_owner;
};

static void on_ready(void *owner);

struct output *output_create(uv_loop_t *loop, int descriptor)
{
    struct output *output = xcalloc(1, sizeof(*output));

    output->loop = loop;
    output->descriptor = descriptor;
    text_init(&output->queue, 0);
    output->watch =
        descriptor_watch_create(loop, descriptor, DESCRIPTOR_WRITABLE, on_ready, output);
    return output;
}

/*
 * Write what fits at once (0), what fits while the reader is not idle for longer than that, or all (-1); returns how
 * many bytes went. A pipe or terminal that polls as writable takes PIPE_BUF bytes without blocking, whatever flags it
 * has been inherited with; so nothing larger is given to it at once.
 */
static size_t write_bytes(struct output *output, const char *bytes, size_t length, int timeout_ms)
{
    size_t written = 0;

    while (output->broken == 0 && written < length) {
        size_t rest = length - written;
        ssize_t count;

        if (!descriptor_is_ready(output->descriptor, DESCRIPTOR_WRITABLE, timeout_ms)) {
            if (timeout_ms >= 0)
                break;
            continue;
        }
        count = write(output->descriptor, bytes + written, rest < PIPE_BUF ? rest : PIPE_BUF);
        if (count > 0)
            written += (size_t)count;
        else if (errno != EAGAIN && errno != EINTR)
            output->broken = errno;
    }
    return written;
}

static void write_some(struct output *output, int timeout_ms)
{
    output->written += write_bytes(output, output->queue.bytes + output->written,
                                   output->queue.length - output->written, timeout_ms);
    if (output->broken == 0 && output->written < output->queue.length)
        return;
    text_clear(&output->queue);
    output->written = 0;
}

static void wait_for_room(struct output *output)
{
    if (output->waiting || !output->watch)
        return;
    output->waiting = true;
    descriptor_watch_start(output->watch);
}

static void tell_broken(struct output *output)
{
    if (output->broken == 0 || output->told)
        return;
    output->told = true;
    if (output->gone)
        output->gone(output->gone_owner);
}

static void on_reader_gone(void *owner)
{
    struct output *output = owner;

    if (output->broken == 0)
        output->broken = EPIPE;
    tell_broken(output);
}

/* Of a terminal that hangs up there is a signal. */
void output_watch_reader(struct output *output)
{
    struct stat status;

    if (output->reader || fstat(output->descriptor, &status) != 0 ||
        !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
        return;
    output->reader = descriptor_watch_create(output->loop, output->descriptor, DESCRIPTOR_GONE,
                                             on_reader_gone, output);
    if (output->reader)
        descriptor_watch_start(output->reader);
}

static void on_ready(void *owner)
{
    struct output *output = owner;

    output->waiting = false;
    write_some(output, 0);
    tell_broken(output);
    if (output->queue.length > 0)
        wait_for_room(output);
    else if (output->drained)
        output->drained(output->drained_owner);
}

void output_write(struct output *output, const void *bytes, size_t length)
{
    if (output->broken != 0 || !output->watch || length == 0)
        return;
    /* Written bytes leave the queue once they are the larger part: each byte moves a bounded number of times. */
    if (output->written > FULL_BYTES) {
        text_drop_front(&output->queue, output->written);
        output->written = 0;
    }
    if (!output->corked && output->queue.length == 0) {
        size_t written = write_bytes(output, bytes, length, 0);

        bytes = (const char *)bytes + written;
        length -= written;
    }
    if (output->broken == 0)
        text_add_bytes(&output->queue, bytes, length);
    if (output->corked)
        return;
    if (output->queue.length > 0 || output->broken != 0)
        wait_for_room(output);
}

void output_cork(struct output *output)
{
    output->corked = true;
}

void output_uncork(struct output *output)
{
    output->corked = false;
    if (!output->waiting && output->queue.length > 0)
        write_some(output, 0);
    if (output->queue.length > 0 || output->broken != 0)
        wait_for_room(output);
}

size_t output_pending_bytes(const struct output *output)
{
    return output->queue.length - output->written;
}

bool output_is_full(const struct output *output)
{
    return output_pending_bytes(output) > FULL_BYTES;
}

void output_on_drained(struct output *output, output_fn *drained, void *owner)
{
    output->drained = drained;
    output->drained_owner = owner;
}

void output_on_broken(struct output *output, output_fn *broken, void *owner)
{
    output->gone = broken;
    output->gone_owner = owner;
}

int output_failure(const struct output *output)
{
    return output->broken;
}

void output_flush(struct output *output)
{
    if (!output->watch)
        return;
    write_some(output, output->hurried ? HURRY_MS : -1);
    /* What a reader does not take within a time is dropped. */
    text_clear(&output->queue);
    output->written = 0;
    descriptor_watch_stop(output->watch);
    output->waiting = false;
}

void output_flush_briefly(struct output *output)
{
    if (output->watch)
        write_some(output, HURRY_MS);
}

void output_hurry(struct output *output)
{
    output->hurried = true;
}

void output_destroy(struct output *output)
{
    if (!output)
        return;
    output_flush(output);
    text_finish(&output->queue);
    descriptor_watch_destroy(output->reader);
    descriptor_watch_destroy(output->watch);
    free(output);
}
