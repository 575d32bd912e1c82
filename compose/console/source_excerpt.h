/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line of a file that a message is about, with a caret below what is meant:
 *
 *         ports: ["80:x"]
 *                 ^~~~~~
 *
 * What cannot be seen (tabs, blanks that are no blanks, control characters) is shown as an escape; of a long line the part
 * around the caret is shown.
 */
#pragma once

struct place;
struct text;

/** Adds nothing when the line cannot be had any more. */
void source_excerpt_add(struct text *out, struct place place);
