/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold between the parts of a project: references that exist, values that agree, no cycles.
 * Only enabled services are looked at.
 */
#pragma once

#include "spec/project.h"

/**
 * Check, and let `deploy.replicas` say what `scale` says where both may (the reference prints it so).
 * Errors: ERROR_INPUT with the places; the first of each service, all services at once.
 */
bool spec_consistency_check(const struct spec_project *project, struct error *err) WARN_UNUSED;
/** Two services with one `container_name`: checked by `config`, `up` and `create` after the selection. */
bool spec_container_names_check(const struct spec_project *project, struct error *err) WARN_UNUSED;
/** Errors: `dependency cycle detected: a -> b -> a`. */
bool spec_dependency_cycle_check(const struct spec_project *project, struct error *err) WARN_UNUSED;
