/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine on another machine mounts that machine's files. What a project binds from this one is named before it is
 * created, since the engine would silently make an empty directory in its place.
 */
#pragma once

struct engine_endpoint;
struct plan;
struct spec_project;
struct warnings;

/**
 * One warning for each bind source of a container to be created (volumes, and the files behind secrets and configs)
 * that exists here and belongs to this machine: not what every machine has, such as /etc/localtime or /proc. Nothing
 * when the engine is here. Looks at the file system.
 */
void far_engine_check_binds(const struct engine_endpoint *endpoint,
                            const struct spec_project *project, const struct plan *plan,
                            struct warnings *warnings);
