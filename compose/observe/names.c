/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/names.h"

#include <inttypes.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/project.h"

const char *names_separator(const struct spec_project *project)
{
    return project->load && project->load->compatibility ? "_" : "-";
}

const char *names_usual(struct arena *arena, const struct spec_project *project,
                        const char *service, int64_t number)
{
    const char *separator = names_separator(project);

    return arena_printf(arena, "%s%s%s%s%" PRId64, project->name, separator, service, separator,
                        number);
}

const char *names_container(struct arena *arena, const struct spec_project *project,
                            const struct spec_service *service, int64_t number)
{
    if (service->container_name && *service->container_name)
        return service->container_name;
    return names_usual(arena, project, service->name, number);
}

const char *names_replacement(struct arena *arena, const char *old_id, const char *name)
{
    return arena_printf(arena, "%.12s_%s", old_id, name);
}

bool names_is_replacement(const char *name, char ret_old[NAMES_OLD_ID_DIGITS + 1])
{
    if (strspn(name, "0123456789abcdef") != NAMES_OLD_ID_DIGITS || name[NAMES_OLD_ID_DIGITS] != '_')
        return false;
    memcpy(ret_old, name, NAMES_OLD_ID_DIGITS);
    ret_old[NAMES_OLD_ID_DIGITS] = '\0';
    return true;
}
