/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/root.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"

/* clang-format off */
const struct option root_option_rows[] = {
    {"all-resources", .kind = OPTION_BOOL, .help = "Include all resources, even those not used by services"},
    {"ansi", .kind = OPTION_STRING, .initial = "auto", .values = "never|always|auto",
     .help = "Control when to print ANSI control characters (\"never\"|\"always\"|\"auto\")"},
    {"compatibility", .kind = OPTION_BOOL, .help = "Run compose in backward compatibility mode"},
    {"dry-run", .kind = OPTION_BOOL, .help = "Execute command in dry run mode"},
    {"env-file", .kind = OPTION_LIST, .help = "Specify an alternate environment file"},
    {"file", 'f', OPTION_LIST, .help = "Compose configuration files"},
    {"insecure-registry", .kind = OPTION_LIST, .flags = OPTION_HIDDEN, .help = "Use plain HTTP for these registries"},
    {"no-ansi", .kind = OPTION_BOOL, .deprecated = "option '--no-ansi' is DEPRECATED ! Please use '--ansi' instead."},
    {"parallel", .kind = OPTION_INT, .initial = "-1", .help = "Control max parallelism, -1 for unlimited"},
    {"profile", .kind = OPTION_LIST, .help = "Specify a profile to enable"},
    {"progress", .kind = OPTION_STRING, .values = "auto|tty|plain|json|quiet",
     .help = "Set type of progress output (auto, tty, plain, json, quiet)"},
    {"project-directory", .kind = OPTION_STRING,
     .help = "Specify an alternate working directory\n(default: the path of the, first specified, Compose file)"},
    {"project-name", 'p', OPTION_STRING, .help = "Project name"},
    {"verbose", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "Show more output"},
    {"version", 'v', OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "Show the Docker Compose version information"},
    {"workdir", .kind = OPTION_STRING,
     .deprecated = "option '--workdir' is DEPRECATED at root level! Please use '--project-directory' instead."},
    OPTION_END,
};

static const struct option docker_rows[] = {
    {"config", .kind = OPTION_STRING, .flags = OPTION_HIDDEN},
    {"context", 'c', OPTION_STRING, .flags = OPTION_HIDDEN},
    {"debug", 'D', OPTION_BOOL, .flags = OPTION_HIDDEN},
    {"host", 'H', OPTION_LIST, .flags = OPTION_HIDDEN},
    {"log-level", 'l', OPTION_STRING, .flags = OPTION_HIDDEN},
    {"tls", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN},
    {"tlscacert", .kind = OPTION_STRING, .flags = OPTION_HIDDEN},
    {"tlscert", .kind = OPTION_STRING, .flags = OPTION_HIDDEN},
    {"tlskey", .kind = OPTION_STRING, .flags = OPTION_HIDDEN},
    {"tlsverify", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN},
    OPTION_END,
};
/* clang-format on */

bool root_is_plugin(void)
{
    return getenv("DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND") != NULL;
}

bool root_truthy(const char *value)
{
    bool truth = false;

    if (strcmp(value, "y") == 0 || strcmp(value, "Y") == 0)
        return true;
    return options_parse_bool(value, &truth) && truth;
}

const char *root_config_directory(const struct root_options *root, struct arena *arena)
{
    const char *given = root->docker.config_directory;

    return given && given[0] ? given : docker_config_directory(arena);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

static void take_docker(const struct options *options, struct docker_options *docker)
{
    const struct strings *hosts = options_list(options, "host");

    docker->host = hosts->count > 0 ? hosts->items[hosts->count - 1] : "";
    docker->context = options_string(options, "context");
    docker->config_directory = options_string(options, "config");
    docker->tls = options_bool(options, "tls");
    docker->tls_verify = options_bool(options, "tlsverify");
    docker->tls_ca_cert = options_string(options, "tlscacert");
    docker->tls_cert = options_string(options, "tlscert");
    docker->tls_key = options_string(options, "tlskey");
    docker->debug = options_bool(options, "debug") ||
                    strcmp(options_string(options, "log-level"), "debug") == 0;
}

bool root_progress_mode(const char *word, enum progress_mode *ret_mode, struct error *err)
{
    static const struct {
        const char *word;
        enum progress_mode mode;
    } words[] = {
        {"", PROGRESS_AUTO},       {"auto", PROGRESS_AUTO}, {"tty", PROGRESS_TTY},
        {"plain", PROGRESS_PLAIN}, {"json", PROGRESS_JSON}, {"quiet", PROGRESS_QUIET},
        {"none", PROGRESS_QUIET},
    };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].word, word) == 0) {
            *ret_mode = words[i].mode;
            return true;
        }
    (void)error_set(err, ERROR_USAGE, "unsupported --progress value \"%s\"", word);
    return error_hint(err, "Use one of auto, tty, plain, json, quiet");
}

static bool take_progress(const struct options *options, struct root_options *root,
                          struct error *err)
{
    const char *word = options_given(options, "progress") ? options_string(options, "progress")
                                                          : environment("COMPOSE_PROGRESS");

    return root_progress_mode(word, &root->progress, err);
}

static enum ansi_mode read_ansi(const char *word)
{
    if (strcmp(word, "never") == 0)
        return ANSI_NEVER;
    return strcmp(word, "always") == 0 ? ANSI_ALWAYS : ANSI_AUTO;
}

static bool take_ansi(const struct options *options, struct root_options *root, struct error *err)
{
    const char *word = options_string(options, "ansi");

    if (options_bool(options, "no-ansi")) {
        if (options_given(options, "ansi"))
            return error_set(err, ERROR_USAGE,
                             "cannot specify DEPRECATED \"--no-ansi\" and \"--ansi\". "
                             "Please use only \"--ansi\"");
        word = "never";
    } else if (!options_given(options, "ansi") && environment("COMPOSE_ANSI")[0]) {
        word = environment("COMPOSE_ANSI");
    }
    root->ansi_given = options_given(options, "ansi") || options_given(options, "no-ansi") ||
                       environment("COMPOSE_ANSI")[0];
    root->ansi = read_ansi(word);
    if (root->ansi == ANSI_NEVER && root->progress == PROGRESS_TTY)
        return error_set(err, ERROR_USAGE,
                         "can't use --progress tty while ANSI support is disabled");
    if (root->ansi == ANSI_ALWAYS && root->progress == PROGRESS_PLAIN)
        return error_set(err, ERROR_USAGE,
                         "can't use --progress plain while ANSI support is forced");
    return true;
}

static bool take_limit(struct root_options *root, const char *limit, struct error *err)
{
    if (root->parallel_given || !limit[0])
        return true;
    if (!number_parse_int64(limit, &root->parallel))
        return error_set(err, ERROR_USAGE,
                         "COMPOSE_PARALLEL_LIMIT must be an integer (found: \"%s\")", limit);
    root->parallel_given = true;
    return true;
}

static bool take_parallel(const struct options *options, struct root_options *root,
                          struct error *err)
{
    const char *limit = environment("COMPOSE_PARALLEL_LIMIT");

    root->parallel = options_int(options, "parallel");
    root->parallel_given = options_given(options, "parallel");
    return take_limit(root, limit, err);
}

bool root_take_late(struct root_options *root, root_lookup_fn *lookup, void *owner,
                    struct error *err)
{
    const char *ansi = lookup(owner, "COMPOSE_ANSI");

    if (!root->ansi_given && ansi[0])
        root->ansi = read_ansi(ansi);
    return take_limit(root, lookup(owner, "COMPOSE_PARALLEL_LIMIT"), err);
}

static void split_into(struct strings *list, struct arena *arena, const char *text, char separator)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchr(text, separator);
        if (!end)
            end = text + strlen(text);
        if (end > text)
            strings_add(list, arena, arena_strndup(arena, text, (size_t)(end - text)));
    }
}

static bool take_directory(const struct options *options, struct root_options *root,
                           struct error *err)
{
    root->project_directory = options_string(options, "project-directory");
    if (!options_given(options, "workdir"))
        return true;
    if (options_given(options, "project-directory"))
        return error_set(err, ERROR_USAGE,
                         "cannot specify DEPRECATED \"--workdir\" and \"--project-directory\". "
                         "Please use only \"--project-directory\" instead");
    root->project_directory = options_string(options, "workdir");
    return true;
}

static bool take_root(const struct options *options, struct arena *arena, struct root_options *root,
                      struct error *err)
{
    root->files = *options_list(options, "file");
    root->project_name = options_string(options, "project-name");
    root->profiles = *options_list(options, "profile");
    root->env_files = *options_list(options, "env-file");
    if (root->env_files.count == 0)
        split_into(&root->env_files, arena, environment("COMPOSE_ENV_FILES"), ',');
    root->compatibility_flag = options_bool(options, "compatibility");
    root->compatibility =
        root->compatibility_flag || root_truthy(environment("COMPOSE_COMPATIBILITY"));
    root->all_resources = options_bool(options, "all-resources");
    root->dry_run = options_bool(options, "dry-run");
    root->docker.debug = root->docker.debug || options_bool(options, "verbose");
    root->help = options->help;
    root->version = options_bool(options, "version");
    root->notices = options->notices;
    return take_progress(options, root, err) && take_ansi(options, root, err) &&
           take_parallel(options, root, err) && take_directory(options, root, err);
}

static void drop_first(struct strings *list)
{
    list->items++;
    list->count--;
}

static bool parse(int argc, char *const *argv, struct arena *arena, bool plugin,
                  struct root_options *ret_root, struct error *err)
{
    struct root_options root = {0};
    struct options options;
    const struct option *also = docker_rows;
    bool asks_help = false;

    if (plugin) {
        if (!options_parse(docker_rows, NULL, true, argc, argv, arena, &options, err))
            return false;
        take_docker(&options, &root.docker);
        /* `docker help compose up` comes as it was typed. */
        asks_help = options.arguments.count > 1 && strcmp(options.arguments.items[0], "help") == 0;
        if (asks_help)
            drop_first(&options.arguments);
        if (options.arguments.count == 0 || strcmp(options.arguments.items[0], "compose") != 0)
            return error_set(err, ERROR_USAGE,
                             "this is a plugin of docker: use it as docker compose");
        argv += argc - (int)options.arguments.count + 1;
        argc = (int)options.arguments.count - 1;
        also = NULL;
    }
    if (!options_parse(root_option_rows, also, true, argc, argv, arena, &options, err))
        return false;
    if (also)
        take_docker(&options, &root.docker);
    root.argc = (int)options.arguments.count;
    root.argv = argv + argc - root.argc;
    if (!take_root(&options, arena, &root, err))
        return false;
    root.help = root.help || asks_help;
    *ret_root = root;
    return true;
}

bool root_parse_words(int argc, char *const *argv, struct arena *arena,
                      struct root_options *ret_root, struct error *err)
{
    return parse(argc, argv, arena, false, ret_root, err);
}

bool root_parse(int argc, char *const *argv, struct arena *arena, struct root_options *ret_root,
                struct error *err)
{
    return parse(argc, argv, arena, root_is_plugin(), ret_root, err);
}
