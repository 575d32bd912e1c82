/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the model to what the engine is asked to make: bodies of the requests that create containers, networks and
 * volumes. Pure functions: the same input gives the same bytes, no request, no clock. What they need from elsewhere
 * (ids of other containers, digests, carried-over volumes) is handed in.
 *
 * Fields are never left out because an engine is too old for them (it ignores what it does not know); what gets
 * lost that way is told by translate_unsupported(). Only where an old engine would refuse or misread a body does
 * the API version change it.
 *
 * Source: Compose Specification; Docker Compose 5.5.0, `create`; Engine API, operations ContainerCreate,
 * NetworkCreate, VolumeCreate.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"
#include "spec/base/warnings.h"

struct arena;
struct json_writer;
struct spec_mount;
struct spec_network;
struct spec_project;
struct spec_service;
struct spec_volume;
struct text;

/* API versions from which something changes. */
enum {
    TRANSLATE_API_CREATE_PATH = 42, /* bind mounts told as objects can make their path */
    TRANSLATE_API_ENDPOINTS = 44,   /* several networks in one create */
    TRANSLATE_API_IMAGE_MOUNTS = 48,
    TRANSLATE_API_INTERFACE_NAME = 49,
};

/** A volume of a replaced container that its successor takes over. */
struct translate_carried {
    const char *volume, *target;
    bool read_only;
    bool anonymous; /* no file named it: see LABEL_ANONYMOUS */
};

/** A container to create. Plain data; strings may be NULL where absent. */
struct translate_container {
    const struct spec_project *project;
    const struct spec_service *service; /* references to other services replaced (wanted.h) */
    unsigned api_minor;
    bool podman;
    const char *name; /* final name, also its alias */
    int64_t number;   /* 0: a one-off */
    const char *slug; /* of a one-off */
    bool one_off, attach_stdin, auto_remove, no_service_aliases;
    bool few_labels; /* a pre_start hook's: project, service and version only */
    const char *config_hash, *image_digest, *image_volumes, *content, *replace;
    struct strings links; /* "container:alias" */
    const struct translate_carried *carried;
    size_t carried_count;
    struct pairs proxies; /* variables that the service's own override */
};

/**
 * Body of POST /containers/create.
 *
 * Warnings:  what is accepted but without effect, with its place.
 * Errors:    ERROR_INPUT for what the engine could only misunderstand (external secrets, image mounts on old
 *            engines, bad addresses).
 */
bool translate_container_body(struct text *out, const struct translate_container *in,
                              struct warnings *warnings, struct error *err) WARN_UNUSED;
/** Networks of a service, the primary one first: highest priority, then by key. Empty with `network_mode`. */
struct strings translate_networks_in_order(struct arena *arena, const struct spec_service *service);
/** The MAC address that the service asks for on this network, or NULL. */
const char *translate_wanted_mac(struct arena *arena, const struct spec_service *service,
                                 const char *network_key);
/** Does this network go into the create body (true) or need POST /networks/N/connect afterwards? */
bool translate_network_in_body(unsigned api_minor, size_t position);
/**
 * Body of POST /networks/N/connect, from the container's inspection: as it is on the network of that name. The MAC
 * address is left out: Docker (28.5) takes it at creation only.
 */
void translate_connect_again_body(struct text *out, struct span container, const char *network,
                                  const char *container_id);
/** Body of POST /networks/N/connect. */
bool translate_connect_body(struct text *out, const struct translate_container *in,
                            const char *network_key, const char *container_id,
                            struct error *err) WARN_UNUSED;
/** Body of POST /networks/create. */
bool translate_network_body(struct text *out, const struct spec_project *project, const char *key,
                            const struct spec_network *network, const char *hash,
                            unsigned api_minor, struct error *err) WARN_UNUSED;
/** Body of POST /volumes/create. */
void translate_volume_body(struct text *out, const struct spec_project *project, const char *key,
                           const struct spec_volume *volume, const char *hash);
/** One warning for each attribute of a service that this engine cannot honour. */
void translate_unsupported(const struct spec_service *service, unsigned api_minor, bool podman,
                           struct warnings *warnings);
/** The same for networks, secrets and configs. */
void translate_unsupported_resources(const struct spec_project *project, unsigned api_minor,
                                     struct warnings *warnings);

/* Parts, for the files of translate_*.c. */
void translate_member(struct json_writer *json, const char *key,
                      const char *value); /* unless empty */
void translate_member_int(struct json_writer *json, const char *key, int64_t value); /* unless 0 */
void translate_member_true(struct json_writer *json, const char *key,
                           bool value); /* unless false */
void translate_strings(struct json_writer *json, const char *key, const struct strings *list);
void translate_map(struct json_writer *json, const char *key, const struct pairs *map);
void translate_labels(struct json_writer *json, const struct translate_container *in);
void translate_resources(struct json_writer *json, const struct spec_service *service);
bool translate_mounts(struct json_writer *json, const struct translate_container *in,
                      struct warnings *warnings, struct error *err) WARN_UNUSED;
bool translate_security(struct json_writer *json, const struct translate_container *in,
                        struct error *err) WARN_UNUSED;
bool translate_endpoints(struct json_writer *json, const struct translate_container *in,
                         struct warnings *warnings, struct error *err) WARN_UNUSED;
/* The engine's one text of an address, of "address/bits", of a MAC address; in `arena`, NULL when it is none. */
const char *translate_address(struct arena *arena, const char *text);
const char *translate_prefix(struct arena *arena, const char *text);
const char *translate_mac(struct arena *arena, const char *text);
/** Is this bind mount told as an object? Else it is a line of HostConfig.Binds. */
bool translate_bind_needs_object(const struct spec_mount *mount);
/** HostConfig.NetworkMode. */
const char *translate_network_mode(const struct translate_container *in);

/** Where a service's secret or config lands in the container; in `arena`. */
struct spec_file_ref;
const char *translate_secret_target(struct arena *arena, const struct spec_file_ref *ref);
const char *translate_config_target(struct arena *arena, const struct spec_file_ref *ref);
