/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine_client/instant.h"
#include "spec/base/text.h"

void units_add_duration(struct text *out, int64_t ns)
{
    int64_t seconds = ns / NS_PER_SECOND;
    int64_t minutes = seconds / 60;
    int64_t hours = (seconds + 1800) / 3600; /* rounded */

    if (seconds < 1)
        text_add(out, "Less than a second");
    else if (seconds == 1)
        text_add(out, "1 second");
    else if (seconds < 60)
        text_addf(out, "%lld seconds", (long long)seconds);
    else if (minutes == 1)
        text_add(out, "About a minute");
    else if (minutes < 60)
        text_addf(out, "%lld minutes", (long long)minutes);
    else if (hours == 1)
        text_add(out, "About an hour");
    else if (hours < 48)
        text_addf(out, "%lld hours", (long long)hours);
    else if (hours < 24 * 7 * 2)
        text_addf(out, "%lld days", (long long)(hours / 24));
    else if (hours < 24 * 30 * 2)
        text_addf(out, "%lld weeks", (long long)(hours / 24 / 7));
    else if (hours < 24 * 365 * 2)
        text_addf(out, "%lld months", (long long)(hours / 24 / 30));
    else
        text_addf(out, "%lld years", (long long)(hours / 24 / 365));
}

static void add_scaled(struct text *out, double bytes, int digits, double base,
                       const char *const *names, size_t count)
{
    size_t unit = 0;

    while (bytes >= base && unit + 1 < count) {
        bytes /= base;
        unit++;
    }
    text_addf(out, "%.*g%s", digits, bytes, names[unit]);
}

void units_add_size(struct text *out, double bytes, int digits)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};

    add_scaled(out, bytes, digits, 1000, names, COUNT_OF(names));
}

void units_add_binary_size(struct text *out, double bytes, int digits)
{
    static const char *const names[] = {"B",   "KiB", "MiB", "GiB", "TiB",
                                        "PiB", "EiB", "ZiB", "YiB"};

    add_scaled(out, bytes, digits, 1024, names, COUNT_OF(names));
}

enum { INSTANT_BYTES = 64 }; /* more than either form takes */

void units_add_instant(struct text *out, int64_t ns)
{
    time_t seconds = (time_t)(ns / NS_PER_SECOND);
    struct tm parts;
    char made[INSTANT_BYTES];

    (void)localtime_r(&seconds, &parts);
    text_add_bytes(out, made, strftime(made, sizeof(made), "%Y-%m-%d %H:%M:%S %z %Z", &parts));
}

static void add_zone(struct text *out, const struct tm *parts)
{
    long minutes = parts->tm_gmtoff / 60;

    if (minutes == 0)
        text_add_char(out, 'Z');
    else
        text_addf(out, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60,
                  labs(minutes) % 60);
}

static void add_rfc3339(struct text *out, int64_t ns, bool exact)
{
    time_t seconds = (time_t)(ns / NS_PER_SECOND);
    long long rest = (long long)(ns % NS_PER_SECOND);
    struct tm parts;
    char made[INSTANT_BYTES];

    (void)localtime_r(&seconds, &parts);
    text_add_bytes(out, made, strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%S", &parts));
    if (exact && rest > 0) {
        text_addf(out, ".%09lld", rest);
        while (out->bytes[out->length - 1] == '0')
            text_truncate(out, out->length - 1);
    }
    add_zone(out, &parts);
}

void units_add_rfc3339(struct text *out, int64_t ns)
{
    add_rfc3339(out, ns, false);
}

void units_add_exact_instant(struct text *out, int64_t ns)
{
    add_rfc3339(out, ns, true);
}
