/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/contents.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/digest.h"
#include "spec/hash.h"
#include "spec/node.h"
#include "spec/project.h"

#define SALT_KEY "salt"

enum { CONFIG_DIGITS = 16 };

/* In the order of the project's own lists. */
struct contents {
    struct content *configs, *secrets;
    size_t config_count, secret_count;
};

static void read_file(struct arena *arena, struct content *content, const char *path)
{
    struct error failure;
    char *message;

    error_init(&failure);
    content->is_mounted = true;
    if (!spec_digest_file(arena, path, LIMIT_CONTENT_BYTES, &content->sha256, &failure)) {
        message = error_message(&failure);
        content->problem = arena_strdup(arena, message);
        free(message);
    }
    error_finish(&failure);
}

static void take_value(struct arena *arena, struct content *content, const char *value,
                       const char *variable)
{
    if (value)
        content->sha256 = spec_sha256_hex(arena, value, strlen(value));
    else if (variable && *variable)
        content->problem =
            arena_printf(arena, "environment variable \"%s\" required by %s \"%s\" is not set",
                         variable, content->is_secret ? "secret" : "config", content->name);
}

static void find_place(struct content *content, const struct spec_node *definition)
{
    static const char *const attributes[] = {"file", "environment", "content"};

    if (!definition)
        return;
    content->place = spec_node_place(definition);
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        const struct spec_node *node = spec_node_get(definition, attributes[i]);

        if (node) {
            content->place = spec_node_place(node);
            return;
        }
    }
}

static void read_config(struct arena *arena, struct content *content, const char *name,
                        const struct spec_config *config)
{
    const char *value = config->content && *config->content ? config->content : config->value;

    *content = (struct content){.arena = arena, .name = name};
    find_place(content, config->node);
    if (config->external)
        return;
    if (config->file && *config->file)
        read_file(arena, content, config->file);
    else
        take_value(arena, content, value, config->environment);
}

static void read_secret(struct arena *arena, struct content *content, const char *name,
                        const struct spec_secret *secret)
{
    *content = (struct content){.arena = arena, .name = name, .is_secret = true};
    find_place(content, secret->node);
    if (secret->external)
        return;
    if (secret->file && *secret->file)
        read_file(arena, content, secret->file);
    else
        take_value(arena, content, secret->content, secret->environment);
}

static bool is_used(const struct spec_project *project, const char *name, bool is_secret)
{
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;
        const struct spec_file_ref_list *refs = is_secret ? &service->secrets : &service->configs;

        for (size_t j = 0; j < refs->count; j++)
            if (strcmp(refs->items[j]->source, name) == 0)
                return true;
    }
    return false;
}

struct contents *contents_read(struct arena *arena, const struct spec_project *project)
{
    struct contents *contents = arena_alloc(arena, sizeof(*contents));

    contents->configs = arena_array(arena, project->configs.count, sizeof(*contents->configs));
    contents->secrets = arena_array(arena, project->secrets.count, sizeof(*contents->secrets));
    for (size_t i = 0; i < project->configs.count; i++)
        if (is_used(project, project->configs.items[i].key, false))
            read_config(arena, &contents->configs[contents->config_count++],
                        project->configs.items[i].key, project->configs.items[i].value);
    for (size_t i = 0; i < project->secrets.count; i++)
        if (is_used(project, project->secrets.items[i].key, true))
            read_secret(arena, &contents->secrets[contents->secret_count++],
                        project->secrets.items[i].key, project->secrets.items[i].value);
    return contents;
}

static void add_refs(struct content_list *list, const struct spec_file_ref_list *refs,
                     struct content *all, size_t count)
{
    for (size_t i = 0; i < refs->count; i++)
        for (size_t j = 0; j < count; j++) {
            bool again = false;

            if (strcmp(all[j].name, refs->items[i]->source) != 0)
                continue;
            for (size_t k = 0; k < list->count; k++)
                again = again || list->items[k] == &all[j];
            if (!again)
                list->items[list->count++] = &all[j];
            break;
        }
}

struct content_list contents_of(struct arena *arena, struct contents *contents,
                                const struct spec_service *service)
{
    size_t most = service->configs.count + service->secrets.count;
    struct content_list list = {.items = arena_array(arena, most, sizeof(struct content *))};

    add_refs(&list, &service->configs, contents->configs, contents->config_count);
    add_refs(&list, &service->secrets, contents->secrets, contents->secret_count);
    return list;
}

const char *contents_new_salt(struct arena *arena)
{
    return spec_digest_salt(arena);
}

/* The value of an entry of a label, or NULL. */
static const char *entry_of(struct arena *arena, const char *label, const char *key)
{
    size_t key_length = strlen(key);

    for (const char *at = label; *at;) {
        size_t length = strcspn(at, " ");

        if (length > key_length && at[key_length] == '=' && strncmp(at, key, key_length) == 0)
            return arena_strndup(arena, at + key_length + 1, length - key_length - 1);
        at += length;
        at += *at == ' ';
    }
    return NULL;
}

const char *contents_salt(struct arena *arena, const char *label)
{
    return entry_of(arena, label, SALT_KEY);
}

static const char *key_of(struct arena *arena, const struct content *content)
{
    return arena_printf(arena, "%s/%s", content->is_secret ? "secret" : "config", content->name);
}

static const char *digest_of(struct content *content, const char *salt)
{
    if (!content->is_secret)
        return arena_strndup(content->arena, content->sha256, CONFIG_DIGITS);
    if (!content->salt || strcmp(content->salt, salt) != 0) {
        content->salt = arena_strdup(content->arena, salt);
        content->salted = spec_digest_secret(content->arena, content->sha256, salt);
    }
    return content->salted;
}

const char *contents_label(struct arena *arena, const struct content_list *list, const char *salt)
{
    struct strings entries = {0};
    bool salted = false;

    for (size_t i = 0; i < list->count; i++) {
        struct content *content = list->items[i];

        if (!content->sha256)
            continue;
        if (content->is_secret && !salted) {
            strings_add(&entries, arena, arena_printf(arena, SALT_KEY "=%s", salt));
            salted = true;
        }
        strings_add(&entries, arena,
                    arena_printf(arena, "%s=%s", key_of(arena, content), digest_of(content, salt)));
    }
    return entries.count > 0 ? strings_join(&entries, arena, " ") : NULL;
}

struct content_list contents_changed(struct arena *arena, const struct content_list *list,
                                     const char *label)
{
    struct content_list changed = {.items =
                                       arena_array(arena, list->count, sizeof(struct content *))};
    const char *salt = contents_salt(arena, label);

    for (size_t i = 0; i < list->count; i++) {
        struct content *content = list->items[i];
        const char *recorded =
            content->sha256 ? entry_of(arena, label, key_of(arena, content)) : NULL;

        if (recorded && (!content->is_secret || salt) &&
            strcmp(recorded, digest_of(content, salt)) != 0)
            changed.items[changed.count++] = content;
    }
    return changed;
}
