/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `config` output: the model as YAML and JSON, byte for byte as Docker Compose 5.5 prints it.
 */
#pragma once

#include "spec/base/text.h"
#include "spec/project.h"

/** The model; `$` is not doubled here (spec_render_escape_dollars does it on the final text). */
void spec_render_yaml(struct text *out, const struct spec_project *project);
/** Keys of the top level sorted bytewise; without a final newline. */
void spec_render_json(struct text *out, const struct spec_project *project);
/** The raw tree of --no-interpolate, keys in natural order. */
void spec_render_tree_yaml(struct text *out, const struct spec_node *tree);
void spec_render_tree_json(struct text *out, const struct spec_node *tree);
/** Double every `$` from byte `from` on. */
void spec_render_escape_dollars(struct text *out, size_t from);
