/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attached `up`: create, show the logs, start, and stay until the containers have ended, an abort option strikes or a
 * signal comes. The first signal stops the services, the second kills them, the third ends the program.
 * Source: Docker Compose 5.5.0, `up`.
 */
#pragma once

#include "compose/commands/up_options.h"

bool up_attached(struct up_options *up, struct error *err) WARN_UNUSED;
