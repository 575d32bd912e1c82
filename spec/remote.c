/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/remote.h"

#include <stddef.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

static bool starts_with_any(const char *text, const char *const *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_starts_with(text, prefixes[i]))
            return true;
    return false;
}

bool spec_is_remote(const char *path)
{
    static const char *const prefixes[] = {"oci://",   "git://",  "ssh://",     "git@",
                                           "https://", "http://", "github.com/"};

    return starts_with_any(path, prefixes, COUNT_OF(prefixes));
}

bool spec_remote_refuse(struct error *err, struct place place, const char *action, const char *path)
{
    (void)error_set_at(err, ERROR_INPUT, place, "cannot %s %s: remote files are not supported",
                       action, path);
    return error_hint(err, "fetch it first (`git clone`, `curl -O`) and name the file");
}

bool spec_is_remote_context(const char *context)
{
    static const char *const prefixes[] = {"https://", "http://",     "git://",
                                           "ssh://",   "github.com/", "git@"};

    return starts_with_any(context, prefixes, COUNT_OF(prefixes));
}
