/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/arena.h"
#include "spec/base/mask.h"
#include "spec/base/span.h"

TEST(names_are_secret_by_their_words)
{
    static const char *const secret[] = {
        "PASSWORD",       "MYSQL_ROOT_PASSWORD",
        "PGPASSWORD",     "MYSQL_PASS",
        "PGPASS",         "SMTP_PWD",
        "REDIS_AUTH",     "JWT",
        "JWT_SECRET",     "AWS_CREDENTIALS",
        "SSH_PASSPHRASE", "PRIVATE",
        "API_KEY",        "apiKey",
        "dbPassword",     "client-secret",
        "GITHUB_TOKEN",   "auth",
        "x.auth",         "SECRET_KEY_BASE",
        "--requirepass",  "--password",
        "PASSWD",         "APIKEY",
        "SIGNING_KEYS",   "DB_PASSWORD_OLD",
    };
    static const char *const plain[] = {
        "KEY",    "AUTHOR",  "KEYBOARD", "USER", "DATABASE_URL", "PATH", "COMPOSE_PROJECT_NAME",
        "MONKEY", "PASSIVE", "HOST",     "",     "MODE",         "PORT",
    };

    for (size_t i = 0; i < COUNT_OF(secret); i++)
        if (!mask_is_secret_name(secret[i]))
            fail_msg("%s is shown", secret[i]);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (mask_is_secret_name(plain[i]))
            fail_msg("%s is hidden", plain[i]);
}

TEST(texts_lose_their_secret_parts_only)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"mysql://u:pw@db/x?a=b", "mysql://u:***@db/x?a=b"},
        {"https://token@git.example/r", "https://***@git.example/r"},
        {"amqp://:pw@mq", "amqp://:***@mq"},
        {"http://host:80/path@x", "http://host:80/path@x"},
        {"--password=pw --port=80", "--password=*** --port=80"},
        {"redis-server --requirepass pw --port 1", "redis-server --requirepass *** --port 1"},
        {"[\"mysqladmin\",\"ping\",\"-uroot\",\"-ppw\"]",
         "[\"mysqladmin\",\"ping\",\"-uroot\",\"-p***\"]"},
        {"[\"x\",\"--token\",\"pw\"]", "[\"x\",\"--token\",\"***\"]"},
        {"serve -p8080 -p 8080 -p", "serve -p8080 -p 8080 -p"},
        {"env DB_PASSWORD=pw run", "env DB_PASSWORD=*** run"},
        {"environment: {DB_PASSWORD: hunter2}, depends_on: [nope]",
         "environment: {DB_PASSWORD: ***}, depends_on: [nope]"},
        {"curl -f http://localhost/health || exit 1", "curl -f http://localhost/health || exit 1"},
        {"--token --verbose x", "--token --verbose x"},
        {"", ""},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(mask_text(arena, rows[i].text), rows[i].shown);
    arena_destroy(arena);
}

TEST(values_are_masked_by_name_and_by_text)
{
    struct arena *arena = arena_create();

    assert_string_equal(mask_value(arena, "DB_PASS", "x"), MASK_TEXT);
    assert_string_equal(mask_value(arena, "DB_PASS", ""), "");
    assert_string_equal(mask_value(arena, "DATABASE_URL", "pg://u:p@h"), "pg://u:***@h");
    assert_string_equal(mask_value(arena, "MODE", "fast"), "fast");
    arena_destroy(arena);
}
