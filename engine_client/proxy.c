/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/proxy.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

enum { ADDRESS_BYTES = 16, IPV4_BITS = 32, IPV6_BITS = 128, BYTE_BITS = 8 };

/* An address in network order; its length in bits, or 0 when the text is a name. */
static unsigned parse_address(const char *text, unsigned char ret_address[ADDRESS_BYTES])
{
    if (inet_pton(AF_INET, text, ret_address) == 1)
        return IPV4_BITS;
    return inet_pton(AF_INET6, text, ret_address) == 1 ? IPV6_BITS : 0;
}

/* "10.0.0.0/8" */
static bool network_has(char *network, const char *host)
{
    unsigned char base[ADDRESS_BYTES], address[ADDRESS_BYTES];
    char *slash = strchr(network, '/');
    uint64_t bits;
    unsigned length;

    if (!slash || !number_parse_uint64(slash + 1, &bits))
        return false;
    *slash = '\0';
    length = parse_address(network, base);
    if (length == 0 || bits > length || parse_address(host, address) != length)
        return false;
    for (unsigned i = 0; i < (unsigned)bits; i++) {
        unsigned char mask = (unsigned char)(0x80u >> (i % BYTE_BITS));

        if ((base[i / BYTE_BITS] ^ address[i / BYTE_BITS]) & mask)
            return false;
    }
    return true;
}

/* "example.org" has its subdomains too, ".example.org" and "*.example.org" only these. */
static bool domain_has(const char *domain, const char *host)
{
    size_t length, host_length = strlen(host);

    if (domain[0] == '*' && domain[1] == '.')
        domain++;
    length = strlen(domain);
    if (*domain != '.' && strcasecmp(domain, host) == 0)
        return true;
    if (length == 0 || host_length <= length ||
        strcasecmp(host + host_length - length, domain) != 0)
        return false;
    return *domain == '.' || host[host_length - length - 1] == '.';
}

/* The port of "host:port" or "[::1]:port" is cut off; false when it is another one. */
static bool take_port(char *entry, unsigned port)
{
    char *colon = strrchr(entry, ':');
    uint64_t number;

    if (colon && (strchr(entry, ':') == colon || (*entry == '[' && colon[-1] == ']')) &&
        number_parse_uint64(colon + 1, &number)) {
        if (number != port)
            return false;
        *colon = '\0';
    }
    return true;
}

static bool entry_has(char *entry, const char *host, unsigned port)
{
    size_t length;

    if (strcmp(entry, "*") == 0)
        return true;
    if (strchr(entry, '/'))
        return network_has(entry, host);
    if (!take_port(entry, port))
        return false;
    length = strlen(entry);
    if (*entry == '[' && entry[length - 1] == ']') {
        entry[length - 1] = '\0';
        entry++;
    }
    return domain_has(entry, host);
}

bool proxy_list_has(const char *list, const char *host, unsigned port)
{
    struct arena *arena = arena_create();
    bool found = false;

    while (*list && !found) {
        size_t length = strcspn(list, ",");
        const char *begin = list + strspn(list, " \t");
        const char *end = list + length;

        while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        if (end > begin)
            found = entry_has(arena_strndup(arena, begin, (size_t)(end - begin)), host, port);
        list += length + (list[length] == ',');
    }
    arena_destroy(arena);
    return found;
}

static const char *either(proxy_variable_fn *variable, const void *owner, const char *upper,
                          const char *lower)
{
    const char *value = variable(owner, upper);

    return value ? value : variable(owner, lower);
}

const char *proxy_for_engine(struct arena *arena, const struct engine_endpoint *endpoint,
                             proxy_variable_fn *variable, const void *owner)
{
    const char *proxy = NULL, *direct = either(variable, owner, "NO_PROXY", "no_proxy");

    if (endpoint->transport == ENGINE_TLS)
        proxy = either(variable, owner, "HTTPS_PROXY", "https_proxy");
    else if (endpoint->transport == ENGINE_TCP && !variable(owner, "REQUEST_METHOD"))
        proxy = either(variable, owner, "HTTP_PROXY", "http_proxy"); /* of a CGI: a header */
    if (!proxy || !engine_endpoint_is_far(endpoint) ||
        (direct && proxy_list_has(direct, endpoint->host, endpoint->port)))
        return NULL;
    return arena_strdup(arena, proxy);
}
