/* SPDX-License-Identifier: Apache-2.0 */
/* Failures as exit codes. Source: Docker Compose 5.5.0. */
#pragma once

struct error;

/** The code of the first failure. */
int exit_code_of(const struct error *err);
