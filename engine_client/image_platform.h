/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms as people write them: OS, ARCHITECTURE, OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, in any case and with
 * the names that other tools use ("x86_64", "aarch64", "macos").
 *
 * Source: package containerd/platforms 1.0, its documentation; observed through Docker Compose 2.40.3.
 */
#pragma once

#include <stdbool.h>

#include "engine_client/image.h"
#include "spec/base/error.h"

/**
 * Read a platform into the engine's names; what is left out comes from this machine.
 *
 * Ownership: strings are in `arena` or static.
 * Errors:    ERROR_INPUT, in the words of the reference.
 */
bool image_platform_parse(struct arena *arena, const char *text,
                          struct engine_platform *ret_platform, struct error *err) WARN_UNUSED;
/** "os/architecture[/variant]". */
const char *image_platform_text(struct arena *arena, const struct engine_platform *platform);
/** Does an image of `have` serve who asks for `wanted` (as written)? A variant counts where both have one. */
bool image_platform_matches(const char *wanted, const struct engine_platform *have);
/** The engine's name for the processor that this program runs on; "" when it is an unusual one. */
const char *image_platform_host_architecture(void);
