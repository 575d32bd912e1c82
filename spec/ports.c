/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/ports.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"

struct range {
    unsigned first, last;
};

static bool parse_port(const char *text, size_t length, unsigned *ret_port)
{
    uint64_t value;

    if (!number_parse_digits(text, length, 10, &value) || value > 65535)
        return false;
    *ret_port = (unsigned)value;
    return true;
}

static bool parse_range(const char *text, struct range *ret_range)
{
    const char *dash = strchr(text, '-');
    struct range range;

    if (!parse_port(text, dash ? (size_t)(dash - text) : strlen(text), &range.first))
        return false;
    range.last = range.first;
    if (dash && (!parse_port(dash + 1, strlen(dash + 1), &range.last) || range.last < range.first))
        return false;
    *ret_range = range;
    return true;
}

static bool is_address(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static char *lower(struct arena *arena, const char *text)
{
    char *made = arena_strdup(arena, text);

    for (char *at = made; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return made;
}

struct parts {
    const char *host_ip, *host, *container, *protocol;
};

/* Cut at the last two colons, the protocol off the end. */
static struct parts split(struct arena *arena, const char *text)
{
    struct parts parts = {NULL, "", text, "tcp"};
    const char *colon = strrchr(text, ':'), *slash;

    if (colon) {
        char *front = arena_strndup(arena, text, (size_t)(colon - text)),
             *second = strrchr(front, ':');

        parts.container = colon + 1;
        parts.host = second ? second + 1 : front;
        if (second) {
            *second = '\0';
            parts.host_ip = front;
        }
    }
    slash = strchr(parts.container, '/');
    if (slash) {
        if (slash[1])
            parts.protocol = lower(arena, slash + 1);
        parts.container = arena_strndup(arena, parts.container, (size_t)(slash - parts.container));
    }
    return parts;
}

static bool check_address(struct arena *arena, const char **address, struct error *err)
{
    const char *text = *address;
    size_t length = text ? strlen(text) : 0;

    if (length == 0) {
        *address = NULL;
        return true;
    }
    if (text[0] == '[') {
        if (text[length - 1] != ']')
            return error_set(err, ERROR_INPUT, "invalid IP address: %s", text);
        text = arena_strndup(arena, text + 1, length - 2);
    }
    if (!is_address(text))
        return error_set(err, ERROR_INPUT, "invalid IP address: %s", text);
    *address = text;
    return true;
}

static int by_target_text(const void *a, const void *b)
{
    const struct spec_short_port *one = a, *other = b;
    char left[16], right[16];

    snprintf(left, sizeof(left), "%u/", one->target);
    snprintf(right, sizeof(right), "%u/", other->target);
    return strcmp(left, right);
}

static void expand(struct arena *arena, const struct parts *parts, struct range container,
                   struct range host, struct spec_short_ports *ret_ports)
{
    size_t count = container.last - container.first + 1;
    struct spec_short_port *ports = arena_array(arena, count, sizeof(*ports));

    for (unsigned i = 0; i < count; i++) {
        ports[i] = (struct spec_short_port){
            .host_ip = parts->host_ip, .protocol = parts->protocol, .target = container.first + i};
        if (!parts->host[0])
            continue;
        if (count == 1 && host.first != host.last)
            ports[i].published = arena_printf(arena, "%u-%u", host.first, host.last);
        else
            ports[i].published = arena_printf(arena, "%u", host.first + i);
    }
    qsort(ports, count, sizeof(*ports), by_target_text);
    *ret_ports = (struct spec_short_ports){ports, count};
}

bool spec_short_ports_parse(struct arena *arena, const char *text,
                            struct spec_short_ports *ret_ports, struct error *err)
{
    struct parts parts = split(arena, text);
    struct range container, host = {0};

    if (!parts.container[0])
        return error_set(err, ERROR_INPUT, "no port specified: %s<empty>", text);
    if (strcmp(parts.protocol, "tcp") != 0 && strcmp(parts.protocol, "udp") != 0 &&
        strcmp(parts.protocol, "sctp") != 0)
        return error_set(err, ERROR_INPUT, "invalid proto: %s", parts.protocol);
    if (!check_address(arena, &parts.host_ip, err))
        return false;
    if (!parse_range(parts.container, &container))
        return error_set(err, ERROR_INPUT, "invalid containerPort: %s", parts.container);
    if (parts.host[0] && !parse_range(parts.host, &host))
        return error_set(err, ERROR_INPUT, "invalid hostPort: %s", parts.host);
    if (parts.host[0] && container.first != container.last &&
        container.last - container.first != host.last - host.first)
        return error_set(err, ERROR_INPUT,
                         "invalid ranges specified for container and host Ports: %s and %s",
                         parts.container, parts.host);
    expand(arena, &parts, container, host, ret_ports);
    return true;
}
