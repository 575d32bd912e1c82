/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy leads to an engine at a TCP address, by the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or their names in
 * lower case), as the docker CLI decides it. ALL_PROXY does not count.
 *
 * Source: Go, `golang.org/x/net/http/httpproxy`, which the docker CLI uses.
 */
#pragma once

#include <stdbool.h>

#include "engine_client/endpoint.h"

struct arena;

/** A variable's value, or NULL when it is unset or empty. */
typedef const char *proxy_variable_fn(const void *owner, const char *name);

/** The proxy's URL in `arena`, or NULL: directly. Loopback addresses are never reached through a proxy. */
const char *proxy_for_engine(struct arena *arena, const struct engine_endpoint *endpoint,
                             proxy_variable_fn *variable, const void *owner);

/** Does a list as of NO_PROXY name this host? */
bool proxy_list_has(const char *list, const char *host, unsigned port);
