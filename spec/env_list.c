/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/env_list.h"

#include "spec/dotenv.h"
#include "spec/file.h"

bool spec_env_list_read(struct spec_environment *environment, const struct strings *files,
                        struct warnings *warnings, struct error *err)
{
    struct spec_environment read = {.arena = environment->arena};
    const struct spec_dotenv_lookup lookup = {environment, NULL};

    for (size_t i = 0; i < files->count; i++) {
        if (!spec_file_exists(files->items[i]))
            return error_set(err, ERROR_SYSTEM, "couldn't find env file: %s", files->items[i]);
        if (spec_file_is_directory(files->items[i]))
            return error_set(err, ERROR_SYSTEM, "%s is a directory", files->items[i]);
        if (!spec_dotenv_read(files->items[i], &lookup, &read, warnings, err))
            return false;
    }
    spec_environment_add_below(environment, &read);
    return true;
}
