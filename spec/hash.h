/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration hashes: what tells whether a container, network or volume still is what the file says.
 * Source: labels com.docker.compose.config-hash, observed with Docker Compose 5.5.0 and 2.40.3.
 */
#pragma once

#include "spec/project.h"

enum spec_hash_form {
    SPEC_HASH_5, /* the form that is written */
    SPEC_HASH_2, /* the form of 2.x, recognised as unchanged too */
};

/** 64 hex digits in `arena`. The service is hashed as it is: references are replaced by the caller beforehand. */
const char *spec_service_hash(struct arena *arena, const struct spec_service *service,
                              enum spec_hash_form form);
const char *spec_network_hash(struct arena *arena, const struct spec_network *network,
                              enum spec_hash_form form);
const char *spec_volume_hash(struct arena *arena, const struct spec_volume *volume);
/** The exact text that is hashed, for tests. */
const char *spec_service_hash_input(struct arena *arena, const struct spec_service *service,
                                    enum spec_hash_form form);
/** Lower-case hex SHA-256 of bytes. */
const char *spec_sha256_hex(struct arena *arena, const void *bytes, size_t length);
