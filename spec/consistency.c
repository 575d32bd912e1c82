/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/consistency.h"

#include <string.h>

#include "spec/base/index.h"
#include "spec/base/span.h"
#include "spec/base/suggest.h"
#include "spec/consistency_check.h"

#define INVALID ": invalid compose project"

struct place consistency_place(const struct spec_service *service, const char *attribute)
{
    const struct spec_node *node = spec_node_get(service->node, attribute);

    return spec_node_place(node ? node : service->node);
}

/* Where `key` of a map or list of names stands: the item, not the whole attribute. */
static struct place name_place(const struct spec_service *service, const char *attribute,
                               const char *key)
{
    const struct spec_member *member =
        spec_node_member(spec_node_get(service->node, attribute), key);

    if (!member)
        return consistency_place(service, attribute);
    return member->place.file ? member->place : spec_node_place(member->value);
}

/* What is not declared at the top level: perhaps something of nearly that name is. */
static bool hint_name(struct error *err, const struct spec_project *project, const char *section,
                      const char *typed)
{
    const struct spec_node *names = spec_node_get(project->node, section);
    struct suggestion near = suggestion_for(typed);

    for (size_t i = 0; spec_node_is(names, SPEC_MAP) && i < names->map.count; i++)
        suggestion_consider(&near, names->map.items[i].key);
    if (near.best)
        return error_hint(err, "did you mean \"%s\"?", near.best);
    return strcmp(section, "services") == 0
               ? error_hint(err, "add it below `services:`, or remove what refers to it")
               : error_hint(err, "declare it at the top level: %s: {%s: {%s}}", section, typed,
                            strcmp(section, "secrets") == 0 || strcmp(section, "configs") == 0
                                ? "file: ..."
                                : "");
}

static bool has_text(const char *text)
{
    return text && text[0];
}

static bool check_source(const struct spec_service *service, struct error *err)
{
    const struct spec_build *build = service->build;

    if (!build && !has_text(service->image) && !service->provider) {
        (void)error_set_at(
            err, ERROR_INPUT, spec_node_place(service->node),
            "service \"%s\" has neither an image nor a build context specified" INVALID,
            service->name);
        return error_hint(err,
                          "give it an image to run, or `build` with the directory of a Dockerfile");
    }
    if (build && has_text(build->dockerfile) && has_text(build->dockerfile_inline))
        return error_set_at(
            err, ERROR_INPUT, consistency_place(service, "build"),
            "service \"%s\" declares mutualy exclusive dockerfile and dockerfile_inline" INVALID,
            service->name);
    return true;
}

static bool check_contexts(const struct spec_project *project, const struct spec_service *service,
                           struct error *err)
{
    const struct pairs *contexts = &service->build->additional_contexts;

    for (size_t i = 0; i < contexts->count; i++) {
        const char *context = contexts->items[i].value;
        const struct spec_service *other;

        if (!text_starts_with(context, "service:"))
            continue;
        context += strlen("service:");
        other = spec_project_service(project, context);
        if (!other)
            return error_set_at(
                err, ERROR_INPUT, consistency_place(service, "build"),
                "service \"%s\" declares unknown service \"%s\" as additional contexts %s",
                service->name, context, contexts->items[i].key);
        if (!other->build)
            return error_set_at(
                err, ERROR_INPUT, consistency_place(service, "build"),
                "service \"%s\" declares non-buildable service \"%s\" as additional contexts %s",
                service->name, context, contexts->items[i].key);
    }
    return true;
}

static bool check_build(const struct spec_project *project, const struct spec_service *service,
                        struct error *err)
{
    if (!service->build)
        return true;
    if (!check_contexts(project, service, err))
        return false;
    if (has_text(service->platform) && service->build->platforms.count > 0 &&
        !strings_contain(&service->build->platforms, service->platform))
        return error_set_at(err, ERROR_INPUT, consistency_place(service, "platform"),
                            "service.build.platforms MUST include service.platform \"%s\"" INVALID,
                            service->platform);
    return true;
}

static bool check_networks(const struct spec_project *project, const struct spec_service *service,
                           struct error *err)
{
    if (has_text(service->network_mode) && service->networks.count > 0) {
        (void)error_set_at(
            err, ERROR_INPUT, consistency_place(service, "network_mode"),
            "service %s declares mutually exclusive `network_mode` and `networks`" INVALID,
            service->name);
        return error_hint(err, "remove one of the two");
    }
    for (size_t i = 0; i < service->networks.count; i++) {
        const char *key = service->networks.items[i].key;

        if (spec_project_network(project, key))
            continue;
        (void)error_set_at(err, ERROR_INPUT, name_place(service, "networks", key),
                           "service \"%s\" refers to undefined network %s" INVALID, service->name,
                           key);
        return hint_name(err, project, "networks", key);
    }
    return true;
}

static bool check_health(const struct spec_service *service, struct error *err)
{
    const struct spec_node *written;
    const struct strings *test;

    if (!service->healthcheck || service->healthcheck->test.words.count == 0)
        return true;
    test = &service->healthcheck->test.words;
    if (strcmp(test->items[0], "CMD") == 0 || strcmp(test->items[0], "CMD-SHELL") == 0 ||
        strcmp(test->items[0], "NONE") == 0)
        return true;
    written = spec_node_get(service->healthcheck->node, "test");
    (void)error_set_at(err, ERROR_INPUT,
                       spec_node_place(written ? written : service->healthcheck->node),
                       "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"");
    return error_hint(err, "write [\"CMD\", \"%s\", ...], or the whole command as one text",
                      test->items[0]);
}

static bool check_dependencies(const struct spec_project *project,
                               const struct spec_service *service, struct error *err)
{
    for (size_t i = 0; i < service->depends_on.count; i++) {
        const struct spec_dependency_entry *entry = &service->depends_on.items[i];

        if (spec_project_service(project, entry->key))
            continue;
        if (spec_project_disabled(project, entry->key) && entry->value && !entry->value->required)
            continue;
        (void)error_set_at(err, ERROR_INPUT, name_place(service, "depends_on", entry->key),
                           "service \"%s\" depends on undefined service \"%s\"" INVALID,
                           service->name, entry->key);
        return spec_project_disabled(project, entry->key)
                   ? error_hint(err,
                                "its profiles are not active: add --profile, or `required: false`")
                   : hint_name(err, project, "services", entry->key);
    }
    if (has_text(service->network_mode) && text_starts_with(service->network_mode, "service:") &&
        !spec_project_service(project, service->network_mode + strlen("service:")))
        return error_set_at(err, ERROR_INPUT, consistency_place(service, "network_mode"),
                            "service \"%s\" not found for network_mode '%s'",
                            service->network_mode + strlen("service:"), service->network_mode);
    return true;
}

static bool check_volumes(const struct spec_project *project, const struct spec_service *service,
                          struct error *err)
{
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (!mount->type || strcmp(mount->type, "volume") != 0 || !has_text(mount->source) ||
            spec_project_volume(project, mount->source))
            continue;
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(mount->node),
                           "service \"%s\" refers to undefined volume %s" INVALID, service->name,
                           mount->source);
        return strchr(mount->source, '/')
                   ? error_hint(err, "a path begins with a slash or a dot: ./%s", mount->source)
                   : hint_name(err, project, "volumes", mount->source);
    }
    return true;
}

static bool check_file_refs(const struct spec_project *project, const struct spec_service *service,
                            const struct spec_file_ref_list *references, const char *what,
                            struct error *err)
{
    bool is_config = strcmp(what, "config") == 0;

    for (size_t i = 0; i < references->count; i++) {
        const char *source = references->items[i]->source ? references->items[i]->source : "";

        if (is_config ? spec_project_config(project, source) != NULL
                      : spec_project_secret(project, source) != NULL)
            continue;
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(references->items[i]->node),
                           "service \"%s\" refers to undefined %s %s" INVALID, service->name, what,
                           source);
        return hint_name(err, project, is_config ? "configs" : "secrets", source);
    }
    return true;
}

static bool check_references(const struct spec_project *project, const struct spec_service *service,
                             struct error *err)
{
    if (service->build &&
        !check_file_refs(project, service, &service->build->secrets, "build secret", err))
        return false;
    if (!check_volumes(project, service, err) ||
        !check_file_refs(project, service, &service->configs, "config", err) ||
        !check_file_refs(project, service, &service->secrets, "secret", err))
        return false;
    for (size_t i = 0; i < service->models.count; i++) {
        const char *key = service->models.items[i].key;

        if (spec_project_model(project, key))
            continue;
        (void)error_set_at(err, ERROR_INPUT, name_place(service, "models", key),
                           "service \"%s\" refers to undefined model %s" INVALID, service->name,
                           key);
        return hint_name(err, project, "models", key);
    }
    return true;
}

static bool check_service(const struct spec_project *project, const struct spec_service *service,
                          struct error *err)
{
    return check_source(service, err) && check_build(project, service, err) &&
           check_networks(project, service, err) && check_health(service, err) &&
           check_dependencies(project, service, err) && check_references(project, service, err) &&
           consistency_check_limits(service, err) && consistency_check_watch(service, err) &&
           consistency_check_targets(service, err);
}

static bool check_secrets(const struct spec_project *project, struct error *err)
{
    for (size_t i = 0; i < project->secrets.count; i++) {
        const struct spec_secret *secret = project->secrets.items[i].value;

        if (!secret->external && !has_text(secret->file) && !has_text(secret->environment))
            return error_set_at(err, ERROR_INPUT, spec_node_place(secret->node),
                                "secret \"%s\" must declare either `file` or `environment`" INVALID,
                                project->secrets.items[i].key);
    }
    return true;
}

static void settle_replicas(struct spec_service *service)
{
    if (service->scale.set && service->deploy)
        service->deploy->replicas = service->scale;
}

bool spec_consistency_check(const struct spec_project *project, struct error *err)
{
    struct error fault = {.kind = ERROR_NONE};

    for (size_t i = 0; i < project->services.count; i++)
        if (!check_service(project, project->services.items[i].value, &fault))
            (void)error_append(err, &fault);
    if (!check_secrets(project, &fault))
        (void)error_append(err, &fault);
    if (error_is_set(err) || !spec_dependency_cycle_check(project, err))
        return false;
    for (size_t i = 0; i < project->services.count; i++)
        settle_replicas(project->services.items[i].value);
    return true;
}

bool spec_container_names_check(const struct spec_project *project, struct error *err)
{
    struct arena *scratch = arena_create();
    struct index names = {0};
    bool good = true;

    for (size_t i = 0; good && i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;
        uint32_t other;

        if (!has_text(service->container_name))
            continue;
        other = index_find(&names, service->container_name);
        if (other != INDEX_NONE)
            good = error_set_at(
                err, ERROR_INPUT, consistency_place(service, "container_name"),
                "services.%s: container name \"%s\" is already in use by service %s\"",
                service->name, service->container_name, project->services.items[other].key);
        index_put(&names, scratch, service->container_name, i);
    }
    arena_destroy(scratch);
    return good;
}
