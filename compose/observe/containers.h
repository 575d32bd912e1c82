/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The containers of a project as read-only commands see them: one list request, found by labels, and the choice of
 * one of them for a service. Source: labels of Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>

#include "engine_client/container.h"

struct arena;
struct session;
struct text;

enum containers_flag {
    CONTAINERS_STOPPED = 1 << 0,  /* not only running ones */
    CONTAINERS_ONEOFF = 1 << 1,   /* those of `run` too */
    CONTAINERS_UNHASHED = 1 << 2, /* those without a config hash too */
};

/**
 * List a project's containers, sorted by name. With services, only theirs are kept.
 *
 * Ownership: everything lives in `arena`.
 * Errors:    those of the request.
 */
bool containers_list(struct session *session, struct arena *arena, const char *project,
                     unsigned flags, const struct strings *services,
                     struct engine_container_list *ret_list, struct error *err) WARN_UNUSED;

/* The same in two parts, for who may not wait: the query of GET /containers/json, and its answer. */
void containers_query(struct text *query, struct arena *arena, const char *project, unsigned flags,
                      const struct strings *services);
bool containers_decode(struct arena *arena, struct span answer, const struct strings *services,
                       struct engine_container_list *ret_list, struct error *err) WARN_UNUSED;

/**
 * The running container of a service that `exec` and its kin act on: service containers before one-offs, then the
 * lowest number; `index` 0 picks, otherwise it is the replica's number. `*ret_entry` points into a list made in
 * `arena`.
 *
 * Errors: ERROR_INPUT `service "x" is not running`, with index `... is not running container #N`.
 */
bool containers_pick(struct session *session, struct arena *arena, const char *project,
                     const char *service, int64_t index,
                     const struct engine_container_entry **ret_entry,
                     struct error *err) WARN_UNUSED;

/** A label's value, or "". */
const char *containers_label(const struct engine_container_entry *entry, const char *label);
/** The own name, "" when the engine named none. */
const char *containers_name(const struct engine_container_entry *entry);
/** The replica's number, 0 for a one-off. */
int64_t containers_number(const struct engine_container_entry *entry);
