/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of log_follow share: log_follow.c has the list, the end and what callers do, log_follow_events.c what
 * the event stream tells, log_item.c one container.
 */
#pragma once

#include <uv.h>

#include "compose/session/session.h"
#include "compose/streams/log_follow.h"
#include "engine_client/container.h"

struct engine_client;
struct engine_event;
struct engine_request;
struct log_merge;
struct log_reader;
struct log_stream;

/* One container. It stays, once known, until the end: its cursor serves every later start. */
struct log_item {
    struct log_follow *follow;
    struct log_item *next;
    const char *id, *service, *name; /* in the arena */
    struct log_source
        *source; /* NULL, as the stream: silent, or only an event has told of it so far */
    struct log_stream *stream;
    struct log_reader *reader; /* NULL until it was inspected */
    struct engine_request *inspect;
    struct engine_request *back_off; /* waits for the end of it, while `restarting` */

    bool known;     /* it was inspected */
    bool silent;    /* only its end is of interest: reader stays NULL */
    bool unawaited; /* its output is shown for as long as others run */
    bool running, gone;
    bool restarting;     /* its policy will start it again */
    bool stopped_by_api; /* somebody asked for its end */
    bool open_again;     /* it has started while its old log was still being read */
    bool broken;         /* the connection broke: there may be more than was read */
    bool fresh;          /* it came while we watched: all of its log is shown */
    bool attaching;      /* its log cannot be read back, and the engine does not listen yet */
    bool attached_early; /* before it was started: what is open serves that start */
    bool check_attached; /* does it still run, now that the engine listens? */
    bool passing_over;   /* the end of its old log is being looked for */
    bool last_words;     /* what is read now is what followed the end of the stream */
    bool exit_due;       /* its end is to be told once its output is */
    bool end_seen;       /* since its last start: what reports it once more is no second end */
    bool exit_reported;  /* the caller knows of its end, which may still be to be printed */
    bool inspect_again;  /* something happened to it while it was inspected */
    bool back_off_over; /* the engine has told so: it is not asked for again before the next life */
    bool
        ended_before; /* it did not run when it was first listed: an end without a start is an old one */
    int starts_due; /* starts of ours less the events of starts: above 0, one is still to come */
    int exit_code;
    int64_t started_ns, died_ns;
    int64_t ended_ns;    /* with ended_before: when; 0: it never ran */
    uint64_t died_at_ms; /* on our clock */
};

struct log_follow {
    struct session *session;
    struct engine_client *client;
    struct log_follow_options options;
    struct arena *arena;
    struct log_printer *printer;
    struct log_merge *merge;
    struct session_listener listener;
    struct log_item *items;
    struct engine_request *list;
    uv_timer_t *come_back, *ask_again;
    size_t in_flight;
    bool listening, listed, started, waiting, ended, draining, closing;
    bool brief;             /* while draining: not longer than there is progress */
    bool seen_running;      /* something that is awaited has run since the beginning */
    bool taking_list;       /* what is known is partly old: nothing is decided by it */
    bool list_again;        /* a container that the list may lack has started */
    uint64_t created_at_ms; /* a container was created that has not been started; 0: none */
    bool away; /* the event stream broke: what is known is old until the list has come again */
    struct error failure;
};

/* log_follow.c */
void log_follow_list(struct log_follow *follow);
/** A log's connection broke, but not the event stream's: list in a while, and take up what is broken. */
void log_follow_ask_again(struct log_follow *follow);
/** Something has ended or was printed: is it all over? */
void log_follow_check_end(struct log_follow *follow);
void log_follow_fail(struct log_follow *follow, const struct error *failure);
/** A request of ours has ended. */
void log_follow_landed(struct log_follow *follow);
/** By its labels: is it one of those that are asked for? */
bool log_follow_watches(const struct log_follow *follow, const struct pairs *labels);
struct log_item *log_follow_find(struct log_follow *follow, const char *id);

/* log_follow_events.c */
void log_follow_on_event(void *owner, const struct engine_event *event);

/* log_item.c */
/** `name` without the slash; the container is read once it was inspected. */
struct log_item *log_item_add(struct log_follow *follow, const char *id, const char *name,
                              const char *service, bool fresh);
void log_item_inspect(struct log_item *item);
/** It has started: there is nothing to wait for any more. */
void log_item_leave_back_off(struct log_item *item);
/** Read on from where it was left. */
void log_item_open(struct log_item *item);
/** What the list says of a container that is known: after a gap the events in it are missing. */
void log_item_update(struct log_item *item, const struct engine_container_entry *entry);
/** It has ended: its end is due to be reported. */
void log_item_ended(struct log_item *item, int exit_code);
/** "exited with code 0", once it is due and all that the container said was read. */
void log_item_tell_exit(struct log_item *item);
/** Is there, or will there be, something to read or to print of it? */
bool log_item_is_speaking(const struct log_item *item);
