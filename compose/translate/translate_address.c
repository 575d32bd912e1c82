/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses in the one text that the reference sends for each: its API types parse them and write them anew. */
#include <arpa/inet.h>
#include <string.h>

#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128, MAC_BYTES_MOST = 20 };

static const char *in_family(struct arena *arena, int family, const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char *out = arena_alloc(arena, INET6_ADDRSTRLEN);

    return inet_pton(family, text, bytes) == 1 ? inet_ntop(family, bytes, out, INET6_ADDRSTRLEN)
                                               : NULL;
}

const char *translate_address(struct arena *arena, const char *text)
{
    const char *zone = strchr(text, '%'), *address;

    if (!zone) {
        address = in_family(arena, AF_INET, text);
        return address ? address : in_family(arena, AF_INET6, text);
    }
    address = in_family(arena, AF_INET6, arena_strndup(arena, text, (size_t)(zone - text)));
    return address && zone[1] ? arena_printf(arena, "%s%s", address, zone) : NULL;
}

const char *translate_prefix(struct arena *arena, const char *text)
{
    const char *slash = strchr(text, '/'), *address;
    uint64_t bits;

    if (!slash || !number_parse_digits(slash + 1, strlen(slash + 1), 10, &bits))
        return NULL;
    address = translate_address(arena, arena_strndup(arena, text, (size_t)(slash - text)));
    if (!address || strchr(address, '%') || bits > (strchr(address, ':') ? IPV6_BITS : IPV4_BITS))
        return NULL;
    return arena_printf(arena, "%s/%u", address, (unsigned)bits);
}

const char *translate_mac(struct arena *arena, const char *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    char *out = arena_alloc(arena, MAC_BYTES_MOST * 3);
    size_t groups = 0;

    while (groups < MAC_BYTES_MOST && strspn(text, digits) == 2) {
        for (size_t i = 0; i < 2; i++)
            out[groups * 3 + i] =
                (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
        text += 2;
        groups++;
        if ((*text != ':' && *text != '-') || text[1] == '\0')
            break;
        out[groups * 3 - 1] = ':';
        text++;
    }
    return *text == '\0' && (groups == 6 || groups == 8 || groups == MAC_BYTES_MOST) ? out : NULL;
}
