/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/spawn.h"

#include "spec/base/descriptor_limit.h"

int spawn_program(uv_loop_t *loop, uv_process_t *process, const uv_process_options_t *options)
{
    int failed;

    descriptor_limit_before_spawn();
    failed = uv_spawn(loop, process, options);
    descriptor_limit_after_spawn();
    if (failed != UV_EMFILE)
        return failed;
    /* More are open than the inherited limit allows: the child gets it right after its start. */
    failed = uv_spawn(loop, process, options);
    if (failed == 0)
        descriptor_limit_give_back(process->pid);
    return failed;
}
