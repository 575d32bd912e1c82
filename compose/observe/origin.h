/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files and which folder a container, or a project, was made from: to tell a container of a removed service from one
 * that another file made under the same project name. Links are resolved, as far as the paths exist, since a folder is often
 * reached through one (/var, a link to the current release). Reads the file system; plans compare the results only.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/strings.h"

struct arena;
struct observed;
struct spec_project;

/** Plain data. `directory` NULL: not known. */
struct origin {
    const char *directory;
    struct strings files;
};

struct origin origin_of_project(struct arena *arena, const struct spec_project *project);
/** Fill in `origin` of every container, from its labels. */
void origin_of_containers(struct observed *observed);
/** The same folder, and a file in common where both name files. An unknown one is the same as any. */
bool origin_is_same(const struct origin *a, const struct origin *b);
