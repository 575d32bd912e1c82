/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding: from what is wanted, what is there, the options and the time to a plan. Pure: no request, no question, no
 * clock, no output; the same input gives the same plan. What must be known first is put into the plan as needs, and
 * the caller comes back with the answers.
 *
 * Rules and their order are those of Docker Compose 5.5.0. Each kind of command has one function; all of them share the
 * rules for containers, networks, volumes and starts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/observe/observed.h"
#include "compose/observe/wanted.h"
#include "compose/reconcile/plan.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

enum reconcile_recreate { RECREATE_DIVERGED, RECREATE_NEVER, RECREATE_FORCE };

/** The container of `run`. */
struct reconcile_one_off {
    const char *service;
    const char *name, *slug; /* slug: 64 hex digits */
    bool attach_stdin, auto_remove, no_service_aliases;
};

/** Plain data, borrowed for the call. Zeroed memory is `up` of everything without flags but `start`. */
#define RECONCILE_ANSWER_YES     "yes"
#define RECONCILE_ANSWER_NO      "no"
#define RECONCILE_ANSWER_ASSUMED "assumed" /* a preview: the user will be asked */

struct reconcile_options {
    struct strings targets;           /* services named on the command line; empty: all */
    enum reconcile_recreate recreate; /* of targets */
    enum reconcile_recreate recreate_dependencies;
    bool renew_anonymous; /* anonymous volumes are not carried over */
    bool start;           /* false: create only */
    bool restart; /* of dependencies, only those matter that ask for it and restart here too */
    bool remove_orphans, ignore_orphans;
    const char *pull; /* --pull: replaces every service's policy; NULL: none */
    bool build, no_build;
    bool wait; /* for every service, once started */
    bool has_timeout;
    int64_t timeout_s; /* -t */
    bool explain;      /* find out which attribute changed (costs an inspect) */
    bool preview;      /* no provider has been run, no model served */
    bool show_values;  /* also of what looks like a secret */
    int64_t now_ns;
    struct strings images_done; /* pulled or built in an earlier turn */
    struct pairs answers;       /* subject of NEED_ANSWER -> RECONCILE_ANSWER_ */
    struct strings known;       /* services of the files that were not selected: no orphans */
    const struct reconcile_one_off
        *one_off; /* `run`: this service gets one container of its own kind */
};

/** up, create, scale, run's preparation. Errors: ERROR_INPUT with places. */
bool reconcile_up(const struct wanted *wanted, const struct observed *observed,
                  const struct reconcile_options *options, struct plan **ret_plan,
                  struct error *err) WARN_UNUSED;

/** The start of a container of `run`: its files, itself, its post_start hooks. Told by nobody. */
bool reconcile_start_one(const struct wanted *wanted, const char *service, const char *container_id,
                         const char *container_name, struct plan **ret_plan,
                         struct error *err) WARN_UNUSED;

/** What the commands do that act on containers which are there. */
enum lifecycle {
    LIFECYCLE_DOWN,
    LIFECYCLE_STOP,
    LIFECYCLE_START,
    LIFECYCLE_RESTART,
    LIFECYCLE_KILL,
    LIFECYCLE_PAUSE,
    LIFECYCLE_UNPAUSE,
    LIFECYCLE_RM,
};

/** Plain data, borrowed for the call. */
struct reconcile_containers {
    struct strings services; /* names; empty: all of the project */
    bool named;              /* services were named on the command line */
    bool by_name;            /* the model was made from labels */
    bool has_timeout;
    int64_t timeout_s;
    const char *signal;  /* kill */
    bool remove_orphans; /* down, kill: containers of unknown services too */
    bool volumes;        /* down -v, rm -v */
    const char *rmi;     /* down: "local", "all" or NULL */
    bool no_deps;        /* restart */
    bool wait;           /* start */
    int64_t wait_timeout_s;
    bool stop;                          /* rm -s */
    struct strings abandoned;           /* down: containers of an interrupted `run --rm` */
    struct strings abandoned_unstarted; /* down: of another interrupted `run`, if not started */
};

bool reconcile_lifecycle(enum lifecycle what, const struct wanted *wanted,
                         const struct observed *observed,
                         const struct reconcile_containers *options, struct plan **ret_plan,
                         struct error *err) WARN_UNUSED;
