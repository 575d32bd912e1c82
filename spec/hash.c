/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/hash.h"

#include <openssl/evp.h>

#include "spec/render_json.h"

const char *spec_sha256_hex(struct arena *arena, const void *bytes, size_t length)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *hex;

    if (!EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL))
        fatal("libcrypto has no SHA-256");
    hex = arena_alloc(arena, (size_t)size * 2 + 1);
    for (unsigned i = 0; i < size; i++) {
        hex[i * 2] = "0123456789abcdef"[digest[i] >> 4];
        hex[i * 2 + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return hex;
}

/* The text that is hashed; text_finish() it. */
static struct text input_of(const struct spec_type *type, const void *record,
                            enum spec_hash_form form)
{
    struct json_writer json;
    struct text text;

    text_init(&text, 0);
    json_begin(&json, &text, 0);
    spec_json_record(&json, type, record,
                     form == SPEC_HASH_5 ? SPEC_JSON_HASH_5 : SPEC_JSON_HASH_2);
    return text;
}

static const char *hash_of(struct arena *arena, const struct spec_type *type, const void *record,
                           enum spec_hash_form form)
{
    CLEANUP(text_finish) struct text text = input_of(type, record, form);

    return spec_sha256_hex(arena, text.bytes, text.length);
}

const char *spec_service_hash_input(struct arena *arena, const struct spec_service *service,
                                    enum spec_hash_form form)
{
    CLEANUP(text_finish) struct text text = input_of(&spec_type_service, service, form);

    return arena_strndup(arena, text.bytes, text.length);
}

const char *spec_service_hash(struct arena *arena, const struct spec_service *service,
                              enum spec_hash_form form)
{
    return hash_of(arena, &spec_type_service, service, form);
}

const char *spec_network_hash(struct arena *arena, const struct spec_network *network,
                              enum spec_hash_form form)
{
    return hash_of(arena, &spec_type_network, network, form);
}

const char *spec_volume_hash(struct arena *arena, const struct spec_volume *volume)
{
    struct spec_volume hashed = *volume;

    if (!hashed.driver || !hashed.driver[0])
        hashed.driver = "local";
    return hash_of(arena, &spec_type_volume, &hashed, SPEC_HASH_5);
}
