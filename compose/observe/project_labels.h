/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of a project that is known by its name alone: services and what they depend on, from the labels of its
 * containers. Source: Docker Compose 5.5.0, `down -p`.
 */
#pragma once

struct observed;
struct spec_project;

/** Fill `project->services` once; `project` comes from spec_project_named(). */
void project_from_labels(struct spec_project *project, const struct observed *observed);
