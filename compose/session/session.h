/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command works with while it runs: the event loop, the engine (connected on first use), the one event stream,
 * the signals and the loaded project. Created by main() for one command, destroyed after it.
 *
 * A command starts what it wants and turns the loop; a completion stores its result and stops it:
 *
 *     state.request = engine_request_start(client, &call, on_done, &state);
 *     if (!session_run(session, err))          (false: interrupted, ERROR_CANCELED)
 *         return false;
 *
 * Where a command only needs answers, session_fetch() does both for any number of requests at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;
struct command_context;
struct console;
struct docker_config;
struct engine_client;
struct engine_event;
struct root_options;
struct session;
struct spec_load_options;
struct spec_project;

/** `root` is borrowed; what an env file of the project says late (root_take_late()) is put into it. */
struct session *session_create(struct root_options *root);
/** Cancels what is open and turns the loop until all handles are closed. NULL is allowed. */
void session_destroy(struct session *session);

uv_loop_t *session_loop(struct session *session);
struct console *session_console(struct session *session);
/**
 * The engine. The first call finds out where it is; the connection is made by the first request.
 *
 * Errors: ERROR_USAGE, ERROR_INPUT as engine_endpoint_resolve().
 */
bool session_client(struct session *session, struct engine_client **ret_client,
                    struct error *err) WARN_UNUSED;
/**
 * The docker CLI's config.json, with the proxies for this engine once session_client() has succeeded. One that cannot be
 * read is reported once, as a warning, and counts as empty. Lives as long as the session.
 */
const struct docker_config *session_docker_config(struct session *session);
/** Where the engine is (engine_client/endpoint.h), once session_client() has succeeded. */
const struct engine_endpoint *session_endpoint(const struct session *session);

/* The loop. */
/** Turn the loop until session_stop(). False with ERROR_CANCELED when a signal ended it. Not from callbacks. */
bool session_run(struct session *session, struct error *err) WARN_UNUSED;
/** The same again and again, for others may stop the loop too, until `*ended`. */
bool session_run_until(struct session *session, const bool *ended, struct error *err) WARN_UNUSED;
void session_stop(struct session *session);
/** After session_run() was interrupted: what was cancelled completes; turn the loop until `*ended`. */
void session_drain(struct session *session, const bool *ended);
/**
 * After an interruption: turn the loop until what was cancelled has told so, each of which takes one from `left`. For
 * owners whose completions point to their frame.
 */
void session_settle(struct session *session, const size_t *left);
/**
 * At the very end: turn the loop until stdout and stderr have taken all. False when the command was ended by a signal,
 * now or before; then, and for one that `is_canceled`, a reader that takes nothing is not waited for.
 */
bool session_flush(struct session *session, bool is_canceled);

/**
 * From now on a stdout that cannot be written to, such as a file on a full disk, is warned of once, its bytes are dropped,
 * and the command goes on: for one whose work does not depend on its output. A reader that has gone ends it nevertheless.
 */
void session_tolerate_lost_output(struct session *session);
bool session_tolerates_lost_output(const struct session *session);

/* Signals: SIGINT, SIGTERM, SIGHUP; and a reader of stdout that went away counts as SIGPIPE. */
/** The command's answer to a signal. False: end the command as if there were no handler. */
typedef bool session_signal_fn(void *owner, int signal_number);
/** One handler at a time; NULL puts back the default: session_run() ends with ERROR_CANCELED. */
void session_on_signal(struct session *session, session_signal_fn *handler, void *owner);
/** Called when the program was stopped (Ctrl-Z) and is continued. One at a time; NULL: none. */
void session_on_continue(struct session *session, void (*on_continue)(void *owner), void *owner);
/** After ERROR_CANCELED: the command goes on with something else (the stop plan); the next signal ends that. */
void session_continue(struct session *session);
/** The signal that ended the command, or 0. */
int session_ended_by(const struct session *session);

/* Requests whose whole answer is wanted. */
struct session_call {
    const char *method; /* NULL: GET */
    const char *path, *query;
    struct span body;
    const char *registry_auth; /* X-Registry-Auth, or NULL */
    const char *header;        /* name of a header of the answer that is wanted, or NULL */
    int status;                /* out: 0 when no answer came */
    const char *header_value;  /* out: NULL when the answer lacks it */
    struct span answer;        /* out: in the arena given */
    struct error failure;      /* out: ERROR_NONE on success; finished by session_fetch_finish() */
};

/**
 * Send all of them at once and wait for all answers. False only when that could not be done (no engine address,
 * interrupted); failures of single calls are in the calls.
 */
bool session_fetch_all(struct session *session, struct arena *arena, struct session_call *calls,
                       size_t count, struct error *err) WARN_UNUSED;
void session_fetch_finish(struct session_call *calls, size_t count);
/** One call; its failure becomes `err` and needs no session_fetch_finish(). */
bool session_fetch_call(struct session *session, struct arena *arena, struct session_call *call,
                        struct error *err) WARN_UNUSED;
/** One request; its failure becomes `err`. `method` NULL is GET. */
bool session_fetch(struct session *session, struct arena *arena, const char *method,
                   const char *path, const char *query, struct span *ret_answer,
                   struct error *err) WARN_UNUSED;

/* The event stream. */
/**
 * Who hears the containers' events of one project. After `on_ready` (also after each gap) the listener lists what it
 * needs; events and lists are to be applied idempotently, since the stream begins a second earlier. `on_away` tells of
 * a gap: either `on_ready` or, when the engine stays away, `on_lost` follows. Nothing follows that. All may be NULL.
 */
struct session_listener {
    void (*on_ready)(void *owner);
    void (*on_event)(void *owner, const struct engine_event *event);
    void (*on_away)(void *owner);
    void (*on_lost)(void *owner, const struct error *failure);
    void *owner;
    struct session_listener *next; /* the session's own */
};

/** The first listener opens the stream for `project`; all share it. Borrowed until session_unlisten(). */
bool session_listen(struct session *session, const char *project, struct session_listener *listener,
                    struct error *err) WARN_UNUSED;
void session_unlisten(struct session *session, struct session_listener *listener);
/** For listeners who wait in a gap: warn, once a gap, that the engine is away and for how long that is tried. */
void session_warn_away(struct session *session);

/* The project, in the ways that commands ask for it. */
enum project_need {
    PROJECT_MODEL,         /* files must load */
    PROJECT_MODEL_OR_NAME, /* with -p and no -f: no file is read */
    PROJECT_NAME,          /* only the name */
};

/** Options filled from the root flags; change what the command's own flags ask for. */
struct spec_load_options session_load_options(const struct command_context *context);
/**
 * Load the project and show the warnings found on the way. `load` NULL takes session_load_options().
 *
 * Ownership: the session's, until it is destroyed. By name alone (`project->load->config_files` empty) it has no
 * services.
 */
bool session_project(const struct command_context *context, enum project_need need,
                     const struct spec_load_options *load, struct spec_project **ret_project,
                     struct error *err) WARN_UNUSED;
/** The project that was loaded last, or NULL. */
const struct spec_project *session_loaded_project(const struct session *session);
/**
 * Read env_file and label_file of the services that the selection kept, and show the warnings found on the way.
 * For commands that create containers or print environments; see spec_project_read_service_files().
 */
bool session_read_service_files(const struct command_context *context,
                                struct error *err) WARN_UNUSED;
/**
 * For PROJECT_MODEL_OR_NAME commands whose arguments are services: load it and refuse those that no file knows.
 * `*ret_name` is the name as it was given where no file was read.
 */
bool session_project_for_services(const struct command_context *context, const char **ret_name,
                                  struct error *err) WARN_UNUSED;
/** Was this project made from its name alone? */
bool session_is_by_name(const struct spec_project *project);
/** Take the loaded project's name only, as if there were no files; what was loaded is destroyed. */
struct spec_project *session_forget_files(const struct command_context *context);
/** A COMPOSE_* variable: from the project's environment once it is loaded, else the process's; "" when unset. */
const char *session_variable(const struct session *session, const char *name);
/**
 * Any variable, for a command that acts by name and has loaded no file: of the shell, else of the env files. NULL when
 * it is unset. In the session's memory.
 */
const char *session_shell_variable(const struct command_context *context, const char *name);
