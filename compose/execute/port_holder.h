/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process of this machine listens on a TCP port, from /proc: for the hint of a port that is in use.
 * Source: proc(5), /proc/net/tcp: local address and port in hexadecimal, state 0A is LISTEN, the tenth field the inode.
 */
#pragma once

#include <stdbool.h>

struct arena;

/** "nginx (process 4711)"; NULL when nobody is found, also where other users' processes may not be looked into. */
const char *port_holder_find(struct arena *arena, unsigned port);
/** Does any program of this machine listen on the TCP port? */
bool port_holder_listens(unsigned port);
