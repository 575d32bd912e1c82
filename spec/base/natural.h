/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Natural order of keys in YAML output: a2 before a10, letters after other characters.
 * Source: observed with Docker Compose 5.5.0, whose YAML library sorts maps this way.
 */
#pragma once

/** Negative, 0 or positive, as strcmp() tells it. */
int natural_compare(const char *a, const char *b);
