/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/build_context.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_client/ignore.h"
#include "engine_client/instant.h"
#include "engine_client/tar_stream.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/index.h"
#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

#define IGNORE_FILE ".dockerignore"

enum { DIGEST_BYTES_SHOWN = 8 };

/* One directory on the way down; names are sorted. */
struct level {
    struct level *above;
    char *path; /* inside the context; "" for its root */
    struct dirent **names;
    int count, position;
};

struct build_context {
    struct arena *arena;
    const char *directory;
    const char *dockerfile; /* as the builder is to find it */
    const char *in_context; /* path inside the context that must be sent though ignored, or NULL */
    struct text extra;      /* a Dockerfile that is not in the context */
    bool buildkit, root_sent, has_extra, extra_sent;
    struct text
        ignore_text; /* classic: the .dockerignore that hides the extra Dockerfile from COPY */
    bool ignore_sent;
    struct ignore *ignore;
    struct tar_stream *tar;
    struct level *top;
    struct index linked; /* "device:inode" of files with several names -> where in `link_names` */
    struct strings link_names;
};

/* The walk */

static bool push_level(struct build_context *context, const char *path, struct error *err)
{
    struct level *level = xcalloc(1, sizeof(*level));
    CLEANUP(cleanup_free) char *full = xasprintf("%s/%s", context->directory, path);

    level->path = xstrdup(path);
    level->count = scandir(full, &level->names, NULL, NULL);
    level->above = context->top;
    context->top = level;
    if (level->count < 0) {
        level->count = 0;
        return error_set_errno(err, "read directory %s", full);
    }
    return true;
}

static void pop_level(struct build_context *context)
{
    struct level *level = context->top;

    context->top = level->above;
    for (int i = 0; i < level->count; i++)
        free(level->names[i]);
    free(level->names);
    free(level->path);
    free(level);
}

static int compare_names(const void *a, const void *b)
{
    const struct dirent *const *left = a, *const *right = b;

    return strcmp((*left)->d_name, (*right)->d_name);
}

static bool enter_directory(struct build_context *context, const char *path, struct error *err)
{
    if (!push_level(context, path, err))
        return false;
    if (context->top->count > 1)
        qsort(context->top->names, (size_t)context->top->count, sizeof(struct dirent *),
              compare_names);
    return true;
}

static bool must_be_sent(const struct build_context *context, const char *path)
{
    return (context->in_context && strcmp(path, context->in_context) == 0) ||
           (!context->buildkit && strcmp(path, IGNORE_FILE) == 0);
}

static bool leads_to_dockerfile(const struct build_context *context, const char *path)
{
    size_t length = strlen(path);

    return context->in_context && strncmp(context->in_context, path, length) == 0 &&
           context->in_context[length] == '/';
}

/* The name under which this file was put before, or NULL, and then it is remembered. */
static const char *earlier_name(struct build_context *context, const char *path,
                                const struct stat *status)
{
    const char *key;
    uint32_t found;

    if (!S_ISREG(status->st_mode) || status->st_nlink < 2)
        return NULL;
    key = arena_printf(context->arena, "%ju:%ju", (uintmax_t)status->st_dev,
                       (uintmax_t)status->st_ino);
    found = index_find(&context->linked, key);
    if (found != INDEX_NONE)
        return context->link_names.items[found];
    index_put(&context->linked, context->arena, key, context->link_names.count);
    strings_add_copy(&context->link_names, context->arena, path);
    return NULL;
}

static bool put_entry(struct build_context *context, const char *path, const char *full,
                      const struct stat *status, struct error *err)
{
    struct tar_entry entry = {
        .path = path,
        .mode = status->st_mode & 07777,
        .modified_ns = (int64_t)status->st_mtim.tv_sec * NS_PER_SECOND + status->st_mtim.tv_nsec,
    };
    const char *earlier;

    if (context->ignore_text.length > 0 && strcmp(path, IGNORE_FILE) == 0) {
        context->ignore_sent = true;
        return tar_stream_put_bytes(context->tar, &entry, text_span(&context->ignore_text), err);
    }
    earlier = earlier_name(context, path, status);
    if (earlier)
        return tar_stream_put_hard_link(context->tar, &entry, earlier, err);
    return tar_stream_put_path(context->tar, &entry, full, status, err);
}

/* Look at one name; `*ret_put` tells whether it became an entry. */
static bool visit(struct build_context *context, const char *path, bool *ret_put, struct error *err)
{
    CLEANUP(cleanup_free) char *full = xasprintf("%s/%s", context->directory, path);
    struct stat status;
    bool ignored;

    *ret_put = false;
    if (lstat(full, &status) < 0)
        return errno == ENOENT ||
               error_set_errno(err, "look at %s", full); /* it may go while we walk */
    if (S_ISSOCK(status.st_mode))
        return true;
    ignored = ignore_matches(context->ignore, path) && !must_be_sent(context, path);
    if (ignored &&
        !(S_ISDIR(status.st_mode) && (ignore_may_hold_exceptions(context->ignore, path) ||
                                      leads_to_dockerfile(context, path))))
        return true;
    if (!ignored) {
        if (!put_entry(context, path, full, &status, err))
            return false;
        *ret_put = true;
    }
    return !S_ISDIR(status.st_mode) || enter_directory(context, path, err);
}

/* A Dockerfile from elsewhere comes last, with an ignore file where the context has none. */
static enum tar_next put_extra(struct build_context *context, struct error *err)
{
    struct tar_entry entry = {.path = context->dockerfile, .mode = 0644};
    struct span content = text_span(&context->extra);

    if (context->has_extra && !context->extra_sent) {
        context->extra_sent = true;
    } else if (context->ignore_text.length > 0 && !context->ignore_sent) {
        context->ignore_sent = true;
        entry.path = IGNORE_FILE;
        content = text_span(&context->ignore_text);
    } else {
        return TAR_NEXT_END;
    }
    return tar_stream_put_bytes(context->tar, &entry, content, err) ? TAR_NEXT_ENTRY
                                                                    : TAR_NEXT_FAILED;
}

/*
 * The root comes first: BuildKit looks at the first kilobyte to tell an archive from a Dockerfile, and does not
 * see one where a long name needs extra headers.
 */
static enum tar_next put_root(struct build_context *context, struct error *err)
{
    struct tar_entry entry = {.path = "./", .mode = 0755};
    struct stat status = {.st_mode = S_IFDIR};

    context->root_sent = true;
    return tar_stream_put_path(context->tar, &entry, context->directory, &status, err)
               ? TAR_NEXT_ENTRY
               : TAR_NEXT_FAILED;
}

static enum tar_next next_entry(void *owner, struct tar_stream *tar UNUSED, struct error *err)
{
    struct build_context *context = owner;

    if (!context->root_sent)
        return put_root(context, err);
    while (context->top) {
        struct level *level = context->top;
        const char *name;
        bool put;

        if (level->position == level->count) {
            pop_level(context);
            continue;
        }
        name = level->names[level->position++]->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            CLEANUP(cleanup_free)
            char *path = *level->path ? xasprintf("%s/%s", level->path, name) : xstrdup(name);

            if (!visit(context, path, &put, err))
                return TAR_NEXT_FAILED;
            if (put)
                return TAR_NEXT_ENTRY;
        }
    }
    return put_extra(context, err);
}

/* Opening */

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool check_directory(const struct build_context *context, struct error *err)
{
    struct stat status;

    if (stat(context->directory, &status) < 0 && errno == ENOENT)
        return error_set(err, ERROR_INPUT, "unable to prepare context: path \"%s\" not found",
                         context->directory);
    if (access(context->directory, R_OK | X_OK) < 0)
        return error_set_errno(err, "unable to prepare context: %s", context->directory);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INPUT, "unable to prepare context: %s is not a directory",
                         context->directory);
    return true;
}

/* A name that depends on the text alone, so that equal builds stay equal for the builder's cache. */
static const char *extra_name(struct build_context *context)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct text name;
    const char *kept;

    if (!EVP_Digest(context->extra.bytes, context->extra.length, digest, NULL, EVP_sha256(), NULL))
        fatal("SHA-256 is not available");
    text_init(&name, 0);
    text_add(&name, ".dockerfile.");
    for (int i = 0; i < DIGEST_BYTES_SHOWN; i++)
        text_addf(&name, "%02x", digest[i]);
    kept = arena_strdup(context->arena, name.bytes);
    text_finish(&name);
    return kept;
}

static void use_extra(struct build_context *context)
{
    context->has_extra = true;
    context->dockerfile = extra_name(context);
}

/* The builder unpacks the context elsewhere: there a path of this machine leads nowhere. */
static bool is_absolute_link(const char *path)
{
    char target[1];

    return readlink(path, target, sizeof(target)) == 1 && target[0] == '/';
}

/* Is this file, with all links on the way to it followed, below the context's directory? */
static bool is_inside(struct build_context *context, const char *path)
{
    CLEANUP(cleanup_free) char *real = realpath(path, NULL);
    CLEANUP(cleanup_free) char *root = realpath(context->directory, NULL);
    size_t length = root ? strlen(root) : 0;

    if (!real || !root)
        return false;
    if (strcmp(root, "/") == 0)
        return true;
    return strncmp(real, root, length) == 0 && real[length] == '/';
}

/* Where the Dockerfile is; `*ret_path` is absolute, NULL for a text. */
static bool find_dockerfile(struct build_context *context,
                            const struct build_context_options *options, const char **ret_path,
                            struct error *err)
{
    struct arena *arena = context->arena;
    const char *given = options->dockerfile, *path, *root = path_clean(arena, context->directory);
    size_t length = strlen(root);

    if (options->dockerfile_inline) {
        text_add(&context->extra, options->dockerfile_inline);
        use_extra(context);
        *ret_path = NULL;
        return true;
    }
    if (!given) {
        given = "Dockerfile";
        if (!is_file(path_join(arena, root, given)) &&
            is_file(path_join(arena, root, "dockerfile")))
            given = "dockerfile";
    }
    path = path_join(arena, root, given);
    if (!is_file(path)) {
        (void)error_set(err, ERROR_INPUT,
                        "failed to read dockerfile: open %s: no such file or directory", given);
        return error_hint(err, "looked for %s", path);
    }
    *ret_path = path;
    /* A link that leads out of the context has nothing at its end where the builder follows it. */
    if (strncmp(path, root, length) == 0 && path[length] == '/' && is_inside(context, path) &&
        !is_absolute_link(path)) {
        context->in_context = context->dockerfile = path + length + 1;
        return true;
    }
    if (!file_read_whole(path, &context->extra, err))
        return error_wrap(err, "failed to read dockerfile");
    use_extra(context);
    return true;
}

static bool read_ignore(struct build_context *context, const char *path, bool *ret_found,
                        struct error *err)
{
    CLEANUP(text_finish) struct text content;
    CLEANUP(error_finish) struct error unreadable;

    text_init(&content, LIMIT_ENV_FILE_BYTES);
    error_init(&unreadable);
    if (!file_read_whole(path, &content, &unreadable)) {
        *ret_found = false;
        if (unreadable.errno_value == ENOENT)
            return true;
        error_move(err, &unreadable);
        return false;
    }
    *ret_found = true;
    context->ignore = ignore_parse(context->arena, text_span(&content), path, err);
    if (context->has_extra && !context->buildkit)
        text_add(&context->ignore_text, content.bytes);
    return context->ignore != NULL;
}

static bool find_ignore(struct build_context *context, const char *dockerfile, struct error *err)
{
    struct arena *arena = context->arena;
    bool found = false;

    if (context->buildkit && dockerfile &&
        !read_ignore(context, arena_printf(arena, "%s" IGNORE_FILE, dockerfile), &found, err))
        return false;
    if (!found &&
        !read_ignore(context, path_join(arena, context->directory, IGNORE_FILE), &found, err))
        return false;
    if (!found)
        context->ignore = ignore_parse(arena, (struct span){"", 0}, IGNORE_FILE, err);
    if (context->has_extra && !context->buildkit)
        text_addf(&context->ignore_text, "%s\n%s\n", found ? "" : IGNORE_FILE, context->dockerfile);
    return context->ignore != NULL;
}

struct build_context *build_context_open(const struct build_context_options *options,
                                         struct error *err)
{
    struct build_context *context = xcalloc(1, sizeof(*context));
    const char *dockerfile = NULL;

    context->arena = arena_create();
    context->directory = path_clean(context->arena, options->directory);
    context->buildkit = options->buildkit;
    text_init(&context->extra, LIMIT_FILE_BYTES);
    text_init(&context->ignore_text, 0);
    if (!check_directory(context, err) || !find_dockerfile(context, options, &dockerfile, err) ||
        !find_ignore(context, dockerfile, err) || !enter_directory(context, "", err)) {
        build_context_close(context);
        return NULL;
    }
    context->tar = tar_stream_create(next_entry, context);
    return context;
}

void build_context_close(struct build_context *context)
{
    if (!context)
        return;
    while (context->top)
        pop_level(context);
    tar_stream_destroy(context->tar);
    text_finish(&context->extra);
    text_finish(&context->ignore_text);
    arena_destroy(context->arena);
    free(context);
}

struct tar_stream *build_context_tar(struct build_context *context)
{
    return context->tar;
}

const char *build_context_dockerfile(const struct build_context *context)
{
    return context->dockerfile;
}
