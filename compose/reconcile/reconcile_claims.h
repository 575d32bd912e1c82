/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container of a service needs for itself once it runs (its claims), against what an existing container uses
 * until it has stopped: host ports, addresses, volumes and paths that are written, devices, a shared network
 * namespace. Both come from the model and the list of containers; nothing is inspected. What the list does not show
 * (devices; ports of a container between two restarts) counts as used.
 */
#pragma once

#include "compose/reconcile/reconcile_internal.h"

struct claim_mount {
    const char *volume; /* name in the engine, or NULL */
    const char *path;   /* on the engine's host, or NULL */
    bool writes;
};

struct claims {
    const struct spec_service *model;
    struct claim_mount *mounts;
    size_t mount_count, mount_capacity;
    bool publishes;       /* some port of the host */
    bool host_network;    /* network_mode: host */
    bool has_address;     /* a fixed IP or MAC address */
    bool devices;         /* which of them an existing container uses is not listed */
    const char *joins_id; /* id of the container whose network namespace it joins, or NULL */
};

/** What one more container of `service` claims; its containers are decided on already. */
struct claims reconcile_claims(struct reconcile *r, const struct reconcile_service *service);
/** Does `container`, which may run, use something of it? */
bool reconcile_claims_overlap(struct reconcile *r, const struct claims *claims,
                              const struct observed_container *container);
