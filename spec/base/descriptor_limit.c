/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/descriptor_limit.h"

#include <sys/resource.h>

/* A property of the process, as the limit itself; RLIM_INFINITY: was not raised. */
static rlim_t inherited = RLIM_INFINITY;

/* Where it fails, the limit stays as it is: fewer requests are in flight then. */
static void set_soft(rlim_t soft)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void descriptor_limit_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
        return;
    inherited = limit.rlim_cur;
    set_soft(limit.rlim_max);
}

size_t descriptor_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur : 1024;
}

void descriptor_limit_before_spawn(void)
{
    if (inherited != RLIM_INFINITY)
        set_soft(inherited);
}

void descriptor_limit_after_spawn(void)
{
    if (inherited != RLIM_INFINITY)
        set_soft(RLIM_INFINITY);
}

void descriptor_limit_give_back(pid_t child)
{
    struct rlimit limit;

    if (inherited == RLIM_INFINITY || prlimit(child, RLIMIT_NOFILE, NULL, &limit) != 0)
        return;
    limit.rlim_cur = inherited;
    (void)prlimit(child, RLIMIT_NOFILE, &limit, NULL); /* it may have ended */
}
