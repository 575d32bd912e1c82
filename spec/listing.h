/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `config` lists with --services, --volumes and the like: text, one entry a line, in sorted order.
 * Each function appends to `out`. Select services (spec_project_select) beforehand.
 */
#pragma once

#include "spec/base/text.h"
#include "spec/project.h"

/** Enabled services, dependencies first. */
void spec_list_services(struct text *out, const struct spec_project *project);
/** All services of project->load->tree, whatever their profiles, for a project loaded with `no_interpolate`. */
void spec_list_declared_services(struct text *out, const struct spec_project *project);
void spec_list_volumes(struct text *out, const struct spec_project *project);
void spec_list_networks(struct text *out, const struct spec_project *project);
/** The `model` of each model in use. */
void spec_list_models(struct text *out, const struct spec_project *project);
/** The image of each service, then images of its pre_start hooks that differ. */
void spec_list_images(struct text *out, const struct spec_project *project);
/** All profiles of all services, disabled ones too. */
void spec_list_profiles(struct text *out, const struct spec_project *project);
/** The interpolation environment as KEY=VALUE. */
void spec_list_environment(struct text *out, const struct spec_project *project);
/**
 * `SERVICE HASH` lines of the services with these names, in the order given.
 * Errors: `no such service: X`.
 */
bool spec_list_hashes(struct text *out, const struct spec_project *project,
                      const struct strings *names, struct error *err) WARN_UNUSED;

enum spec_variables_format { SPEC_VARIABLES_TABLE, SPEC_VARIABLES_JSON, SPEC_VARIABLES_YAML };
/** Variables of the values in project->load->tree, which must have been loaded with `no_interpolate`. */
void spec_list_variables(struct text *out, const struct spec_project *project,
                         enum spec_variables_format format);
