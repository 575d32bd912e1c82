/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the engine refused a step, in terms of the Compose file: its words are looked up in a table of well-known
 * failures, which tells the attribute to look at and what to do. The line shown is that of the very item that the
 * engine's words name, when there is one.
 */
#pragma once

#define FAILURE_WRONG_FORMAT "exec format error"
#define FAILURE_WRONG_FORMAT_HINT                                                                  \
    "the image is for another processor: set `platform`, or build it for this one"

struct arena;
struct command_context;
struct error;
struct step;
struct wanted;

/** Give the failure of a step a place and a hint. May ask the engine who holds a port; turns the loop. */
void failure_cause_add(struct command_context *context, const struct step *step, struct error *err);
/** The place of an attribute of the step's service, unless the failure has one. */
void failure_cause_place(const struct step *step, const char *attribute, struct error *err);
/** Nothing could be planned because the engine cannot read an image's name: the place of the first such. */
void failure_cause_image(struct arena *arena, const struct wanted *wanted, struct error *err);
