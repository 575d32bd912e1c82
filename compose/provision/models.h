/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AI models of a project, served by the docker-model plugin: pulled when missing, configured, and their address given to
 * the services that use them.
 *
 * Source: Compose Specification, models; Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;
struct docker_config;
struct engine_endpoint;
struct models_run;
struct spec_model;
struct spec_project;
struct spec_service;

/** Is this model in the plugin's `ls --json`? A name without tag means `latest`. */
bool models_is_listed(struct span list, const char *model);
/** `configure` and its words; flags only where the plugin knows them. */
struct strings models_configure_words(struct arena *arena, const struct spec_model *model,
                                      bool flags_known);
/** The variables that a service gets for the models it uses: name and endpoint. */
struct pairs models_variables(struct arena *arena, const struct spec_project *project,
                              const struct spec_service *service, const char *endpoint);

struct models_options {
    const struct spec_project *project;
    const struct strings *keys; /* of the models in use */
    const struct docker_config *docker;
    const struct engine_endpoint *endpoint;
};

/** One model's progress: `model` is its key. */
typedef void models_progress_fn(void *owner, const char *model, const char *text, bool done);
/** `endpoint`: where the models are served; valid during the call. */
typedef void models_done_fn(void *owner, const char *endpoint, const struct error *failure);

/** Never fails at once; `done` is called once, on a later turn. Options are borrowed until then. */
struct models_run *models_start(uv_loop_t *loop, const struct models_options *options,
                                models_progress_fn *on_progress, models_done_fn *done, void *owner);
void models_cancel(struct models_run *run);
