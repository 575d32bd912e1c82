/* SPDX-License-Identifier: Apache-2.0 */
/* What up, create, scale and plan have in common: from flags to a job for converge. */
#pragma once

#include "compose/command.h"
#include "compose/execute/converge.h"

struct up_options {
    struct spec_project *project;
    struct converge job;
    struct reconcile_options reconcile;
    struct strings services; /* named on the command line */
};

/* Flags that create, up and plan share; tables stand in the order of names. */
/* clang-format off */
#define UP_OPTION_BUILD \
    {"build", .kind = OPTION_BOOL, .help = "Build images before starting containers"}
#define UP_OPTION_FORCE_RECREATE \
    {"force-recreate", .kind = OPTION_BOOL, .help = "Recreate containers even if their configuration and image haven't changed"}
#define UP_OPTION_NO_BUILD \
    {"no-build", .kind = OPTION_BOOL, .help = "Don't build an image, even if it's policy"}
#define UP_OPTION_NO_RECREATE \
    {"no-recreate", .kind = OPTION_BOOL, .help = "If containers already exist, don't recreate them. Incompatible with --force-recreate."}
#define UP_OPTION_PULL \
    {"pull", .kind = OPTION_STRING, .initial = "policy", .values = "always|missing|never|build", .help = "Pull image before running (\"always\"|\"missing\"|\"never\"|\"build\")"}
#define UP_OPTION_QUIET_PULL \
    {"quiet-pull", .kind = OPTION_BOOL, .help = "Pull without printing progress information"}
#define UP_OPTION_REMOVE_ORPHANS \
    {"remove-orphans", .kind = OPTION_BOOL, .help = "Remove containers for services not defined in the Compose file"}
#define UP_OPTION_SCALE \
    {"scale", .kind = OPTION_LIST, .type = "scale", .help = "Scale SERVICE to NUM instances. Overrides the `scale` setting in the Compose file if present."}
#define UP_OPTION_YES \
    {"yes", 'y', OPTION_BOOL, OPTION_OLD_ALIAS, .alias = "y", .help = "Assume \"yes\" as answer to all prompts and run non-interactively"}
/* clang-format on */

/**
 * Load and select the project. Free with up_options_finish(), also after a failure.
 *
 * `scales`: service to number, as text; may be NULL.
 */
bool up_options_init(struct up_options *up, struct command_context *context,
                     const struct strings *services, bool no_deps, const struct pairs *scales,
                     struct error *err) WARN_UNUSED;
/** Read the flags of the rows above but --scale. Errors: ERROR_USAGE, texts of Docker Compose 5.5.0. */
bool up_options_read_flags(struct up_options *up, struct error *err) WARN_UNUSED;
/** Read --scale. */
bool up_options_read_scales(struct command_context *context, struct pairs *ret_scales,
                            struct error *err) WARN_UNUSED;
/** Refuse a project without services, as `up` does. Call it after up_options_init(). */
bool up_options_need_services(const struct up_options *up, struct error *err) WARN_UNUSED;
void up_options_finish(struct up_options *up);
/** Carry it out. */
bool up_options_converge(struct up_options *up, struct error *err) WARN_UNUSED;
