/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step: one engine request (or one short talk), one child process, or one wait. Everything about it was decided when
 * the plan was made; execution only carries it out. Steps live in the plan's arena; `after` are the steps that
 * must have succeeded before.
 *
 * What a step acts on may be the result of another one: see struct step_value. Kinds and their texts are the rows of
 * steps.def.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/translate/translate.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct spec_hook;
struct spec_network;
struct spec_service;
struct spec_volume;
struct watch_sync;

enum step_kind {
#define STEP(kind, function, flags, noun, verb, working, done) STEP_##kind,
#include "compose/reconcile/steps.def"
    STEP_KINDS
};

enum step_flag {
    STEP_SLOT = 1 << 0,     /* counts against the bound of parallel work */
    STEP_PASSIVE = 1 << 1,  /* changes nothing */
    STEP_BRIEF = 1 << 2,    /* counts for its first moment only: what follows is waiting */
    STEP_TRANSFER = 1 << 3, /* a pull, push or build: `--parallel -1` lifts the bound for it */
};

struct step_kind_row {
    const char *noun, *verb, *working, *done;
    unsigned flags;
};

extern const struct step_kind_row step_kind_rows[STEP_KINDS];

/** An id, name or digest: known now, or what `from` will have made. */
struct step_value {
    const char *known; /* NULL: ask `from` */
    const struct step *from;
};

enum step_reason_kind {
    REASON_MISSING,  /* it is not there */
    REASON_WANTED,   /* the command asks for it */
    REASON_CONFIG,   /* some attribute of the service differs */
    REASON_CHANGED,  /* this differs */
    REASON_IMAGE,    /* another image */
    REASON_RELATED,  /* something that it builds on changes */
    REASON_LEFTOVER, /* of an interrupted run, or too many */
};

struct step_reason {
    enum step_reason_kind kind;
    const char *text;                  /* "image changed", "not there" */
    const char *attribute;             /* or NULL */
    const char *old_value, *new_value; /* or NULL */
    bool masked;                       /* both are secret and not shown */
    struct place place;                /* of the text that gives the value now */
    const char *variable;              /* in that text, or NULL */
    struct place variable_place;       /* without a file: of the shell */
};

enum step_condition {
    CONDITION_STARTED,
    CONDITION_HEALTHY,
    CONDITION_COMPLETED,
    CONDITION_RUNNING_OR_HEALTHY, /* --wait */
};

/** A service whose container's id stands in a reference (`network_mode: service:x`). */
struct step_reference {
    const char *service;
    struct step_value container;
};

/** An image that the service mounts. */
struct step_mounted_image {
    const char *target;
    struct step_value digest;
};

/** All that CONTAINER_CREATE needs besides the service. */
struct step_create {
    int64_t number;
    const char *final_name; /* alias and hash of the name; step->name may be a replacement's */
    const char *replace;    /* label, or NULL */
    struct step_value image_digest;
    const char *content; /* label, or NULL */
    struct step_mounted_image *mounted_images;
    size_t mounted_image_count;
    struct strings links;
    struct step_reference *references;
    size_t reference_count;
    struct translate_carried *carried;
    size_t carried_count;
    bool one_off, attach_stdin, auto_remove, no_service_aliases;
    const char *slug;
};

enum step_state { STEP_PENDING, STEP_RUNNING, STEP_DONE, STEP_FAILED, STEP_BLOCKED };

/** One file of CONTAINER_COPY. */
struct step_file {
    const char *path, *content;
    size_t length;
    uint32_t mode;
    int64_t uid, gid;
};

struct step {
    enum step_kind kind;
    size_t number;              /* its place in the plan, from 1 */
    const char *id;             /* of the progress line: "Container p-web-1"; NULL: none */
    const char *working, *done; /* progress texts that replace the row's, or NULL */
    struct step_value object;   /* what is acted on: id or name in the engine; image reference */
    const char *name;           /* CREATE, RENAME: the new name; others: how it is called */
    const struct spec_service *service; /* or NULL; of waits: the service waited for */

    /* By kind. */
    const struct step_create *create;           /* CONTAINER_CREATE */
    const char *key;                            /* network or volume key */
    const struct spec_network *network;         /* NETWORK_CREATE */
    const struct spec_volume *volume;           /* VOLUME_CREATE */
    const char *hash;                           /* of network or volume */
    struct step_value container;                /* CONNECT, DISCONNECT */
    const char *container_name;                 /* CONNECT, DISCONNECT: how it is called */
    struct span endpoint_of;                    /* CONNECT: inspection of how it was on it before */
    const char *platform;                       /* IMAGE_PULL */
    bool has_timeout, volumes, force, optional; /* `optional`: failing, or not ending within
                                                   timeout_s, is a warning */
    bool ignore_missing;                        /* 404, 304 and 409 are as good as done */
    bool stays;                                 /* STOP, KILL: the container is kept, ended */
    bool in_use_is_fine;                        /* "Resource is still in use" is a warning */
    int64_t timeout_s;
    const char *signal;            /* KILL */
    const struct spec_hook *hook;  /* HOOK_EXEC, HOOK_RUN */
    const char *hook_name;         /* "pre_start[0]" */
    enum step_condition condition; /* WAIT */
    struct step_value *containers; /* WAIT: replicas; HOOK_RUN: volumes from [0] */
    const char **container_names;
    size_t container_count;
    const char *waiter;      /* WAIT: who waits, or NULL for --wait */
    struct step_file *files; /* CONTAINER_COPY */
    size_t file_count;
    const struct watch_sync *sync; /* CONTAINER_SYNC */

    /* Known while planning: the step fails with this text, nothing is sent; NULL: it is carried out. */
    const char *refusal;
    struct place refusal_place;

    struct step **after;
    size_t after_count, after_capacity;
    size_t mark; /* of a search in the plan */
    struct step_reason *reasons;
    size_t reason_count, reason_capacity;

    /* Written by execution. */
    enum step_state state;
    bool holds_slot;
    bool gathered,
        batched; /* IMAGE_BUILD: waits for a call of the builder; belongs to the one under way */
    const char *result; /* id or digest that it made */
    struct error failure;
    /* It failed because the engine was not as observed: another plan may do better. */
    bool unsettled;
    struct step_work *work;
};

/** Value of the label for mounted images, of those that are known; NULL: none. */
const char *step_mounted_images_label(struct arena *arena, const struct step_mounted_image *images,
                                      size_t count);
/** The value, once what it depends on is done. */
const char *step_value_get(struct step_value value);
