/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose image does a build take? `FROM project/base` says nothing to the builder about the service that makes that image,
 * and builders work on several builds at a time; the Dockerfile is looked through for it, so that the one waits for the
 * other. A name in a variable counts as any image: waiting needlessly is no harm.
 *
 *     const char *text = build_order_read(arena, service->build);
 *     if (text && build_order_takes(text, "project/base"))
 */
#pragma once

#include <stdbool.h>

struct arena;
struct spec_build;

/** The Dockerfile or its inline text; NULL when it is not to be read here (a remote context, no such file). */
const char *build_order_read(struct arena *arena, const struct spec_build *build);
bool build_order_takes(const char *dockerfile, const char *image);
