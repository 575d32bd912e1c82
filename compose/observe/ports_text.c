/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/ports_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/container.h"
#include "spec/base/memory.h"
#include "spec/base/text.h"

static int by_target(const void *a, const void *b)
{
    const struct engine_port *first = a, *second = b;
    int order;

    if (first->container_port != second->container_port)
        return first->container_port < second->container_port ? -1 : 1;
    order = strcmp(first->host_ip, second->host_ip);
    if (order != 0)
        return order;
    if (first->host_port != second->host_port)
        return first->host_port < second->host_port ? -1 : 1;
    return strcmp(first->protocol, second->protocol);
}

void ports_text_sort(struct engine_port *ports, size_t count)
{
    if (count > 0)
        qsort(ports, count, sizeof(*ports), by_target);
}

static void add_host(struct text *out, const char *ip)
{
    text_addf(out, strchr(ip, ':') ? "[%s]:" : "%s:", ip);
}

/* A range of ports of one address and protocol that is still growing. */
struct range {
    const struct engine_port *like;
    unsigned first, last;
};

static void add_range(struct text *out, const struct range *range)
{
    char ports[32]; /* two numbers of five digits */

    (void)snprintf(ports, sizeof(ports), range->first == range->last ? "%u" : "%u-%u", range->first,
                   range->last);
    text_add(out, out->length > 0 ? ", " : "");
    if (range->like->host_ip[0]) {
        add_host(out, range->like->host_ip);
        text_addf(out, "%s->", ports);
    }
    text_addf(out, "%s/%s", ports, range->like->protocol);
}

static struct range *find_range(struct range *ranges, size_t count, const struct engine_port *port)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ranges[i].like->host_ip, port->host_ip) == 0 &&
            strcmp(ranges[i].like->protocol, port->protocol) == 0)
            return &ranges[i];
    return NULL;
}

void ports_text_add(struct text *out, struct engine_port *ports, size_t count)
{
    struct range *ranges = xcalloc(count + 1, sizeof(*ranges));
    size_t range_count = 0;
    struct text whole, moved; /* moved: published under another number */

    ports_text_sort(ports, count);
    text_init(&whole, 0);
    text_init(&moved, 0);
    for (size_t i = 0; i < count; i++) {
        const struct engine_port *port = &ports[i];
        struct range *range;

        if (port->host_ip[0] && port->host_port != port->container_port) {
            text_add(&moved, moved.length > 0 ? ", " : "");
            add_host(&moved, port->host_ip);
            text_addf(&moved, "%u->%u/%s", port->host_port, port->container_port, port->protocol);
            continue;
        }
        range = find_range(ranges, range_count, port);
        if (range && port->container_port == range->last + 1) {
            range->last = port->container_port;
            continue;
        }
        if (range)
            add_range(&whole, range);
        else
            range = &ranges[range_count++];
        *range = (struct range){port, port->container_port, port->container_port};
    }
    for (size_t i = 0; i < range_count; i++)
        add_range(&whole, &ranges[i]);
    text_addf(out, "%s%s%s", whole.bytes, whole.length > 0 && moved.length > 0 ? ", " : "",
              moved.bytes);
    text_finish(&whole);
    text_finish(&moved);
    free(ranges);
}
