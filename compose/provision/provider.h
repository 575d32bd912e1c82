/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service that a program provides: asked for its metadata, then run with `up`, `down` or `stop`. What it says are JSON
 * messages; variables that it hands out go to the services that depend on it.
 *
 *     run = provider_start(loop, &options, on_message, done, step);
 *
 * Source: Compose Specification, provider; Docker Compose 5.5.0.
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
struct provider_run;
struct spec_project;
struct spec_service;

enum provider_message_kind {
    PROVIDER_INFO,
    PROVIDER_ERROR,
    PROVIDER_DEBUG,
    PROVIDER_SETENV,    /* a variable, to be prefixed with the service's name */
    PROVIDER_RAWSETENV, /* a variable as it is */
};

struct provider_message {
    enum provider_message_kind kind;
    const char *text;        /* INFO, ERROR, DEBUG */
    const char *key, *value; /* SETENV, RAWSETENV */
};

/** One line of a provider's stdout. Errors: ERROR_INPUT, `invalid response from plugin: x`. */
bool provider_message_parse(struct arena *arena, struct span line,
                            struct provider_message *ret_message, struct error *err) WARN_UNUSED;
/** The variable that a dependent of `service` gets. */
const char *provider_variable(struct arena *arena, const char *service,
                              const struct provider_message *message);

/**
 * The words after the program's name. Metadata (the program's answer, or empty) decides which options it takes.
 *
 * Errors: ERROR_INPUT, `required parameter "x" is missing from provider "t" definition`.
 */
bool provider_arguments(struct arena *arena, const char *project,
                        const struct spec_service *service, const char *action,
                        struct span metadata, struct strings *ret_arguments,
                        struct error *err) WARN_UNUSED;
/** Does the provider know `stop`? Only where its metadata says so. */
bool provider_stops(struct span metadata);

struct provider_options {
    const struct spec_project *project;
    const struct spec_service *service;
    const char *action; /* "up", "down" or "stop" */
    const struct docker_config *docker;
    const struct engine_endpoint *endpoint;
};

/** A message that is shown or kept; valid during the call. */
typedef void provider_message_fn(void *owner, const struct provider_message *message);
typedef void provider_done_fn(void *owner, const struct error *failure);

/**
 * Run it. Never fails at once; `done` is called once, on a later turn. `stop` of a provider that does not know it
 * succeeds without running.
 *
 * Ownership: options are borrowed until `done` returns.
 */
struct provider_run *provider_start(uv_loop_t *loop, const struct provider_options *options,
                                    provider_message_fn *on_message, provider_done_fn *done,
                                    void *owner);
void provider_cancel(struct provider_run *run);
