/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/session/session_internal.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"

struct fetch;

/* One request in flight. It may end after its fetch was given up: then `fetch` is NULL. */
struct fetch_item {
    struct fetch *fetch;
    struct session_call *call;
    struct engine_request *request;
};

struct fetch {
    struct session *session;
    struct arena *arena;
    struct fetch_item *items;
    size_t left;
};

static void on_fetched(void *owner, struct engine_request *request, const struct error *failure)
{
    struct fetch_item *item = owner;
    struct fetch *fetch = item->fetch;
    struct span body = engine_request_body(request);
    const char *header;

    item->request = NULL;
    item->call->status = engine_request_status(request);
    header = item->call->header ? engine_request_header(request, item->call->header) : NULL;
    if (header)
        item->call->header_value = arena_strdup(fetch->arena, header);
    if (failure)
        error_copy(&item->call->failure, failure);
    else
        item->call->answer = (struct span){
            arena_strndup(fetch->arena, body.bytes ? body.bytes : "", body.length), body.length};
    if (--fetch->left == 0)
        session_stop(fetch->session);
}

bool session_fetch_all(struct session *session, struct arena *arena, struct session_call *calls,
                       size_t count, struct error *err)
{
    struct fetch fetch = {.session = session, .arena = arena, .left = count};
    struct engine_client *client;
    bool good = true;

    if (count == 0)
        return true;
    if (!session_client(session, &client, err))
        return false;
    fetch.items = arena_array(arena, count, sizeof(*fetch.items));
    for (size_t i = 0; i < count; i++) {
        struct engine_call call = {
            .method = calls[i].method ? calls[i].method : "GET",
            .path = calls[i].path,
            .query = calls[i].query,
            .body = calls[i].body,
            .registry_auth = calls[i].registry_auth,
        };

        error_init(&calls[i].failure);
        fetch.items[i] = (struct fetch_item){.fetch = &fetch, .call = &calls[i]};
        fetch.items[i].request = engine_request_start(client, &call, on_fetched, &fetch.items[i]);
    }
    while (fetch.left > 0 && good) /* others may stop the loop, too */
        good = session_run(session, err);
    if (good)
        return true;
    /* Interrupted: cancel, and see the completions through, for they point to our frame. */
    for (size_t i = 0; i < count; i++)
        if (fetch.items[i].request)
            engine_request_cancel(fetch.items[i].request);
    session_settle(session, &fetch.left);
    session_fetch_finish(calls, count);
    return false;
}

void session_fetch_finish(struct session_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        error_finish(&calls[i].failure);
}

bool session_fetch_call(struct session *session, struct arena *arena, struct session_call *call,
                        struct error *err)
{
    if (!session_fetch_all(session, arena, call, 1, err))
        return false;
    if (!error_is_set(&call->failure))
        return true;
    error_move(err, &call->failure);
    return false;
}

bool session_fetch(struct session *session, struct arena *arena, const char *method,
                   const char *path, const char *query, struct span *ret_answer, struct error *err)
{
    struct session_call call = {.method = method, .path = path, .query = query};

    if (!session_fetch_call(session, arena, &call, err))
        return false;
    *ret_answer = call.answer;
    return true;
}
