/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/node.h"
#include "spec/project.h"

/* A mount is told in one of two ways: as a line of HostConfig.Binds, or as an object of HostConfig.Mounts. */
struct mount_lists {
    struct arena *arena;
    struct strings binds;
    struct strings targets;          /* taken by volumes: what comes later is left out */
    const struct spec_mount **items; /* for Mounts */
    size_t count, capacity;
};

const char *translate_secret_target(struct arena *arena, const struct spec_file_ref *ref)
{
    if (!ref->target || !*ref->target)
        return arena_printf(arena, "/run/secrets/%s", ref->source);
    if (ref->target[0] == '/')
        return ref->target;
    return arena_printf(arena, "/run/secrets/%s", ref->target);
}

const char *translate_config_target(struct arena *arena, const struct spec_file_ref *ref)
{
    if (!ref->target || !*ref->target)
        return arena_printf(arena, "/%s", ref->source);
    if (ref->target[0] == '/')
        return ref->target;
    return arena_printf(arena, "/%s", ref->target);
}

static bool is_type(const struct spec_mount *mount, const char *type)
{
    return mount->type && strcmp(mount->type, type) == 0;
}

bool translate_bind_needs_object(const struct spec_mount *mount)
{
    const struct spec_mount_bind *bind = mount->bind;

    return bind && (!bind->create_host_path || (bind->propagation && *bind->propagation) ||
                    (bind->recursive && *bind->recursive));
}

static bool volume_needs_object(const struct spec_mount *mount)
{
    const struct spec_mount_volume *volume = mount->volume;

    return volume &&
           (volume->nocopy || volume->labels.count > 0 || (volume->subpath && *volume->subpath));
}

static const char *bind_line(struct arena *arena, const char *source,
                             const struct spec_mount *mount)
{
    const char *selinux = mount->bind && mount->bind->selinux ? mount->bind->selinux : "";
    const char *propagation =
        mount->bind && mount->bind->propagation ? mount->bind->propagation : "";

    return arena_printf(arena, "%s:%s:%s%s%s%s%s%s", source, mount->target,
                        mount->read_only ? "ro" : "rw", *selinux ? "," : "", selinux,
                        *propagation ? "," : "", propagation,
                        mount->volume && mount->volume->nocopy ? ",nocopy" : "");
}

/* The engine's name of the volume that a mount names. */
static const char *volume_name(const struct spec_project *project, const struct spec_mount *mount)
{
    const struct spec_volume *volume =
        mount->source ? spec_project_volume(project, mount->source) : NULL;

    return volume && volume->name ? volume->name : mount->source;
}

static void write_volume_options(struct json_writer *json, const struct spec_mount_volume *volume)
{
    json_key(json, "VolumeOptions");
    json_object_open(json);
    translate_member_true(json, "NoCopy", volume->nocopy);
    translate_map(json, "Labels", &volume->labels);
    translate_member(json, "Subpath", volume->subpath);
    json_object_close(json);
}

static void write_bind_options(struct json_writer *json, const struct spec_mount_bind *bind)
{
    const char *recursive = bind->recursive ? bind->recursive : "";

    json_key(json, "BindOptions");
    json_object_open(json);
    translate_member(json, "Propagation", bind->propagation);
    translate_member_true(json, "CreateMountpoint", bind->create_host_path);
    translate_member_true(json, "NonRecursive", strcmp(recursive, "disabled") == 0);
    translate_member_true(json, "ReadOnlyNonRecursive", strcmp(recursive, "writable") == 0);
    translate_member_true(json, "ReadOnlyForceRecursive", strcmp(recursive, "readonly") == 0);
    json_object_close(json);
}

static void write_mount(struct json_writer *json, const struct spec_project *project,
                        const struct spec_mount *mount)
{
    json_object_open(json);
    json_member_string(json, "Type", mount->type);
    translate_member(json, "Source",
                     is_type(mount, "volume") ? volume_name(project, mount) : mount->source);
    translate_member(json, "Target", mount->target);
    translate_member_true(json, "ReadOnly", mount->read_only);
    translate_member(json, "Consistency", mount->consistency);
    if (is_type(mount, "bind") && mount->bind)
        write_bind_options(json, mount->bind);
    if (is_type(mount, "volume") && mount->volume)
        write_volume_options(json, mount->volume);
    if (is_type(mount, "tmpfs") && mount->tmpfs) {
        json_key(json, "TmpfsOptions");
        json_object_open(json);
        translate_member_int(json, "SizeBytes", mount->tmpfs->size);
        translate_member_int(json, "Mode", mount->tmpfs->mode);
        json_object_close(json);
    }
    if (is_type(mount, "image") && mount->image) {
        json_key(json, "ImageOptions");
        json_object_open(json);
        translate_member(json, "Subpath", mount->image->subpath);
        json_object_close(json);
    }
    json_object_close(json);
}

static void warn_misplaced_options(const struct spec_mount *mount, struct warnings *warnings)
{
    const struct {
        const char *type, *option;
        bool present;
    } checks[] = {
        {"bind", "bind", mount->bind},
        {"volume", "volume", mount->volume},
        {"tmpfs", "tmpfs", mount->tmpfs},
        {"image", "image", mount->image},
    };

    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (checks[i].present && !is_type(mount, checks[i].type))
            warnings_add(warnings, spec_node_place(mount->node),
                         "mount of type `%s` should not define `%s` option", mount->type,
                         checks[i].option);
}

static void add_object(struct mount_lists *lists, const struct spec_mount *mount)
{
    lists->items = arena_grow(lists->arena, lists->items, &lists->capacity, lists->count + 1,
                              sizeof(*lists->items));
    lists->items[lists->count++] = mount;
}

static bool add_mount(struct mount_lists *lists, const struct translate_container *in,
                      const struct spec_mount *mount, struct warnings *warnings, struct error *err)
{
    const char *source = mount->source ? mount->source : "";

    warn_misplaced_options(mount, warnings);
    strings_add(&lists->targets, lists->arena, mount->target ? mount->target : "");
    if (is_type(mount, "image") && in->api_minor < TRANSLATE_API_IMAGE_MOUNTS)
        return error_set_at(err, ERROR_INPUT, spec_node_place(mount->node),
                            "volume with type=image require Docker Engine v28 or later");
    if (is_type(mount, "bind") && !translate_bind_needs_object(mount))
        strings_add(&lists->binds, lists->arena, bind_line(lists->arena, source, mount));
    else if (is_type(mount, "volume") && *source && spec_project_volume(in->project, source) &&
             !volume_needs_object(mount))
        strings_add(&lists->binds, lists->arena,
                    bind_line(lists->arena, volume_name(in->project, mount), mount));
    else
        add_object(lists, mount);
    return true;
}

static void add_carried(struct mount_lists *lists, const struct translate_carried *carried)
{
    struct spec_mount *mount = arena_alloc(lists->arena, sizeof(*mount));

    mount->type = "volume";
    mount->source = carried->volume;
    mount->target = carried->target;
    mount->read_only = carried->read_only;
    strings_add(&lists->targets, lists->arena, carried->target);
    add_object(lists, mount);
}

/* A secret or config that comes from a file is a read-only bind mount of that file. */
static void add_file(struct mount_lists *lists, const char *kind, const struct spec_file_ref *ref,
                     const char *file, const char *target, struct warnings *warnings)
{
    struct spec_mount *mount;

    if (strings_contain(&lists->targets, target))
        return;
    if ((ref->uid && *ref->uid) || (ref->gid && *ref->gid) || ref->mode.set)
        warnings_add(warnings, spec_node_place(ref->node),
                     "%s `uid`, `gid` and `mode` are not supported, they will be ignored", kind);
    strings_add(&lists->targets, lists->arena, target);
    mount = arena_alloc(lists->arena, sizeof(*mount));
    mount->type = "bind";
    mount->source = file;
    mount->target = target;
    mount->read_only = true;
    mount->bind = arena_alloc(lists->arena, sizeof(*mount->bind));
    add_object(lists, mount);
}

static bool add_secret(struct mount_lists *lists, const struct translate_container *in,
                       const struct spec_file_ref *ref, struct warnings *warnings,
                       struct error *err)
{
    const struct spec_secret *secret = spec_project_secret(in->project, ref->source);
    struct place place = spec_node_place(ref->node);

    if (!secret)
        return error_set_at(err, ERROR_INPUT, place, "unsupported external secret %s", ref->source);
    if (secret->external)
        return error_set_at(err, ERROR_INPUT, place, "unsupported external secret %s",
                            secret->name && *secret->name ? secret->name : ref->source);
    if (secret->driver && *secret->driver)
        return error_set_at(err, ERROR_INPUT, place,
                            "Docker Compose does not support secrets.*.driver");
    if (secret->template_driver && *secret->template_driver)
        return error_set_at(err, ERROR_INPUT, place,
                            "Docker Compose does not support secrets.*.template_driver");
    if (!secret->file || !*secret->file)
        return true; /* copied into the container before it starts */
    if (access(secret->file, F_OK) != 0)
        warnings_add(warnings, place, "secret file %s does not exist", ref->source);
    add_file(lists, "secrets", ref, secret->file, translate_secret_target(lists->arena, ref),
             warnings);
    return true;
}

static bool add_config(struct mount_lists *lists, const struct translate_container *in,
                       const struct spec_file_ref *ref, struct warnings *warnings,
                       struct error *err)
{
    const struct spec_config *config = spec_project_config(in->project, ref->source);
    struct place place = spec_node_place(ref->node);

    if (!config)
        return true; /* made by use_api_socket: copied in before the start */
    if (config->external)
        return error_set_at(err, ERROR_INPUT, place, "unsupported external config %s",
                            config->name && *config->name ? config->name : ref->source);
    if (config->template_driver && *config->template_driver)
        return error_set_at(err, ERROR_INPUT, place,
                            "Docker Compose does not support configs.*.template_driver");
    if (!config->file || !*config->file)
        return true;
    add_file(lists, "config", ref, config->file, translate_config_target(lists->arena, ref),
             warnings);
    return true;
}

static bool collect(struct mount_lists *lists, const struct translate_container *in,
                    struct warnings *warnings, struct error *err)
{
    const struct spec_service *service = in->service;

    for (size_t i = 0; i < in->carried_count; i++)
        add_carried(lists, &in->carried[i]);
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (in->carried_count > 0 && mount->target &&
            strings_contain(&lists->targets, mount->target))
            continue; /* an anonymous volume whose content is carried over */
        if (!add_mount(lists, in, mount, warnings, err))
            return false;
    }
    for (size_t i = 0; i < service->secrets.count; i++)
        if (!add_secret(lists, in, service->secrets.items[i], warnings, err))
            return false;
    for (size_t i = 0; i < service->configs.count; i++)
        if (!add_config(lists, in, service->configs.items[i], warnings, err))
            return false;
    return true;
}

bool translate_mounts(struct json_writer *json, const struct translate_container *in,
                      struct warnings *warnings, struct error *err)
{
    struct mount_lists lists = {.arena = arena_create()};
    bool good = collect(&lists, in, warnings, err);

    if (good) {
        translate_strings(json, "Binds", &lists.binds);
        if (lists.count > 0) {
            json_key(json, "Mounts");
            json_array_open(json);
            for (size_t i = 0; i < lists.count; i++)
                write_mount(json, in->project, lists.items[i]);
            json_array_close(json);
        }
    }
    arena_destroy(lists.arena);
    return good;
}
