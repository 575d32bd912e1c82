/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents of configs and secrets: what a container got and whether the project would give it something else now.
 *
 * A container's label io.compose.content has one entry for each of them whose content was known when the container was
 * created, as `config/NAME=DIGEST` or `secret/NAME=DIGEST`, separated by spaces. The digest of a config is a truncated
 * SHA-256. That of a secret is derived slowly from its SHA-256 and a salt, so that a weak secret cannot be guessed from
 * the label; the entry `salt=HEX` is the same in all containers of a project.
 *
 * A content that cannot be read now (no permission, no file, variable not set) is unknown. Unknown is never "changed".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;
struct spec_project;
struct spec_service;

struct content {
    struct arena *arena;
    const char *name;
    bool is_secret;
    bool is_mounted;     /* a file of the host; otherwise it is copied in before each start */
    const char *sha256;  /* of all its bytes, in hex; NULL: unknown */
    const char *problem; /* why it is unknown */
    struct place place;  /* of its `file`, `environment` or `content` in the project */
    /* A secret's digest with a salt takes time: the last one is kept. */
    const char *salt, *salted;
};

struct content_list {
    struct content **items;
    size_t count;
};

/** Those of a project that services refer to; each file is read once. */
struct contents;

/** Reads the files. External ones have no content here. */
struct contents *contents_read(struct arena *arena, const struct spec_project *project);
/** What the service refers to, without repetitions, in the order of its configs, then its secrets. */
struct content_list contents_of(struct arena *arena, struct contents *contents,
                                const struct spec_service *service);
/** A salt for a project whose containers have none. */
const char *contents_new_salt(struct arena *arena);
/** The salt in a container's label, or NULL. */
const char *contents_salt(struct arena *arena, const char *label);

/** The label's value, or NULL when nothing is known. `salt` is used for secrets only. */
const char *contents_label(struct arena *arena, const struct content_list *list, const char *salt);
/**
 * Those whose content differs from what the label records. Unknown ones, and those that the label does not have, do
 * not differ. A label of another form records nothing.
 */
struct content_list contents_changed(struct arena *arena, const struct content_list *list,
                                     const char *label);
