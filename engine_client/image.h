/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images as the engine describes them. Plain data in the arena given to the decoder; strings are
 * never NULL.
 *
 * Source: Engine API, operations ImageList, ImageInspect and DistributionInspect.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine_client/container.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_platform {
    const char *os, *architecture, *variant;
};

/* One platform's image of a multi-platform image (API 1.48, `manifests=1`, containerd image store).
 */
struct engine_image_manifest {
    const char *id;   /* digest */
    const char *kind; /* "image", "attestation", "unknown" */
    bool available;   /* all of its content is here */
    struct engine_platform platform;
};

struct engine_image_entry {
    const char *id;
    struct strings repo_tags, repo_digests;
    struct pairs labels;
    struct engine_image_manifest *manifests;
    size_t manifest_count;
};

struct engine_image_list {
    struct engine_image_entry *items;
    size_t count;
};

struct engine_image {
    const char *id;
    int64_t created_ns, size_bytes;
    int64_t last_tag_ns; /* Metadata.LastTagTime */
    struct engine_platform platform;
    struct engine_image_manifest *manifests;
    size_t manifest_count;
};

bool engine_image_decode(struct arena *arena, struct span body, struct engine_image *ret_image,
                         struct error *err) WARN_UNUSED;
bool engine_image_list_decode(struct arena *arena, struct span body,
                              struct engine_image_list *ret_list, struct error *err) WARN_UNUSED;

/* The answer of `GET /distribution/{name}/json`. */
struct engine_distribution {
    const char *digest;
    struct engine_platform *platforms;
    size_t platform_count;
};

bool engine_distribution_decode(struct arena *arena, struct span body,
                                struct engine_distribution *ret_distribution,
                                struct error *err) WARN_UNUSED;
