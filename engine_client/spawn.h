/* SPDX-License-Identifier: Apache-2.0 */
/* uv_spawn() of a program that gets the limit of descriptors which this one inherited (descriptor_limit.h). */
#pragma once

#include <uv.h>

int spawn_program(uv_loop_t *loop, uv_process_t *process, const uv_process_options_t *options);
