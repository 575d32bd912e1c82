/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many descriptors may be open: each request in flight needs one, and the usual soft limit of 1,024 is less than large
 * projects have containers. main() raises it to the hard limit; programs that are started get the inherited one back, for
 * some loop over all numbers below it or use select().
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/** At the start of the program, once. */
void descriptor_limit_raise(void);
/** The soft limit as it is now. */
size_t descriptor_limit(void);

/** Around the start of a child: the inherited limit is in force between the two. */
void descriptor_limit_before_spawn(void);
void descriptor_limit_after_spawn(void);
/** The same for a child that has started under the raised limit. */
void descriptor_limit_give_back(pid_t child);
