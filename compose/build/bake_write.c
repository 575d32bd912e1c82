/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/build/bake.h"
#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/project.h"

/* bake expands ${...} in what it reads: keep what is meant literally. */
static const char *escape(struct arena *arena, const char *value)
{
    struct text out;
    const char *escaped;

    if (!strstr(value, "${"))
        return value;
    text_init(&out, 0);
    for (; *value; value++) {
        if (value[0] == '$' && value[1] == '{')
            text_add_char(&out, '$');
        text_add_char(&out, *value);
    }
    escaped = arena_strndup(arena, out.bytes, out.length);
    text_finish(&out);
    return escaped;
}

/* The Dockerfile as an absolute path, symbolic links of its directory followed: bake resolves it from there. */
static const char *dockerfile_path(struct arena *arena, const struct spec_build *build)
{
    const char *path;
    char *directory;

    if (!build->dockerfile || !build->dockerfile[0] || bake_context_is_remote(build->context))
        return build->dockerfile;
    path = path_join(arena, build->context, build->dockerfile);
    directory = realpath(path_directory(arena, path), NULL);
    if (directory)
        path = path_join(arena, arena_strdup(arena, directory), path_base(arena, path));
    free(directory);
    return path;
}

static struct pairs contexts_of(struct arena *arena, const struct bake_file *file,
                                const struct spec_build *build)
{
    struct pairs contexts = {0};

    for (size_t i = 0; i < build->additional_contexts.count; i++) {
        const struct pair *context = &build->additional_contexts.items[i];
        const struct bake_target *target =
            text_starts_with(context->value, "service:")
                ? bake_target_of(file, context->value + strlen("service:"))
                : NULL;

        pairs_add(&contexts, arena, context->key,
                  target ? arena_printf(arena, "target:%s", target->name) : context->value);
    }
    return contexts;
}

static struct strings secrets_of(struct arena *arena, const struct bake_file *file,
                                 const struct spec_build *build)
{
    struct strings secrets = {0};

    for (size_t i = 0; i < build->secrets.count; i++) {
        const struct spec_file_ref *reference = build->secrets.items[i];
        const struct spec_secret *secret = spec_project_secret(file->project, reference->source);
        const char *id =
            reference->target && reference->target[0] ? reference->target : reference->source;

        if (secret && secret->environment && secret->environment[0])
            strings_add(&secrets, arena,
                        arena_printf(arena, "id=%s,type=env,env=%s", id, secret->environment));
        else if (secret && secret->file && secret->file[0])
            strings_add(&secrets, arena,
                        arena_printf(arena, "id=%s,type=file,src=%s", id, secret->file));
    }
    return secrets;
}

static struct strings ssh_of(struct arena *arena, const struct bake_file *file,
                             const struct spec_build *build)
{
    const struct pairs *sources[] = {&build->ssh, &file->options->ssh};
    struct strings keys = {0};

    for (size_t s = 0; s < COUNT_OF(sources); s++)
        for (size_t i = 0; i < sources[s]->count; i++)
            strings_add(&keys, arena,
                        arena_printf(arena, "%s=%s", sources[s]->items[i].key,
                                     sources[s]->items[i].value ? sources[s]->items[i].value : ""));
    return keys;
}

static struct strings ulimits_of(struct arena *arena, const struct spec_build *build)
{
    struct strings limits = {0};

    for (size_t i = 0; i < build->ulimits.count; i++) {
        const struct spec_ulimit *limit = build->ulimits.items[i].value;
        const char *name = build->ulimits.items[i].key;

        if (!limit)
            continue;
        strings_add(&limits, arena,
                    limit->single ? arena_printf(arena, "%s=%lld", name, (long long)limit->single)
                                  : arena_printf(arena, "%s=%lld:%lld", name,
                                                 (long long)limit->soft, (long long)limit->hard));
    }
    return limits;
}

static struct pairs hosts_of(struct arena *arena, const struct spec_build *build)
{
    struct pairs hosts = {0};

    for (size_t i = 0; i < build->extra_hosts.count; i++)
        pairs_add(&hosts, arena, build->extra_hosts.items[i].name,
                  strings_join(&build->extra_hosts.items[i].addresses, arena, ","));
    pairs_sort(&hosts);
    return hosts;
}

static struct strings outputs_of(struct arena *arena, const struct bake_file *file,
                                 const struct bake_target *target)
{
    const char *image = target->service->image;
    bool push = file->options->push && image && image[0];
    struct strings outputs = {0};

    if (file->options->check)
        return outputs;
    if (target->platforms.count > 1)
        strings_add(&outputs, arena, push ? "type=image,push=true" : "type=image,push=false");
    else
        strings_add(&outputs, arena, push ? "type=registry" : "type=docker");
    return outputs;
}

static void add_attestation(struct strings *list, struct arena *arena, const char *type,
                            const char *value)
{
    if (!value || !value[0] || strcmp(value, "false") == 0)
        return;
    strings_add(list, arena,
                strcmp(value, "true") == 0 ? arena_printf(arena, "type=%s", type)
                                           : arena_printf(arena, "type=%s,%s", type, value));
}

static void write_target(struct arena *arena, const struct bake_file *file,
                         const struct bake_target *target, struct json_writer *json)
{
    const struct bake_options *options = file->options;
    const struct spec_build *build = target->service->build;
    struct pairs contexts = contexts_of(arena, file, build), hosts = hosts_of(arena, build);
    struct pairs labels = bake_labels(arena, file->project, target->service);
    struct pairs arguments = bake_build_arguments(arena, file->project, build, options);
    struct strings tags = {0}, entitlements = {0}, attestations = {0};
    struct strings secrets = secrets_of(arena, file, build), ssh = ssh_of(arena, file, build);
    struct strings ulimits = ulimits_of(arena, build), outputs = outputs_of(arena, file, target);

    for (size_t i = 0; i < arguments.count; i++)
        arguments.items[i].value = escape(arena, arguments.items[i].value);
    for (size_t i = 0; i < build->tags.count; i++)
        strings_add(&tags, arena, build->tags.items[i]);
    strings_add(&tags, arena, target->image);
    for (size_t i = 0; i < build->entitlements.count; i++)
        strings_add(&entitlements, arena, build->entitlements.items[i]);
    if (build->privileged)
        strings_add(&entitlements, arena, "security.insecure");
    add_attestation(&attestations, arena, "provenance", build->provenance);
    add_attestation(&attestations, arena, "sbom", build->sbom);

    json_object_open(json);
    translate_member(json, "context", build->context);
    translate_map(json, "contexts", &contexts);
    translate_member(json, "dockerfile", dockerfile_path(arena, build));
    translate_member(json, "dockerfile-inline",
                     build->dockerfile_inline ? escape(arena, build->dockerfile_inline) : NULL);
    translate_map(json, "args", &arguments);
    translate_map(json, "labels", &labels);
    translate_strings(json, "tags", &tags);
    translate_strings(json, "cache-from", &build->cache_from);
    translate_strings(json, "cache-to", &build->cache_to);
    translate_member(json, "target", build->target);
    translate_strings(json, "secret", &secrets);
    translate_strings(json, "ssh", &ssh);
    translate_strings(json, "platforms", &target->platforms);
    translate_member_true(json, "pull", build->pull || options->pull);
    translate_member_true(json, "no-cache", build->no_cache || options->no_cache);
    translate_member(json, "network", build->network);
    translate_strings(json, "no-cache-filter", &build->no_cache_filter);
    if (build->shm_size > 0)
        json_member_string(json, "shm-size",
                           arena_printf(arena, "%lld", (long long)build->shm_size));
    translate_strings(json, "ulimits", &ulimits);
    translate_member(json, "call", options->check ? "lint" : NULL);
    translate_strings(json, "entitlements", &entitlements);
    translate_map(json, "extra-hosts", &hosts);
    translate_strings(json, "output", &outputs);
    translate_strings(json, "attest", &attestations);
    json_object_close(json);
}

void bake_write(struct arena *arena, const struct bake_file *file, struct text *out)
{
    struct json_writer json;

    json_begin(&json, out, 2);
    json_object_open(&json);
    json_key(&json, "group");
    json_object_open(&json);
    json_key(&json, "default");
    json_object_open(&json);
    json_key(&json, "targets");
    json_array_open(&json);
    for (size_t i = 0; i < file->target_count; i++)
        if (file->targets[i].wanted)
            json_string(&json, file->targets[i].name);
    json_array_close(&json);
    json_object_close(&json);
    json_object_close(&json);
    json_key(&json, "target");
    json_object_open(&json);
    for (size_t i = 0; i < file->target_count; i++) {
        json_key(&json, file->targets[i].name);
        write_target(arena, file, &file->targets[i], &json);
    }
    json_object_close(&json);
    json_object_close(&json);
    text_add_char(out, '\n');
}
