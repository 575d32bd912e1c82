/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies between this machine and containers, over the engine's archive requests. Each function turns the loop until
 * all is done. Source: Engine API, ContainerArchive, PutContainerArchive; docker CLI, `docker cp`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"

struct arena;
struct session;

struct copy_options {
    bool follow_link; /* a symbolic link as source: what it points to */
    bool archive;     /* owner and group of the container's user */
    const char *working_dir;
    void (*on_copied)(void *owner, size_t container); /* done with this one; or NULL */
    void *owner;
};

/** `source` "-" is an archive from stdin. All containers at once; failures are appended. */
bool copy_to_containers(struct session *session, struct arena *arena,
                        const struct copy_options *options, const char *source,
                        const char *const *ids, size_t count, const char *destination,
                        struct error *err) WARN_UNUSED;
/** `destination` "-" writes the archive to stdout. */
bool copy_from_container(struct session *session, struct arena *arena,
                         const struct copy_options *options, const char *id, const char *source,
                         const char *destination, struct error *err) WARN_UNUSED;
