/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/json_writer.h"
#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/node.h"
#include "spec/project.h"

#define SECCOMP "seccomp="

/* JSON without the white space between its tokens. */
static const char *compact(struct arena *arena, const struct text *json)
{
    char *out = arena_alloc(arena, json->length + 1);
    size_t length = 0;
    bool quoted = false;

    for (size_t i = 0; i < json->length; i++) {
        char c = json->bytes[i];

        if (quoted && c == '\\' && i + 1 < json->length) {
            out[length++] = c;
            out[length++] = json->bytes[++i];
            continue;
        }
        if (c == '"')
            quoted = !quoted;
        if (quoted || !strchr(" \t\r\n", c))
            out[length++] = c;
    }
    return out;
}

static const char *read_profile(struct arena *arena, const struct translate_container *in,
                                const char *file, struct error *err)
{
    const char *directory = in->project->load ? in->project->load->working_dir : ".";
    const char *path = path_join(arena, directory, file);
    CLEANUP(text_finish) struct text content;

    text_init(&content, LIMIT_FILE_BYTES);
    if (!file_read_whole(path, &content, err)) {
        (void)error_wrap(err, "opening seccomp profile (%s) failed", file);
        (void)error_place(err, spec_node_place(in->service->node));
        return NULL;
    }
    return compact(arena, &content);
}

/* False: err is set. `*ret_option` stays NULL for an option that is told in another way. */
static bool security_option(struct arena *arena, const struct translate_container *in,
                            const char *option, const char **ret_option, bool *unconfined,
                            struct error *err)
{
    const char *profile;

    if (strcmp(option, "systempaths=unconfined") == 0) {
        *unconfined = true;
        return true;
    }
    *ret_option = option;
    if (!strchr(option, '=') && !strchr(option, ':')) {
        if (strcmp(option, "no-new-privileges") != 0)
            return error_set_at(err, ERROR_INPUT, spec_node_place(in->service->node),
                                "invalid security-opt: \"%s\"", option);
        return true;
    }
    if ((text_starts_with(option, SECCOMP) || text_starts_with(option, "seccomp:")) &&
        strcmp(option + strlen(SECCOMP), "unconfined") != 0 &&
        strcmp(option + strlen(SECCOMP), "builtin") != 0) {
        profile = read_profile(arena, in, option + strlen(SECCOMP), err);
        if (!profile)
            return false;
        *ret_option = arena_printf(arena, SECCOMP "%s", profile);
    }
    return true;
}

bool translate_security(struct json_writer *json, const struct translate_container *in,
                        struct error *err)
{
    const struct strings *options = &in->service->security_opt;
    struct arena *arena = arena_create();
    struct strings list = {0};
    bool unconfined = false, good = true;

    for (size_t i = 0; good && i < options->count; i++) {
        const char *option = NULL;

        good = security_option(arena, in, options->items[i], &option, &unconfined, err);
        if (good && option)
            strings_add(&list, arena, option);
    }
    if (good) {
        translate_strings(json, "SecurityOpt", &list);
        for (size_t i = 0; unconfined && i < 2; i++) {
            json_key(json, i == 0 ? "MaskedPaths" : "ReadonlyPaths");
            json_array_open(json);
            json_array_close(json);
        }
    }
    arena_destroy(arena);
    return good;
}
