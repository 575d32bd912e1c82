/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine_client/private_dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/memory.h"

void private_dir_make(char *buffer)
{
    (void)snprintf(buffer, 64, "/tmp/unit-test-XXXXXX");
    if (!mkdtemp(buffer))
        abort();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void private_dir_remove(const char *directory)
{
    if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}

void private_dir_write(const char *directory, const char *path, const char *content, unsigned mode)
{
    char *full = xasprintf("%s/%s", directory, path);
    FILE *file;

    for (char *slash = strchr(full + strlen(directory) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0755); /* it may be there */
        *slash = '/';
    }
    file = fopen(full, "we");
    if (!file || fputs(content, file) < 0 || fclose(file) != 0 || chmod(full, mode) != 0)
        abort();
    free(full);
}
