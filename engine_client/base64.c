/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/text.h"

void base64_encode(struct text *out, struct span bytes, bool url_safe)
{
    unsigned char *coded = xmalloc(4 * ((bytes.length + 2) / 3) + 1);
    int length;

    if (bytes.length > INT_MAX)
        fatal("base64 of more than 2 GiB");
    length = EVP_EncodeBlock(coded, (const unsigned char *)bytes.bytes, (int)bytes.length);
    for (int i = 0; url_safe && i < length; i++) {
        if (coded[i] == '+')
            coded[i] = '-';
        else if (coded[i] == '/')
            coded[i] = '_';
    }
    text_add_bytes(out, coded, (size_t)length);
    free(coded);
}

bool base64_decode(struct text *out, struct span coded)
{
    unsigned char *bytes;
    size_t padding = 0;
    int length;

    while (coded.length > 0 && strchr(" \r\n\t", coded.bytes[coded.length - 1]))
        coded.length--;
    if (coded.length % 4 != 0 || coded.length > INT_MAX)
        return false;
    while (padding < 2 && padding < coded.length && coded.bytes[coded.length - 1 - padding] == '=')
        padding++;
    bytes = xmalloc(coded.length / 4 * 3 + 1);
    length = EVP_DecodeBlock(bytes, (const unsigned char *)coded.bytes, (int)coded.length);
    if (length >= 0 && (size_t)length >= padding)
        text_add_bytes(out, bytes, (size_t)length - padding);
    free(bytes);
    return length >= 0;
}
