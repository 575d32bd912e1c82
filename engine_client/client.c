/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine_client/client_private.h"
#include "engine_client/instant.h"
#include "engine_client/ssh_relay.h"
#include "spec/base/number.h"

enum {
    PING_TIMEOUT_MS = 30000,
    CONNECT_TIMEOUT_MS = 30000,
    CONNECT_AGAIN_MS = 20,
    API_MINOR_MAXIMUM = 999,
};

#define CLOCK_SET_BACK_NS (2 * NS_PER_SECOND)

static const char *copy_text(struct arena *arena, const char *s)
{
    return s ? arena_strdup(arena, s) : NULL;
}

static void copy_endpoint(struct engine_client *client, const struct engine_endpoint *from)
{
    struct engine_endpoint *to = &client->endpoint;
    struct arena *arena = client->arena;

    *to = *from;
    to->url = copy_text(arena, from->url);
    to->source = copy_text(arena, from->source);
    to->socket_path = copy_text(arena, from->socket_path);
    to->host = copy_text(arena, from->host);
    to->user = copy_text(arena, from->user);
    to->base_path = arena_strdup(arena, from->base_path ? from->base_path : "");
    to->ca_file = copy_text(arena, from->ca_file);
    to->certificate_file = copy_text(arena, from->certificate_file);
    to->key_file = copy_text(arena, from->key_file);
    to->proxy = copy_text(arena, from->proxy);
    to->context = copy_text(arena, from->context);
    client->socket_path = to->transport == ENGINE_UNIX ? to->socket_path : NULL;
}

/* "1.43" -> 43; 0 for anything else. */
static unsigned parse_api_minor(const char *version)
{
    uint64_t minor;

    if (!text_starts_with(version, "1.") || !number_parse_uint64(version + 2, &minor) ||
        minor > API_MINOR_MAXIMUM)
        return 0;
    return (unsigned)minor;
}

static bool take_options(struct engine_client *client, const struct engine_client_options *options,
                         struct error *err)
{
    const char *pinned = options->api_version;

    client->options = *options;
    client->options.user_agent = copy_text(client->arena, options->user_agent);
    client->options.api_version = NULL;
    client->options.headers = NULL;
    for (size_t i = 0; options->headers && options->headers[i]; i++)
        strings_add_copy(&client->headers, client->arena, options->headers[i]);
    if (client->options.connect_timeout_ms == 0)
        client->options.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (!pinned || !*pinned)
        return true;
    client->pinned_minor = parse_api_minor(*pinned == 'v' ? pinned + 1 : pinned);
    if (client->pinned_minor == 0)
        return error_set(err, ERROR_USAGE, "invalid API version \"%s\": expected a form like 1.%d",
                         pinned, ENGINE_API_HIGHEST);
    return true;
}

struct engine_client *engine_client_create(uv_loop_t *loop, const struct engine_endpoint *endpoint,
                                           const struct engine_client_options *options,
                                           struct error *err)
{
    struct engine_client *client = xcalloc(1, sizeof(*client));

    client->loop = loop;
    client->arena = arena_create();
    copy_endpoint(client, endpoint);
    if (!take_options(client, options, err) || !transport_open(client, err)) {
        arena_destroy(client->arena);
        free(client);
        return NULL;
    }
    uv_timer_init(loop, &client->connect_later);
    client->connect_later.data = client;
    client->open_handles++;
    uv_idle_init(loop, &client->turn);
    client->turn.data = client;
    client->open_handles++;
    return client;
}

void client_handle_closed(struct engine_client *client)
{
    if (--client->open_handles > 0)
        return;
    arena_destroy(client->arena);
    free(client);
}

static void on_turn_closed(uv_handle_t *handle)
{
    client_handle_closed(handle->data);
}

static void close_relay(struct engine_client *client)
{
    struct ssh_relay *relay = TAKE(client->relay);

    client->socket_path = NULL;
    if (relay)
        ssh_relay_close(relay);
}

static void close_handles(struct engine_client *client)
{
    client->handles_closing = true;
    transport_close(client);
    close_relay(client);
    uv_close((uv_handle_t *)&client->connect_later, on_turn_closed);
    uv_close((uv_handle_t *)&client->turn, on_turn_closed);
}

static void tell_waiters(struct engine_client *client, const struct error *failure)
{
    struct ready_waiter *waiter = TAKE(client->waiters);

    while (waiter) {
        struct ready_waiter *next = waiter->next;

        waiter->ready(waiter->owner, &client->facts, failure);
        free(waiter);
        waiter = next;
    }
}

static void read_facts(struct engine_client *client, struct engine_request *ping)
{
    struct engine_facts *facts = &client->facts;
    const char *version = engine_request_header(ping, "Api-Version");
    const char *os_type = engine_request_header(ping, "Ostype");
    const char *swarm = engine_request_header(ping, "Swarm");

    facts->kind =
        engine_request_header(ping, "Libpod-Api-Version") ? ENGINE_KIND_PODMAN : ENGINE_KIND_DOCKER;
    facts->engine_api_minor = version ? parse_api_minor(version) : 0;
    facts->swarm_active = swarm && text_starts_with(swarm, "active");
    (void)snprintf(facts->os_type, sizeof(facts->os_type), "%s", os_type ? os_type : "");
}

static bool choose_api(struct engine_client *client, struct error *err)
{
    struct engine_facts *facts = &client->facts;

    if (client->pinned_minor) {
        facts->api_minor = client->pinned_minor;
    } else if (facts->engine_api_minor == 0) {
        (void)error_set(err, ERROR_CONNECTION,
                        "what answers at %s is no container engine: /_ping names no API version",
                        client->endpoint.url);
        return error_hint(err, "the address comes from %s", client->endpoint.source);
    } else if (facts->engine_api_minor < ENGINE_API_LOWEST) {
        (void)error_set(err, ERROR_CONNECTION,
                        "the engine at %s speaks API 1.%u; at least 1.%d is needed",
                        client->endpoint.url, facts->engine_api_minor, ENGINE_API_LOWEST);
        return error_hint(err, "upgrade to Docker Engine 20.10 or later");
    } else {
        facts->api_minor = facts->engine_api_minor < ENGINE_API_HIGHEST
                               ? facts->engine_api_minor
                               : (unsigned)ENGINE_API_HIGHEST;
    }
    facts->known = true;
    return true;
}

static void fail_waiting(struct engine_client *client, const struct error *failure)
{
    for (struct engine_request *req = client->first; req; req = req->next) {
        if (req->state != REQUEST_WAITING || req->is_ping)
            continue;
        error_copy(&req->failure, failure);
        request_end(req);
    }
}

static void on_ping(void *owner, struct engine_request *ping, const struct error *failure)
{
    struct engine_client *client = owner;
    CLEANUP(error_finish) struct error err;

    error_init(&err);
    /* An engine in trouble answers 500 but still names its version: the real request will show its
     * words. */
    if (failure && !(failure->kind == ERROR_ENGINE && engine_request_header(ping, "Api-Version"))) {
        error_copy(&err, failure);
    } else {
        read_facts(client, ping);
        (void)choose_api(client, &err);
    }
    client->negotiation = client->facts.known ? NEGOTIATION_DONE : NEGOTIATION_NONE;
    if (error_is_set(&err))
        fail_waiting(client, &err);
    tell_waiters(client, error_is_set(&err) ? &err : NULL);
    client_want_turn(client);
}

static void start_ping(struct engine_client *client)
{
    struct engine_call call = {
        .method = "GET", .path = "/_ping", .unversioned = true, .timeout_ms = PING_TIMEOUT_MS};
    struct engine_request *ping = request_create(client, &call, on_ping, client);

    client->negotiation = NEGOTIATION_ASKED;
    ping->is_ping = true;
    request_activate(ping);
}

/* ssh */

static void on_relay_ready(void *owner, const struct error *failure)
{
    struct engine_client *client = owner;

    if (failure) {
        fail_waiting(client, failure);
        tell_waiters(client, failure);
        close_relay(client);
    } else {
        client->socket_path = ssh_relay_socket(client->relay);
    }
    client_want_turn(client);
}

/* Requests on the way break by themselves; the next one starts ssh again. */
static void on_relay_gone(void *owner, const struct error *failure UNUSED)
{
    close_relay(owner);
}

static void on_relay_closed(void *owner)
{
    client_handle_closed(owner);
}

/* Is there a way to the engine? Starts one where ssh is needed. */
static bool way_is_open(struct engine_client *client)
{
    static const struct ssh_relay_handlers handlers = {on_relay_ready, on_relay_gone,
                                                       on_relay_closed};

    if (client->endpoint.transport != ENGINE_SSH || client->socket_path)
        return true;
    if (!client->relay) {
        client->open_handles++;
        client->relay = ssh_relay_start(client->loop, &client->endpoint, &handlers, client);
    }
    return false;
}

static bool someone_waits(const struct engine_client *client)
{
    for (const struct engine_request *req = client->first; req; req = req->next)
        if (req->state == REQUEST_WAITING && !req->is_ping)
            return true;
    return client->waiters != NULL;
}

/*
 * Requests above the limit of descriptors wait for the end of others. Those that may last until they are cancelled never
 * wait: they would wait for ever, and the requests that end them must have room.
 */
static bool has_room_for(const struct engine_client *client, const struct engine_request *req)
{
    if (client->connect_paused)
        return false;
    return client->active < client->most_active || request_is_lasting(req);
}

/* A ping that was put back when the engine's queue of connections was full. */
static void restart_ping(struct engine_client *client)
{
    for (struct engine_request *req = client->first; req; req = req->next)
        if (req->state == REQUEST_WAITING && req->is_ping && !client->connect_paused)
            request_activate(req);
}

static void move_waiting(struct engine_client *client)
{
    if (!someone_waits(client) || !way_is_open(client))
        return;
    if (client->negotiation == NEGOTIATION_NONE)
        start_ping(client);
    if (client->negotiation == NEGOTIATION_ASKED)
        restart_ping(client);
    if (client->negotiation != NEGOTIATION_DONE)
        return;
    tell_waiters(client, NULL);
    for (struct engine_request *req = client->first; req; req = req->next)
        if (req->state == REQUEST_WAITING && has_room_for(client, req))
            request_activate(req);
}

static void complete_ended(struct engine_client *client)
{
    struct engine_request *req = client->first;

    while (req) {
        if (req->state == REQUEST_ENDED) {
            request_complete(req);
            req = client->first; /* the completion may have changed the list */
        } else {
            req = req->next;
        }
    }
}

static void cancel_all(struct engine_client *client)
{
    struct error gone;

    error_init(&gone);
    (void)error_set(&gone, ERROR_CANCELED, "canceled");
    for (struct engine_request *req = client->first; req; req = req->next)
        engine_request_cancel(req);
    tell_waiters(client, &gone);
    error_finish(&gone);
}

static void client_turn(uv_idle_t *handle)
{
    struct engine_client *client = handle->data;

    uv_idle_stop(handle);
    if (client->closing)
        cancel_all(client);
    for (struct engine_request *req = client->first; req; req = req->next)
        if (req->wake)
            request_wake(req);
    if (!client->closing)
        move_waiting(client);
    complete_ended(client);
    if (client->closing && !client->first && !client->waiters)
        close_handles(client);
    else if (client->closing)
        client_want_turn(client);
}

static void on_connect_later(uv_timer_t *timer)
{
    struct engine_client *client = timer->data;

    client->connect_paused = false;
    client_want_turn(client);
}

void client_want_connect_later(struct engine_client *client)
{
    client->connect_paused = true;
    if (!client->handles_closing && !uv_is_active((uv_handle_t *)&client->connect_later))
        uv_timer_start(&client->connect_later, on_connect_later, CONNECT_AGAIN_MS, 0);
}

void client_want_turn(struct engine_client *client)
{
    if (!client->handles_closing)
        uv_idle_start(&client->turn, client_turn);
}

void engine_client_destroy(struct engine_client *client)
{
    if (!client || client->closing)
        return;
    client->closing = true;
    client_want_turn(client);
}

void engine_client_negotiate(struct engine_client *client, engine_ready_fn *ready, void *owner)
{
    struct ready_waiter *waiter = xcalloc(1, sizeof(*waiter));
    struct ready_waiter **end = &client->waiters;

    *waiter = (struct ready_waiter){.ready = ready, .owner = owner};
    while (*end)
        end = &(*end)->next;
    *end = waiter;
    client_want_turn(client);
}

void client_read_date(struct engine_client *client, const char *http_date)
{
    int64_t ns, known = engine_client_clock_ns(client);

    if (!instant_parse_http(http_date, &ns))
        return;
    /* Dates are cut to seconds: the largest estimate is the best one, unless the clock was set
     * back. */
    if (client->date_ns != 0 && ns <= known && ns > known - CLOCK_SET_BACK_NS)
        return;
    client->date_ns = ns;
    client->date_read_ns = uv_hrtime();
}

int64_t engine_client_clock_ns(const struct engine_client *client)
{
    if (client->date_ns == 0)
        return 0;
    return client->date_ns + (int64_t)(uv_hrtime() - client->date_read_ns);
}

const struct engine_facts *engine_client_facts(const struct engine_client *client)
{
    return &client->facts;
}

bool engine_client_is_podman(const struct engine_client *client)
{
    return client->facts.kind == ENGINE_KIND_PODMAN;
}

const char *engine_client_url(const struct engine_client *client)
{
    return client->endpoint.url;
}
