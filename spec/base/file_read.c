/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/interrupt.h"

struct reading {
    int descriptor;
    bool shared; /* with other processes: it may block */
    bool is_pipe, waited;
    struct text *out;
};

/* Nothing was written into the pipe yet, and its first writer may still come. */
static bool may_have_no_writer(const struct reading *reading, size_t before)
{
    return reading->is_pipe && !reading->waited && reading->out->length == before;
}

static bool wait_for_bytes(struct reading *reading)
{
    reading->waited = true;
    return interrupt_wait(interrupt_descriptor(), reading->descriptor, POLLIN, -1);
}

static bool read_all(struct reading *reading, const char *path, struct error *err)
{
    size_t before = reading->out->length;
    char piece[16384];

    while (!reading->out->overflowed) {
        ssize_t got;

        if (reading->shared && !wait_for_bytes(reading))
            return error_set(err, ERROR_CANCELED, "canceled");
        got = read(reading->descriptor, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if ((got < 0 && errno == EAGAIN) || (got == 0 && may_have_no_writer(reading, before))) {
            if (!wait_for_bytes(reading))
                return error_set(err, ERROR_CANCELED, "canceled");
            continue;
        }
        if (got < 0)
            return error_set_errno(err, "read %s", path);
        if (got == 0)
            return true;
        text_add_bytes(reading->out, piece, (size_t)got);
    }
    return error_set(err, ERROR_INPUT, "%s is larger than %zu bytes", path, reading->out->limit);
}

bool file_read_whole(const char *path, struct text *out, struct error *err)
{
    struct reading reading = {.shared = strcmp(path, "-") == 0, .out = out};
    struct stat status;
    bool good;

    reading.descriptor =
        reading.shared ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (reading.descriptor < 0)
        return error_set_errno(err, "open %s", path);
    if (fstat(reading.descriptor, &status) == 0 && S_ISREG(status.st_mode))
        reading.shared = false;
    else
        reading.is_pipe = S_ISFIFO(status.st_mode);
    good = read_all(&reading, path, err);
    if (reading.descriptor != STDIN_FILENO)
        (void)close(reading.descriptor); /* only read */
    return good;
}
