/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a project wants of the engine, service by service: the service as it will be created, its hash, its image and
 * the digest of the files that go into it. Prepared once before planning, because it reads files; planning
 * itself is pure.
 *
 * The service is hashed as it is created: `use_api_socket` expanded, image mounts that name a service replaced by that
 * service's image, references to other services replaced by container ids (those are known only while
 * planning or executing: wanted_resolve()).
 */
#pragma once

#include <stdbool.h>

#include "compose/observe/contents.h"
#include "compose/observe/origin.h"
#include "compose/reconcile/step.h"
#include "spec/base/error.h"
#include "spec/base/index.h"
#include "spec/project.h"

struct arena;

/** Where a service uses the container of another one by its name. */
enum wanted_named {
    WANTED_NAMED_NETWORK, /* network_mode: container:NAME */
    WANTED_NAMED_SHARED,  /* ipc, pid */
    WANTED_NAMED_VOLUMES, /* volumes_from */
    WANTED_NAMED_LINK,    /* external_links */
    WANTED_NAMED_KINDS
};

struct wanted_service {
    const struct spec_service *service; /* prepared; references still name services */
    const char *image;                  /* reference */
    const char *platform;               /* "" for any */
    bool refers;                        /* hashes depend on the ids of other containers */
    const char *hash, *hash_2;          /* both forms; NULL when it refers */
    struct content_list contents;       /* after wanted_read_contents() */
    const char *given_by; /* what hands out variables to it while it comes up, or NULL */
    int64_t scale;
    struct strings builds_after; /* services before it in order whose image its own build takes */
    struct strings
        named[WANTED_NAMED_KINDS]; /* services whose container it uses by container_name */
};

struct wanted {
    struct arena *arena;
    const struct spec_project *project;
    struct wanted_service *services; /* dependencies, also by container_name, before dependents */
    size_t count;
    struct index index;
    struct origin origin; /* of the project */
    const char *api_config; /* config.json for use_api_socket, or NULL */
    const char *new_salt;   /* for digests of secrets in a project whose containers have none */
};

/** What a container cannot be created or started without: `text` NULL when nothing is missing. */
struct wanted_missing {
    const char *text;
    struct place place;
};

/** `scales`: --scale, service to number as text; `api_config`: log-ins for use_api_socket, or NULL. */
bool wanted_create(const struct spec_project *project, const struct pairs *scales,
                   const char *api_config, struct wanted **ret_wanted,
                   struct error *err) WARN_UNUSED;
/** Read what configs and secrets hold, for commands that compare containers with the project. */
void wanted_read_contents(struct wanted *wanted);
void wanted_destroy(struct wanted *wanted); /* NULL is allowed */
const struct wanted_service *wanted_service(const struct wanted *wanted, const char *name);

/** A copy with `service:x` replaced by ids; the service itself when it refers to nothing. */
const struct spec_service *wanted_resolve(struct arena *arena, const struct spec_service *service,
                                          const struct pairs *ids);
/**
 * The resolved service as the engine is asked for it: volumes_from with the modes of `service`, which the hash does not
 * have.
 */
const struct spec_service *wanted_for_request(struct arena *arena,
                                              const struct spec_service *service,
                                              const struct spec_service *resolved);
/** Services whose containers' ids stand in this one: network_mode, ipc, pid, volumes_from. */
struct strings wanted_references(struct arena *arena, const struct spec_service *service);
/** The first variable of a config or secret of the service that is not set. */
struct wanted_missing wanted_missing(struct arena *arena, const struct wanted *wanted,
                                     const struct spec_service *service);
/**
 * Files to copy into a container before each start: configs and secrets from variables and inline ones, those of
 * variables that are not set left out.
 *
 * Errors: ERROR_INPUT for read-only services.
 */
bool wanted_files(struct arena *arena, const struct wanted *wanted,
                  const struct spec_service *service, struct step_file **ret_files,
                  size_t *ret_count, struct error *err) WARN_UNUSED;
