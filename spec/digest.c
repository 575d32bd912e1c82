/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"
#include "spec/file.h"

enum {
    PIECE_BYTES = 64 * 1024,
    SECRET_BYTES = 16,
    SALT_BYTES = 16,
    SCRYPT_N = 4096,
    SCRYPT_R = 8,
    SCRYPT_P = 1,
    SCRYPT_MEMORY_BYTES = 32 * 1024 * 1024, /* an upper bound; 4 MiB are used */
};

static const char *hex_of(struct arena *arena, const unsigned char *bytes, size_t count)
{
    char *hex = arena_alloc(arena, count * 2 + 1);

    for (size_t i = 0; i < count; i++) {
        hex[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
        hex[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return hex;
}

static bool open_regular(const char *path, uint64_t limit, int *ret_file, struct error *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat info;

    if (file < 0)
        return spec_file_error(err, errno, "open", path);
    if (fstat(file, &info) != 0) {
        (void)spec_file_error(err, errno, "stat", path);
        (void)close(file);
        return false;
    }
    if (!S_ISREG(info.st_mode) || (uint64_t)info.st_size > limit) {
        (void)(S_ISREG(info.st_mode)
                   ? error_set(err, ERROR_INPUT, "%s has more than %" PRIu64 " bytes", path, limit)
                   : error_set(err, ERROR_INPUT, "%s is not a regular file", path));
        (void)close(file);
        return false;
    }
    *ret_file = file;
    return true;
}

/* A file may grow while it is read: `limit` ends that as well. */
static bool add_all(EVP_MD_CTX *digest, int file, const char *path, uint64_t limit,
                    struct error *err)
{
    unsigned char piece[PIECE_BYTES];
    uint64_t total = 0;
    ssize_t got;

    while ((got = read(file, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return spec_file_error(err, errno, "read", path);
        total += (uint64_t)got;
        if (total > limit)
            return error_set(err, ERROR_INPUT, "%s has more than %" PRIu64 " bytes", path, limit);
        if (!EVP_DigestUpdate(digest, piece, (size_t)got))
            fatal("libcrypto has no SHA-256");
    }
    return true;
}

bool spec_digest_file(struct arena *arena, const char *path, uint64_t limit, const char **ret_hex,
                      struct error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *digest;
    unsigned size = 0;
    int file = -1;
    bool good;

    if (!open_regular(path, limit, &file, err))
        return false;
    digest = EVP_MD_CTX_new();
    if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        fatal("libcrypto has no SHA-256");
    good = add_all(digest, file, path, limit, err);
    (void)close(file); /* only read */
    if (good && !EVP_DigestFinal_ex(digest, bytes, &size))
        fatal("libcrypto has no SHA-256");
    EVP_MD_CTX_free(digest);
    if (good)
        *ret_hex = hex_of(arena, bytes, size);
    return good;
}

const char *spec_digest_secret(struct arena *arena, const char *sha256, const char *salt)
{
    unsigned char bytes[SECRET_BYTES];

    if (!EVP_PBE_scrypt(sha256, strlen(sha256), (const unsigned char *)salt, strlen(salt), SCRYPT_N,
                        SCRYPT_R, SCRYPT_P, SCRYPT_MEMORY_BYTES, bytes, sizeof(bytes)))
        fatal("libcrypto has no scrypt");
    return hex_of(arena, bytes, sizeof(bytes));
}

const char *spec_digest_salt(struct arena *arena)
{
    unsigned char bytes[SALT_BYTES];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        fatal("libcrypto has no random numbers");
    return hex_of(arena, bytes, sizeof(bytes));
}
