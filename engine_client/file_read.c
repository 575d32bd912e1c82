/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/file_read.h"

#include <stdio.h>

bool file_read_whole(const char *path, struct text *out, struct error *err)
{
    FILE *file = fopen(path, "re");
    char piece[BUFSIZ];
    size_t length;
    bool failed;

    if (!file)
        return error_set_errno(err, "open %s", path);
    while ((length = fread(piece, 1, sizeof(piece), file)) > 0 && !out->overflowed)
        text_add_bytes(out, piece, length);
    failed = ferror(file) != 0 && !error_set_errno(err, "read %s", path);
    (void)fclose(file); /* nothing was written */
    if (failed)
        return false;
    if (out->overflowed)
        return error_set(err, ERROR_INPUT, "%s is larger than %zu bytes", path, out->limit);
    return true;
}
