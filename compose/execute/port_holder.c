/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/port_holder.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spec/base/arena.h"

enum { STATE_LISTEN = 0x0a, NAME_BYTES = 64 };

/* The inode of the socket that listens on `port`, or 0. */
static unsigned long listening_inode(const char *table, unsigned port)
{
    unsigned local_port, state;
    unsigned long inode, found = 0;
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(table, "re");

    if (!file)
        return 0;
    while (!found && getline(&line, &size, file) > 0)
        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu",
                   &local_port, &state, &inode) == 3 &&
            local_port == port && state == STATE_LISTEN)
            found = inode;
    free(line);
    (void)fclose(file);
    return found;
}

static bool holds(struct arena *arena, const char *process, const char *socket)
{
    const char *path = arena_printf(arena, "/proc/%s/fd", process);
    DIR *descriptors = opendir(path);
    struct dirent *entry;
    bool found = false;

    while (descriptors && !found && (entry = readdir(descriptors))) {
        char target[NAME_BYTES];
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof(target) - 1);

        if (length > 0) {
            target[length] = '\0';
            found = strcmp(target, socket) == 0;
        }
    }
    if (descriptors)
        (void)closedir(descriptors);
    return found;
}

static const char *name_of(struct arena *arena, const char *process)
{
    char name[NAME_BYTES] = "";
    FILE *file = fopen(arena_printf(arena, "/proc/%s/comm", process), "re");

    if (file && fgets(name, sizeof(name), file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        (void)fclose(file);
    return arena_printf(arena, "%s (process %s)", name[0] ? name : "a program", process);
}

static unsigned long find_inode(unsigned port)
{
    unsigned long inode = listening_inode("/proc/net/tcp", port);

    return inode ? inode : listening_inode("/proc/net/tcp6", port);
}

bool port_holder_listens(unsigned port)
{
    return find_inode(port) != 0;
}

const char *port_holder_find(struct arena *arena, unsigned port)
{
    unsigned long inode = find_inode(port);
    const char *socket, *found = NULL;
    struct dirent *entry;
    DIR *processes;

    if (!inode)
        return NULL;
    socket = arena_printf(arena, "socket:[%lu]", inode);
    processes = opendir("/proc");
    while (processes && !found && (entry = readdir(processes)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            holds(arena, entry->d_name, socket))
            found = name_of(arena, entry->d_name);
    if (processes)
        (void)closedir(processes);
    return found;
}
