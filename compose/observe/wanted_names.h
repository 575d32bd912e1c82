/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References by container_name. A service that uses the container of another service of the project by its name
 * (`ipc: "container:NAME"`, `external_links: [NAME]`) depends on it as if it had named the service: the engine resolves
 * the name when the container is created, so the other container must have its final name by then.
 *
 * A reference that would close a cycle with depends_on or with an earlier reference is not recorded.
 */
#pragma once

#include "compose/observe/wanted.h"

/** Fill `named` of all services, and sort the services again when there are such references. */
void wanted_names_resolve(struct wanted *wanted);
/** The services that this one comes after, by depends_on and by name; NULL behind the last. */
const char *wanted_predecessor(const struct wanted_service *service, size_t number);
/** Does it join the network namespace of the other service's container? */
bool wanted_joins_network(const struct wanted_service *service, const char *other);
/** Does it restart when the other one does: depends_on with `restart: true`, or a namespace of its container? */
bool wanted_restarts_with(const struct wanted_service *service, const char *other);
