/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: what the files leave to be understood becomes explicit: the default network, names of resources, implied
 * dependencies. Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/tree.h"

/** Normalise the tree of a whole project, whose `name` is set. `environment` gives values to valueless variables. */
void spec_normalise(struct spec_tree *tree, struct spec_node *root, const char *project_name,
                    const struct spec_environment *environment);
