/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels are the only state of a project: all tools that share them find each other's containers.
 * Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/base/strings.h"

struct arena;

#define LABEL_PREFIX           "com.docker.compose."
#define LABEL_PROJECT          LABEL_PREFIX "project"
#define LABEL_SERVICE          LABEL_PREFIX "service"
#define LABEL_VERSION          LABEL_PREFIX "version"
#define LABEL_CONFIG_HASH      LABEL_PREFIX "config-hash"
#define LABEL_NUMBER           LABEL_PREFIX "container-number"
#define LABEL_ONEOFF           LABEL_PREFIX "oneoff" /* "True" or "False" */
#define LABEL_SLUG             LABEL_PREFIX "slug"
#define LABEL_IMAGE            LABEL_PREFIX "image"
#define LABEL_IMAGE_VOLUMES    LABEL_PREFIX "image-volume-digest"
#define LABEL_DEPENDS_ON       LABEL_PREFIX "depends_on"
#define LABEL_WORKING_DIR      LABEL_PREFIX "project.working_dir"
#define LABEL_CONFIG_FILES     LABEL_PREFIX "project.config_files"
#define LABEL_ENVIRONMENT_FILE LABEL_PREFIX "project.environment_file"
#define LABEL_REPLACE          LABEL_PREFIX "replace"
#define LABEL_NETWORK          LABEL_PREFIX "network"
#define LABEL_VOLUME           LABEL_PREFIX "volume"
#define LABEL_BUILDER          LABEL_PREFIX "image.builder"
/* Ours: digest of the contents of a container's configs and secrets; absent: none, or made by another tool. */
#define LABEL_OWN_PREFIX "io.compose."
#define LABEL_CONTENT    LABEL_OWN_PREFIX "content"
/* Ours: a container that only runs a hook, so that one that a killed run left is known for what it is. */
#define LABEL_HOOK LABEL_OWN_PREFIX "hook"
/*
 * Ours: names of the anonymous volumes that this container took over from the one that it replaced, with commas between.
 * To the engine they are named volumes, and nothing else tells them from one that a file names.
 */
#define LABEL_ANONYMOUS LABEL_OWN_PREFIX "anonymous"

/** What is written as version: the release whose behaviour this program has. */
#define LABELS_COMPOSE_VERSION "5.5.0"

/** The value of a label, or "". */
const char *labels_get(const struct pairs *labels, const char *name);
/** The parts of a value with commas between them; none of "". */
struct strings labels_list(struct arena *arena, const char *value);
