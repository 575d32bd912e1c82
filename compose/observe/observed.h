/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the engine, as far as one project is concerned. Plain data in one arena, made from at most four lists
 * (containers by the project's label, networks, volumes, images by reference) whatever the number of services;
 * single things are inspected only when a plan needs it. observed_add_*() take decoded answers, so tests build
 * one from recorded JSON; observe() asks an engine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/observe/origin.h"
#include "engine_client/container.h"
#include "engine_client/image.h"
#include "engine_client/network.h"
#include "engine_client/volume.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;
struct session;
struct spec_project;

struct observed_container {
    const struct engine_container_entry *entry;
    const struct engine_container *details; /* inspect, or NULL */
    const char *id, *name;
    const char *service;
    int64_t number; /* 0: none */
    bool one_off;
    struct origin origin;
};

struct observed_image {
    const char *reference; /* as the project writes it */
    const char *platform;  /* for whom it was looked at; "" for anybody */
    const char *id;        /* of the engine */
    const char *digest;    /* what the label com.docker.compose.image says for it */
    int64_t last_tag_ns;   /* 0: not known */
    bool wrong_platform;
};

struct observed_image_details {
    const char *id;
    struct span raw; /* the inspection; bytes NULL when the image is gone */
};

/** Containers of any project that have a volume mounted: id -> name. */
struct observed_volume_users {
    const char *volume;
    struct pairs containers;
};

struct observed {
    struct arena *arena;
    unsigned api_minor;
    bool podman, swarm;
    struct observed_container *containers; /* with a config hash, in order of name */
    size_t container_count, container_capacity;
    struct observed_container *hooks; /* of pre_start hooks that were created and do not run */
    size_t hook_count, hook_capacity;
    struct engine_network_list networks; /* all of the engine */
    bool networks_known;
    const struct engine_network **network_details;
    size_t network_detail_count, network_detail_capacity;
    struct engine_volume_list volumes;          /* all of the engine */
    struct observed_volume_users *volume_users; /* of those that were asked for */
    size_t volume_users_count, volume_users_capacity;
    struct observed_image *images; /* those that are there */
    size_t image_count, image_capacity;
    struct engine_image_list all_images; /* down --rmi */
    struct observed_image_details *image_details;
    size_t image_detail_count, image_detail_capacity;
};

struct observed *observed_create(unsigned api_minor);
void observed_destroy(struct observed *observed); /* NULL is allowed */

/** Take in the answer of a list; bodies are decoded into the arena. */
bool observed_add_containers(struct observed *observed, struct span body,
                             struct error *err) WARN_UNUSED;
bool observed_add_networks(struct observed *observed, struct span body,
                           struct error *err) WARN_UNUSED;
bool observed_add_volumes(struct observed *observed, struct span body,
                          struct error *err) WARN_UNUSED;
/** The list of images that `references` were asked for. */
bool observed_add_images(struct observed *observed, const struct strings *references,
                         struct span body, struct error *err) WARN_UNUSED;
/** One inspected image, as it is for one who asks for this platform; "" takes any. */
bool observed_add_image(struct observed *observed, const char *reference, const char *platform,
                        struct span body, struct error *err) WARN_UNUSED;
bool observed_add_container_details(struct observed *observed, struct span body,
                                    struct error *err) WARN_UNUSED;
bool observed_add_network_details(struct observed *observed, struct span body,
                                  struct error *err) WARN_UNUSED;
/** A list of containers, of which those count that have the volume mounted. */
bool observed_add_volume_users(struct observed *observed, const char *volume, struct span body,
                               struct error *err) WARN_UNUSED;
/** The inspection of an image by its id; a body without bytes says that it is gone. */
void observed_add_image_details(struct observed *observed, const char *id, struct span body);

/* Find; NULL when not there. */
const struct observed_image *observed_image(const struct observed *observed, const char *reference,
                                            const char *platform);
const struct observed_container *observed_container(const struct observed *observed,
                                                    const char *id);
const struct engine_network *observed_network_named(const struct observed *observed,
                                                    const char *name);
const struct engine_volume *observed_volume_named(const struct observed *observed,
                                                  const char *name);
const struct engine_network *observed_network_details(const struct observed *observed,
                                                      const char *id);
/** NULL when nobody has asked yet. */
const struct observed_volume_users *observed_volume_users(const struct observed *observed,
                                                          const char *volume);
/** False when nobody has asked yet. */
bool observed_image_details(const struct observed *observed, const char *id, struct span *ret_raw);

/**
 * The digest that the label of a container made from this image carries.
 *
 * Source: Docker Compose 5.5.0, label `image`.
 */
const char *observed_image_digest(const struct engine_image_manifest *manifests, size_t count,
                                  const char *id, const char *platform, unsigned api_minor);

/* Ask an engine (observe.c). */
struct observe_wants {
    const char *project_name;
    bool networks, volumes;
    struct strings images; /* references */
    struct pairs
        image_platforms; /* reference -> platform that a service asks for; one may be there for several */
    struct strings image_ages; /* references that are pulled again after a time */
    bool project_images;       /* all images with the project's label */
};

struct engine_client;
/** Learn the engine's version, where it is not known yet; any request does the same. */
bool observe_negotiate(struct session *session, struct engine_client *client,
                       struct error *err) WARN_UNUSED;
bool observe(struct session *session, const struct observe_wants *wants,
             struct observed **ret_observed, struct error *err) WARN_UNUSED;
/** Fetch what the plan needs to know about single things. */
struct plan;
bool observe_needs(struct session *session, struct observed *observed, const struct plan *plan,
                   struct error *err) WARN_UNUSED;
