/* SPDX-License-Identifier: Apache-2.0 */
/* Failures as exit codes. Source: cli.md 1.11. */
#pragma once

struct error;

/** The code of the first failure. */
int exit_code_of(const struct error *err);
