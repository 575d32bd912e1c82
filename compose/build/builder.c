/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compose/build/bake_run.h"
#include "compose/cli_plugin.h"
#include "compose/observe/observed.h"
#include "compose/session/child.h"
#include "compose/session/session.h"
#include "engine_client/client.h"
#include "engine_client/docker_config.h"
#include "engine_client/endpoint.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/model.h"

/* What the plugin said about itself. */
struct metadata {
    struct session *session;
    struct arena *arena;
    const char *version; /* "" when it said nothing */
    bool done;
};

static void on_metadata(void *owner, const struct child_end *end)
{
    struct metadata *metadata = owner;
    struct span version = engine_json_find(end->output, "Version");

    if (child_succeeded(end) && version.bytes)
        metadata->version = engine_json_text(metadata->arena, version);
    metadata->done = true;
    session_stop(metadata->session);
}

static bool ask_version(struct session *session, struct arena *arena, const struct builder *builder,
                        const char **ret_version, struct error *err)
{
    struct metadata metadata = {.session = session, .arena = arena, .version = ""};
    struct strings words = {0};
    const struct child_options options = {
        .program = builder->buildx,
        .arguments = &words,
        .environment = &builder->environment,
        .done = on_metadata,
        .owner = &metadata,
    };

    strings_add(&words, arena, "docker-cli-plugin-metadata");
    struct child *child = child_start(session_loop(session), &options);

    if (!session_run_until(session, &metadata.done, err)) {
        if (!metadata.done)
            child_signal(child, SIGKILL);
        session_drain(session, &metadata.done); /* its completion points to our frame */
        return false;
    }
    *ret_version = metadata.version;
    return true;
}

/* A version that is no version is a private build: take it. */
static bool is_new_enough(const char *text)
{
    struct cli_plugin_version version;

    return !cli_plugin_version_parse(text, &version) ||
           cli_plugin_version_is_at_least(&version, 0, 17, 0);
}

bool builder_find(struct session *session, struct arena *arena, struct builder *ret_builder,
                  struct error *err)
{
    const char *wish = getenv("DOCKER_BUILDKIT");
    struct builder builder = {.kind = BUILDER_CLASSIC};
    const struct docker_config *config;
    struct engine_client *client;
    const char *version;

    if (!session_client(session, &client, err))
        return false;
    config = session_docker_config(session);
    builder.proxies = config->proxies;
    if (!observe_negotiate(session, client, err))
        return false;
    if (wish && strcmp(wish, "0") == 0)
        builder.why_not_bake = "DOCKER_BUILDKIT=0 asks for the classic builder";
    else if (engine_client_is_podman(client))
        builder.why_not_bake = "Podman has no BuildKit";
    if (builder.why_not_bake) {
        *ret_builder = builder;
        return true;
    }
    builder.kind = BUILDER_BUILDKIT;
    builder.buildx = cli_plugin_find(arena, config, "buildx");
    cli_plugin_environment(arena, session_endpoint(session), &builder.environment);
    if (!builder.buildx) {
        builder.why_not_bake = "the buildx plugin is not installed";
    } else if (!ask_version(session, arena, &builder, &version, err)) {
        return false;
    } else if (!is_new_enough(version)) {
        builder.why_not_bake = arena_printf(arena, "%s is buildx %s, and 0.17.0 or later is needed",
                                            builder.buildx, version);
    } else {
        builder.kind = BUILDER_BAKE;
    }
    *ret_builder = builder;
    return true;
}

/* Inline cache is written by the engine itself; all else needs an exporter. */
static bool has_exported_cache(const struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], "inline") != 0 && strcmp(list->items[i], "type=inline") != 0)
            return true;
    return false;
}

/* Images can be used as cache by their name; other kinds need a session. */
static bool has_cache_kind(const struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_starts_with(list->items[i], "type=") &&
            !text_starts_with(list->items[i], "type=registry"))
            return true;
    return false;
}

static bool is_attestation(const char *value)
{
    return value && value[0] && strcmp(value, "false") != 0;
}

const char *builder_missing_feature(enum builder_kind kind, const struct spec_service *service)
{
    const struct spec_build *build = service->build;
    bool classic = kind == BUILDER_CLASSIC;

    if (kind == BUILDER_BAKE || !build)
        return NULL;
    if (build->platforms.count > 1)
        return "platforms";
    if (build->privileged)
        return "privileged";
    if (build->additional_contexts.count > 0)
        return "additional_contexts";
    if (build->ssh.count > 0)
        return "ssh";
    if (build->secrets.count > 0)
        return "secrets";
    if (classic)
        return NULL; /* the rest is ignored there, as in the reference */
    if (build->entitlements.count > 0)
        return "entitlements";
    if (has_exported_cache(&build->cache_to))
        return "cache_to";
    if (has_cache_kind(&build->cache_from))
        return "cache_from";
    if (build->no_cache_filter.count > 0)
        return "no_cache_filter";
    if (is_attestation(build->provenance))
        return "provenance";
    if (is_attestation(build->sbom))
        return "sbom";
    return NULL;
}
