/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/session/session_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/console/terminal.h"
#include "compose/root.h"
#include "engine_client/client.h"
#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/base/interrupt.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum { SAME_SIGNAL_MS = 1000 };

static const int watched_signals[SESSION_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static void end_by(struct session *session, int number)
{
    if (session->on_signal && session->on_signal(session->signal_owner, number)) {
        interrupt_reset();
        return;
    }
    session->ended_by = number;
    uv_stop(&session->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct session *session = handle->data;
    bool is_echo = session->parent_gone_ms != 0 && !session->was_signalled &&
                   uv_now(&session->loop) - session->parent_gone_ms < SAME_SIGNAL_MS;

    session->was_signalled = true;
    if (!is_echo)
        end_by(session, number);
}

/* One Ctrl-C may reach us directly and by way of the docker CLI, in any order: it must not count as two. */
static void on_parent_gone(void *owner)
{
    struct session *session = owner;

    session->parent_gone_ms = uv_now(&session->loop);
    if (!session->was_signalled)
        end_by(session, SIGTERM);
}

/* Ctrl-Z: give the terminal back, stop like everybody else, draw again when continued. */
static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct session *session = handle->data;

    (void)number;
    console_suspend(session->console);
    output_flush_briefly(
        console_stderr(session->console)); /* its reader may be stopped as well, as stdout's may */
    terminal_restore();
    (void)kill(getpid(), SIGSTOP);
    console_resume(session->console);
}

/* Continued in the background first and brought to the foreground later, this comes twice. */
static void on_continue_signal(uv_signal_t *handle, int number)
{
    struct session *session = handle->data;

    (void)number;
    terminal_resume();
    if (session->on_continue)
        session->on_continue(session->continue_owner);
}

/* A terminal that hangs up tells twice, and the second time must not count as impatience. */
static void on_broken_stdout(void *owner)
{
    struct session *session = owner;
    int number = output_failure(console_stdout(session->console));

    if (session->tolerates_lost_output && number != EPIPE)
        console_warn(session->console, "write /dev/stdout: %s: further output is dropped",
                     strerror(number));
    else if (!session->was_signalled)
        end_by(session, SIGPIPE);
}

static void watch_signals(struct session *session)
{
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SESSION_SIGNALS; i++) {
        (void)uv_signal_init(&session->loop, &session->signals[i]);
        session->signals[i].data = session;
        /* nohup: who ignores a signal on purpose passes that on. */
        if (watched_signals[i] != SIGHUP || signal(SIGHUP, SIG_DFL) != SIG_IGN)
            (void)uv_signal_start(&session->signals[i], on_signal, watched_signals[i]);
        else
            (void)signal(SIGHUP, SIG_IGN);
        uv_unref((uv_handle_t *)&session->signals[i]);
    }
    (void)uv_signal_init(&session->loop, &session->stop_signal);
    session->stop_signal.data = session;
    (void)uv_signal_init(&session->loop, &session->continue_signal);
    session->continue_signal.data = session;
    if (terminal_is(STDERR_FILENO) || terminal_is(STDIN_FILENO)) {
        (void)uv_signal_start(&session->stop_signal, on_stop_signal, SIGTSTP);
        (void)uv_signal_start(&session->continue_signal, on_continue_signal, SIGCONT);
    }
    uv_unref((uv_handle_t *)&session->stop_signal);
    uv_unref((uv_handle_t *)&session->continue_signal);
}

struct session *session_create(struct root_options *root)
{
    struct session *session = xcalloc(1, sizeof(*session));

    if (uv_loop_init(&session->loop) != 0)
        fatal("cannot create an event loop");
    session->root = root;
    session->arena = arena_create();
    session->warnings.arena = session->arena;
    session->console = console_create(&session->loop, root->progress, root->ansi);
    output_on_broken(console_stdout(session->console), on_broken_stdout, session);
    watch_signals(session);
    interrupt_watch();
    session->parent = session_parent_create(&session->loop, on_parent_gone, session);
    return session;
}

static void hurry(struct session *session)
{
    output_hurry(console_stdout(session->console));
    output_hurry(console_stderr(session->console));
}

/* Whatever ends meanwhile may stop the loop. */
static void turn_to_the_end(struct session *session)
{
    while (uv_loop_alive(&session->loop))
        (void)uv_run(&session->loop, UV_RUN_DEFAULT);
}

/*
 * libuv sets the default action when the last watch of a signal ends; it is ignored instead, so that a signal does not
 * change the exit code of what is done. Threads of the pool may get what is blocked in this one.
 */
static void close_signals(struct session *session)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < SESSION_SIGNALS; i++)
        (void)sigaddset(&set, watched_signals[i]);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < SESSION_SIGNALS; i++) {
        uv_close((uv_handle_t *)&session->signals[i], NULL);
        (void)signal(watched_signals[i], SIG_IGN);
    }
}

void session_destroy(struct session *session)
{
    if (!session)
        return;
    session_events_close(session);
    engine_client_destroy(session->client);
    session_parent_destroy(session->parent);
    uv_close((uv_handle_t *)&session->stop_signal, NULL);
    uv_close((uv_handle_t *)&session->continue_signal, NULL);
    /* Requests that end now may still be traced: the console goes late. */
    turn_to_the_end(session);
    hurry(session);
    console_destroy(session->console);
    close_signals(session); /* the last to go */
    turn_to_the_end(session);
    (void)uv_loop_close(&session->loop);
    spec_project_destroy(session->project);
    arena_destroy(session->arena);
    free(session);
}

uv_loop_t *session_loop(struct session *session)
{
    return &session->loop;
}

struct console *session_console(struct session *session)
{
    return session->console;
}

static void on_trace(void *owner, const struct engine_trace *trace)
{
    struct session *session = owner;

    console_note(session->console, "%s %s %d %llums%s%s\n", trace->method, trace->path,
                 trace->status, (unsigned long long)trace->elapsed_ms, trace->failure ? " " : "",
                 trace->failure ? trace->failure : "");
}

static const char *or_null(const char *s)
{
    return s[0] ? s : NULL;
}

/* HttpHeaders of config.json, overridden by DOCKER_CUSTOM_HEADERS ("a=b,c=d"), as "Name: value" lines. */
static const char *const *custom_headers(struct session *session,
                                         const struct docker_config *config)
{
    const char *given = getenv("DOCKER_CUSTOM_HEADERS");
    struct strings lines = {0};

    for (size_t i = 0; i < config->http_headers.count; i++) {
        const struct pair *header = &config->http_headers.items[i];

        if (strcasecmp(header->key, "user-agent") != 0)
            strings_add(&lines, session->arena,
                        arena_printf(session->arena, "%s: %s", header->key, header->value));
    }
    if (given && given[0])
        lines.count = 0;
    while (given && *given) {
        size_t length = strcspn(given, ",");
        const char *equals = memchr(given, '=', length);

        if (equals)
            strings_add(&lines, session->arena,
                        arena_printf(session->arena, "%.*s: %.*s", (int)(equals - given), given,
                                     (int)(given + length - equals - 1), equals + 1));
        given += length + (given[length] == ',');
    }
    strings_add(&lines, session->arena, NULL);
    return lines.items;
}

static const struct docker_config *load_config(struct session *session, const char *engine_url)
{
    struct docker_config *config = arena_alloc(session->arena, sizeof(*config));

    docker_config_load_lenient(session->arena, root_config_directory(session->root, session->arena),
                               engine_url, config);
    if (config->problem && !(session->config && session->config->problem))
        console_warn(session->console, "the docker CLI's settings are left out: %s",
                     config->problem);
    return session->config = config;
}

const struct docker_config *session_docker_config(struct session *session)
{
    return session->config ? session->config : load_config(session, NULL);
}

bool session_client(struct session *session, struct engine_client **ret_client, struct error *err)
{
    const struct docker_options *docker = &session->root->docker;
    struct engine_endpoint_options where = {
        .host = or_null(docker->host),
        .context = or_null(docker->context),
        .config_directory = or_null(docker->config_directory),
        .tls = docker->tls,
        .tls_verify = docker->tls_verify,
        .ca_file = or_null(docker->tls_ca_cert),
        .certificate_file = or_null(docker->tls_cert),
        .key_file = or_null(docker->tls_key),
    };
    struct engine_client_options how = {
        .user_agent = "compose/" COMPOSE_OWN_VERSION,
        .api_version = getenv("DOCKER_API_VERSION"),
        .trace = docker->debug ? on_trace : NULL,
        .trace_owner = session,
    };

    if (!session->client) {
        if (!engine_endpoint_resolve(session->arena, &where, &session->endpoint, err))
            return false;
        if (docker->debug)
            console_note(session->console, "engine %s from %s\n", session->endpoint.url,
                         session->endpoint.source);
        how.headers = custom_headers(session, load_config(session, session->endpoint.url));
        session->client = engine_client_create(&session->loop, &session->endpoint, &how, err);
        if (!session->client)
            return false;
    }
    *ret_client = session->client;
    return true;
}

const struct engine_endpoint *session_endpoint(const struct session *session)
{
    return &session->endpoint;
}

bool session_run(struct session *session, struct error *err)
{
    while (!session->stopping && session->ended_by == 0)
        if (uv_run(&session->loop, UV_RUN_DEFAULT) == 0 && !session->stopping &&
            session->ended_by == 0)
            fatal("nothing is left to wait for"); /* a mistake of ours; better told than hung */
    session->stopping = false;
    if (session->ended_by != 0)
        return error_set(err, ERROR_CANCELED, "canceled");
    return true;
}

bool session_run_until(struct session *session, const bool *ended, struct error *err)
{
    bool good = true;

    while (good && !*ended)
        good = session_run(session, err);
    return good;
}

void session_stop(struct session *session)
{
    session->stopping = true;
    uv_stop(&session->loop);
}

void session_settle(struct session *session, const size_t *left)
{
    while (*left > 0)
        (void)uv_run(&session->loop, UV_RUN_ONCE);
    session->stopping = false;
}

void session_drain(struct session *session, const bool *ended)
{
    while (!*ended)
        (void)uv_run(&session->loop, UV_RUN_ONCE);
    session->stopping = false;
}

static bool is_writing(const struct session *session)
{
    return output_pending_bytes(console_stdout(session->console)) > 0 ||
           output_pending_bytes(console_stderr(session->console)) > 0;
}

bool session_flush(struct session *session, bool is_canceled)
{
    while (!is_canceled && session->ended_by == 0 && is_writing(session))
        (void)uv_run(&session->loop, UV_RUN_ONCE);
    if (is_canceled || session->ended_by != 0)
        hurry(session);
    console_flush(session->console);
    return session->ended_by == 0;
}

void session_tolerate_lost_output(struct session *session)
{
    session->tolerates_lost_output = true;
}

bool session_tolerates_lost_output(const struct session *session)
{
    return session->tolerates_lost_output;
}

void session_on_signal(struct session *session, session_signal_fn *handler, void *owner)
{
    session->on_signal = handler;
    session->signal_owner = owner;
}

void session_on_continue(struct session *session, void (*on_continue)(void *owner), void *owner)
{
    session->on_continue = on_continue;
    session->continue_owner = owner;
}

void session_continue(struct session *session)
{
    session->ended_by = 0;
    session->stopping = false;
    interrupt_reset();
}

int session_ended_by(const struct session *session)
{
    return session->ended_by;
}
