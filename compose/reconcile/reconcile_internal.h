/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of reconcile_*.c share while one plan is made. Nobody else includes this.
 *
 * Each wanted thing has a record that tells how it is (or will be) known in the engine and which step makes it ready;
 * later rules only look at records, never at the lists again.
 */
#pragma once

#include "compose/reconcile/reconcile.h"

struct reconcile_image {
    const char *reference, *platform;
    const struct observed_image *there; /* NULL: absent */
    struct step *made;                  /* pull or build, or NULL */
    struct step_value digest;
};

struct reconcile_network {
    const char *key, *name;
    const struct spec_network *network;
    const char *id;       /* NULL: made by this plan, or not known */
    struct step *ready;   /* create, or NULL when it is there */
    bool replaced;        /* same name, another definition */
    struct step *removed; /* the old one's removal, when replaced */
    const char *old_id;   /* of the one that is replaced */
    struct strings left;  /* ids of those under names that it had before: removed at the end */
};

struct reconcile_volume {
    const char *key, *name;
    const struct spec_volume *volume;
    struct step *ready;
    bool replaced;
    struct step *removed;
};

/** One container that a service is to have. */
struct reconcile_slot {
    int64_t number;
    const char *name;                           /* as it is called at the end */
    const struct observed_container *container; /* NULL: created by this plan */
    struct step_value id;
    struct step *ready;   /* create, rename, reconnect: before the start */
    struct step *started; /* the start, or its last hook; NULL: runs already, or is not started */
    struct step *stopped; /* stopped by this plan and to be started again */
    bool runs;
};

struct reconcile_service {
    const struct wanted_service *wanted;
    struct reconcile_image *image; /* NULL for providers */
    struct reconcile_slot *slots;
    size_t slot_count;
    bool target;
    bool replaced;             /* some container gets another id */
    const char *hash, *hash_2; /* with references resolved; NULL when an id is not known yet */
    struct pairs references;   /* service -> id, of those that it names and that are known */
};

struct reconcile {
    struct plan *plan;
    struct arena *arena;
    const struct wanted *wanted;
    const struct observed *observed;
    const struct reconcile_options *options;
    const struct spec_project *project;
    struct reconcile_image *images;
    size_t image_count;
    struct reconcile_network *networks;
    size_t network_count;
    struct reconcile_volume *volumes;
    size_t volume_count;
    struct reconcile_service *services; /* in the order of wanted */
    size_t service_count;
    const char *salt; /* of digests of secrets; NULL until it is needed */
};

static inline const struct spec_service *reconcile_model(const struct reconcile_service *service)
{
    return service->wanted->service;
}

void reconcile_images(struct reconcile *r);
/** With `explain`: note the builds whose images are kept. */
void reconcile_note_built(struct reconcile *r);
/** Does an image that is pulled or built first decide about existing containers? Adds the needs and what is unknown. */
bool reconcile_awaits_images(struct reconcile *r);
/** With `explain`: add the attributes that differ to the reasons of `step`. */
void reconcile_explain(struct reconcile *r, const struct reconcile_service *service,
                       const struct observed_container *container, struct step *step);
void reconcile_explain_network(struct reconcile *r, const struct reconcile_network *entry,
                               const struct engine_network *have, const char *hash,
                               struct step *step);
void reconcile_explain_volume(struct reconcile *r, const struct reconcile_volume *entry,
                              const struct engine_volume *have, const char *hash,
                              struct step *step);
bool reconcile_networks(struct reconcile *r, struct error *err) WARN_UNUSED;
bool reconcile_volumes(struct reconcile *r, struct error *err) WARN_UNUSED;
bool reconcile_service_containers(struct reconcile *r, struct reconcile_service *service,
                                  struct error *err) WARN_UNUSED;

/* Does a container fit (reconcile_fit.c)? */

/** By this command's policy; otherwise why not. */
bool reconcile_stays(struct reconcile *r, const struct reconcile_service *service,
                     const struct observed_container *container, struct step_reason *ret_reason);
/** By what it is like alone. */
bool reconcile_is_current(struct reconcile *r, const struct reconcile_service *service,
                          const struct observed_container *container,
                          struct step_reason *ret_reason);
/** Was it created from this configuration? */
bool reconcile_fits_hash(const struct reconcile_service *service,
                         const struct observed_container *container);
const struct engine_container_network *
reconcile_endpoint(const struct observed_container *container, const char *name);
bool reconcile_is_attached(const struct observed_container *container,
                           const struct reconcile_network *network);
bool reconcile_has_volume(const struct observed_container *container, const char *name);

/** The inspections of a container and of its image; false when they are asked for first. */
bool reconcile_is_known(struct reconcile *r, const struct observed_container *container,
                        struct span *ret_image);

/* What providers and models hand out, in a preview (reconcile_provided.c). */

/** The service with what its container seems to have got from them; itself when nothing hands out anything. */
const struct spec_service *reconcile_provided(struct reconcile *r,
                                              const struct reconcile_service *service,
                                              const struct observed_container *container);
/** Does a container of a service that gets variables fit if it gets the same? Says so in the plan. */
bool reconcile_fits_provided(struct reconcile *r, const struct reconcile_service *service,
                             const struct observed_container *container);
/** Say what will be run. */
void reconcile_tell_provided(struct reconcile *r);

/* Contents of configs and secrets (reconcile_content.c). */

/** Value of the label, or NULL. */
const char *reconcile_content_label(struct reconcile *r, const struct reconcile_service *service);
bool reconcile_fits_content(struct reconcile *r, const struct reconcile_service *service,
                            const struct observed_container *container,
                            struct step_reason *ret_reason);
/** Once the service's slots are decided. */
void reconcile_warn_of_unknown_content(struct reconcile *r,
                                       const struct reconcile_service *service);
/** The step fails without a request when the container would have to do without a variable that is not set. */
void reconcile_refuse_missing(struct reconcile *r, const struct reconcile_service *service,
                              struct step *step);

/** Containers of services that the files do not have (reconcile_orphans.c). */
void reconcile_orphans(struct reconcile *r);

/* Make one (reconcile_create.c). */

/** Containers of the services that this one names by `service:x`; `ret_known`: those whose id is known now. */
bool reconcile_references(struct reconcile *r, struct reconcile_service *service,
                          struct step_reference **ret_references, size_t *ret_count,
                          struct pairs *ret_known, struct error *err) WARN_UNUSED;
/** The images that it mounts, and the step that makes one of them (NULL: all are here). */
struct step_mounted_image *reconcile_mounted_images(struct reconcile *r,
                                                    const struct spec_service *model,
                                                    size_t *ret_count, struct step **ret_made);
/** Its links as the engine takes them; `step` waits until the containers exist. */
void reconcile_links(struct reconcile *r, struct reconcile_service *service, int64_t number,
                     struct step *step, struct strings *links);
/** Create the slot's container as `created_name`; sets the slot's id and what is ready. */
bool reconcile_add_create(struct reconcile *r, struct reconcile_service *service,
                          struct reconcile_slot *slot, const char *created_name,
                          struct step **ret_create, struct error *err) WARN_UNUSED;

/** Volumes of `old` that the container of `create` takes over (reconcile_carry.c). */
void reconcile_carry_volumes(struct reconcile *r, const struct spec_service *model,
                             const struct observed_container *old, struct step_create *create);

/* Put another in its place (reconcile_replace.c). */

bool reconcile_replace(struct reconcile *r, struct reconcile_service *service,
                       struct reconcile_slot *slot, const struct step_reason *why,
                       struct error *err) WARN_UNUSED;
/** When a volume of it is made anew: it goes first. */
bool reconcile_replace_with_volume(struct reconcile *r, struct reconcile_service *service,
                                   struct reconcile_slot *slot, const struct step_reason *why,
                                   struct error *err) WARN_UNUSED;
bool reconcile_uses_replaced_volume(struct reconcile *r,
                                    const struct observed_container *container);
/**
 * Does a replacement that an interrupted run left win over the container that it was to replace? By the model, or, for
 * commands that do not compare with the model, when it alone runs.
 */
typedef bool reconcile_wins_fn(struct reconcile *r, const struct reconcile_service *service,
                               const struct observed_container *replacement,
                               const struct observed_container *old);
reconcile_wins_fn reconcile_wins_by_model;
reconcile_wins_fn reconcile_wins_by_state;
/**
 * Two containers for one place, left by an interrupted run: one goes, and leaves `list`. Returns the removal of the
 * old one when its replacement wins (`*ret_winner`), else NULL.
 */
struct step *reconcile_settle_replacements(struct reconcile *r, struct reconcile_service *service,
                                           const struct observed_container **list, size_t *count,
                                           reconcile_wins_fn *wins,
                                           const struct observed_container **ret_winner);
/** A container that was left under a replacement's name gets its own, after `gone`. */
void reconcile_finish_name(struct reconcile *r, struct reconcile_slot *slot, struct step *gone);
/** Stop it, after `before` and once in a plan; those that asked to be restarted with it are stopped before. */
struct step *reconcile_stop_once(struct reconcile *r, const struct reconcile_service *service,
                                 const struct observed_container *container, struct step *before);

/* Leave and join networks (reconcile_rejoin.c). */

/** A container that stays: leave networks that are replaced or went away, join those of the same name. */
void reconcile_rejoin_networks(struct reconcile *r, struct reconcile_service *service,
                               struct reconcile_slot *slot);
/** Is it on this network, as it is before the replacement? */
bool reconcile_is_on_replaced(const struct observed_container *container,
                              const struct reconcile_network *network);
/** On any such network? */
bool reconcile_is_displaced(struct reconcile *r, const struct observed_container *container);
/** Take it off these networks after `stop`; their removal waits for it. */
void reconcile_leave_replaced(struct reconcile *r, const struct observed_container *container,
                              struct step *stop);
/** `start` of a stopped container: where another network has the name of one that is gone, join that as it was. */
void reconcile_reconnect(struct reconcile *r, struct reconcile_service *service,
                         struct reconcile_slot *slot);

/**
 * The removal of a network or volume that is replaced waits for everybody who is on it or has it mounted. Error: one of
 * them is not looked after by this plan.
 */
bool reconcile_free_replaced(struct reconcile *r, struct error *err) WARN_UNUSED;

/* Who restarts with another one (reconcile_related.c). */

/** The step that stops this container, or NULL. */
struct step *reconcile_find_stop(struct reconcile *r, const struct observed_container *container);
/** Services that restart with this one stop before its container does; they start again in the order of all starts. */
void reconcile_stop_dependents(struct reconcile *r, const struct reconcile_service *service,
                               struct step *before_this);
/** Running containers in the network namespace of one that is started again have lost their network: they restart. */
void reconcile_restart_joined(struct reconcile *r);

/** `run`: the container of its own kind, made when the service's dependencies are as they should be. */
bool reconcile_one_off(struct reconcile *r, struct error *err) WARN_UNUSED;
bool reconcile_starts(struct reconcile *r, struct error *err) WARN_UNUSED;
/** What a service's containers wait for before they start: starts and waits of its dependencies. */
bool reconcile_prerequisites(struct reconcile *r, const struct reconcile_service *service,
                             struct step ***ret_steps, size_t *ret_count,
                             struct error *err) WARN_UNUSED;
/** --wait: one wait for each service, after everything. */
void reconcile_final_waits(struct reconcile *r);

struct reconcile_service *reconcile_find_service(struct reconcile *r, const char *name);
struct reconcile_network *reconcile_find_network(struct reconcile *r, const char *key);
struct reconcile_volume *reconcile_find_volume(struct reconcile *r, const char *key);
/** As one who asks for this platform finds it; "" takes any. */
struct reconcile_image *reconcile_find_image(struct reconcile *r, const char *reference,
                                             const char *platform);

/* Pieces used by several commands. */
const char *reconcile_container_id_line(struct arena *arena,
                                        const char *name); /* "Container NAME" */
/** A stop that serves another change: pre_stop hooks run before it, but one that fails or hangs is only a warning. */
struct step *reconcile_add_stop(struct plan *plan, const struct observed_container *container,
                                const struct spec_service *service, bool has_timeout,
                                int64_t timeout_s, struct step *before);
/** A stop that the command is for: a hook that fails, fails it. */
struct step *reconcile_add_asked_stop(struct plan *plan, const struct observed_container *container,
                                      const struct spec_service *service, bool has_timeout,
                                      int64_t timeout_s);
/** A pre_start container that a killed run left before its start. */
void reconcile_remove_hook(struct plan *plan, const struct observed_container *hook);
/** pre_stop hooks of a running container, in order; the last one, or `before` when there is none. */
struct step *reconcile_add_hooks(struct plan *plan, const struct spec_hook_list *hooks,
                                 const char *kind, const struct spec_service *service,
                                 const char *container_name, struct step_value container,
                                 struct step *before);
/** Start one container: files in, start, post_start hooks. Returns the last step. */
struct step *reconcile_add_start(struct plan *plan, const struct wanted *wanted,
                                 const struct wanted_service *service, const char *container_name,
                                 struct step_value container, struct step *const *before,
                                 size_t before_count, struct error *err) WARN_UNUSED;
bool reconcile_is_up(const struct observed_container *container);     /* running or about to be */
bool reconcile_is_active(const struct observed_container *container); /* up or paused */
/** The step of this kind for a container that exists, or NULL. */
struct step *reconcile_find_step(struct reconcile *r, enum step_kind kind,
                                 const char *container_id);
/** The containers of a service, replicas in order of number, one-offs only if asked. */
size_t reconcile_containers_of(struct arena *arena, const struct observed *observed,
                               const char *service, bool one_offs,
                               const struct observed_container ***ret_list);
/** The id of the first container by name, for references, or NULL. */
const struct observed_container *reconcile_first_container(const struct observed *observed,
                                                           const char *service);
