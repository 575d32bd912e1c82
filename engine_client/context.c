/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/context.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "engine_client/json_read.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"

static const char *digest_of(struct arena *arena, const char *name)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    struct text hex;
    const char *kept;

    if (!EVP_Digest(name, strlen(name), digest, &length, EVP_sha256(), NULL))
        fatal("SHA-256 is not available");
    text_init(&hex, 0);
    for (unsigned i = 0; i < length; i++)
        text_addf(&hex, "%02x", digest[i]);
    kept = arena_strdup(arena, hex.bytes);
    text_finish(&hex);
    return kept;
}

static const char *existing(struct arena *arena, const char *directory, const char *name)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);

    return access(path, F_OK) == 0 ? path : NULL;
}

static bool read_meta(struct arena *arena, struct span text, const char *name,
                      struct docker_context *ret_context, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(text, false, "context", err);
    const cJSON *docker = tree ? json_read_path(tree, "Endpoints.docker") : NULL;

    if (!tree)
        return error_set(err, ERROR_INPUT, "context \"%s\": meta.json is not valid JSON", name);
    ret_context->host = json_read_text(arena, docker, "Host");
    ret_context->skip_verify = json_read_bool(docker, "SkipTLSVerify");
    if (!*ret_context->host)
        return error_set(err, ERROR_INPUT, "context \"%s\": no docker endpoint is configured",
                         name);
    return true;
}

bool docker_context_load(struct arena *arena, const char *config_directory, const char *name,
                         struct docker_context *ret_context, struct error *err)
{
    const char *digest = digest_of(arena, name);
    const char *meta =
        arena_printf(arena, "%s/contexts/meta/%s/meta.json", config_directory, digest);
    const char *tls = arena_printf(arena, "%s/contexts/tls/%s/docker", config_directory, digest);
    CLEANUP(text_finish) struct text content;
    struct docker_context context = {0};

    text_init(&content, LIMIT_MESSAGE_BYTES);
    if (!file_read_whole(meta, &content, err)) {
        if (err->errno_value != ENOENT)
            return false;
        (void)error_set(err, ERROR_INPUT,
                        "context \"%s\": context not found: open %s: no such file or directory",
                        name, meta);
        return error_hint(err, "`docker context ls` shows the contexts there are");
    }
    if (!read_meta(arena, text_span(&content), name, &context, err))
        return false;
    context.ca_file = existing(arena, tls, "ca.pem");
    context.certificate_file = existing(arena, tls, "cert.pem");
    context.key_file = existing(arena, tls, "key.pem");
    context.has_tls = context.ca_file || context.certificate_file || context.key_file;
    *ret_context = context;
    return true;
}
