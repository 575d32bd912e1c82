/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of containers. Found again by label, never by name; but the name of a replacement tells what it replaces, so
 * that an interrupted recreation can be finished or undone. Source: Docker Compose 5.5.0, `up`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct spec_project;
struct spec_service;

enum { NAMES_OLD_ID_DIGITS = 12 };

/** "-", or "_" in compatibility mode. */
const char *names_separator(const struct spec_project *project);
/** PROJECT-SERVICE-NUMBER. */
const char *names_usual(struct arena *arena, const struct spec_project *project,
                        const char *service, int64_t number);
/** `container_name`, else PROJECT-SERVICE-NUMBER. */
const char *names_container(struct arena *arena, const struct spec_project *project,
                            const struct spec_service *service, int64_t number);
/** The name under which a replacement waits for its place: FIRST12_NAME. */
const char *names_replacement(struct arena *arena, const char *old_id, const char *name);
/** Is `name` a replacement's name? `ret_old` gets the first digits of the id that it replaces. */
bool names_is_replacement(const char *name, char ret_old[NAMES_OLD_ID_DIGITS + 1]);
