/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: services without profiles are always enabled, others when one of theirs is active.
 */
#pragma once

#include "spec/project.h"

/** Move services whose profiles are not active to `project->disabled`, and back; `*` activates all. */
void spec_profiles_apply(struct spec_project *project, const struct strings *active);
/** Enable these services, whatever their profiles, and no others: for commands that act on containers that exist. */
void spec_profiles_enable(struct spec_project *project, const struct strings *names);
