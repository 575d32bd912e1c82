/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins the images of a project to what the registry holds now: `config --resolve-image-digests`, `publish`.
 * Source: Docker Compose 5.5.0, `config`; Engine API, operation DistributionInspect.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct command_context;
struct console;
struct spec_project;

/**
 * Replace each image of services, pre_start hooks and image mounts by HOST/PATH:TAG@DIGEST. One request an image,
 * all at once; those that name a digest already are left alone. Edits `project`.
 *
 * Errors: those of credentials and requests, wrapped with the image.
 */
bool digests_resolve(struct command_context *context, struct spec_project *project,
                     struct error *err) WARN_UNUSED;
/** Leave nothing but the images, for an override file; warns about hooks, whose images it cannot hold. */
void digests_keep_images(struct console *console, struct spec_project *project);
