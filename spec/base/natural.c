/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/natural.h"

#include <stdbool.h>
#include <string.h>

#include "spec/base/utf8.h"

/* A character of the text; what is no UTF-8 counts as U+FFFD of one byte. */
static size_t next_code(const char *at, const char *end, uint32_t *ret_code)
{
    size_t size;

    if ((unsigned char)*at < 0x80) {
        *ret_code = (unsigned char)*at;
        return 1;
    }
    size = utf8_decode(at, (size_t)(end - at), ret_code);
    if (size > 0)
        return size;
    *ret_code = 0xfffd;
    return 1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number at `at` and how many digits it has. */
static size_t read_number(const char *at, uint64_t start, uint64_t *ret_value)
{
    size_t digits = 0;

    for (*ret_value = start; is_digit(at[digits]); digits++)
        *ret_value = *ret_value * 10 + (uint64_t)(at[digits] - '0');
    return digits;
}

/* The texts differ at `a` and `b`, neither of which is a letter; `begin` is where the text of `a` starts. */
static int compare_numbers(const char *begin, const char *a, const char *b, uint32_t code_a,
                           uint32_t code_b)
{
    uint64_t start = 0, number_a, number_b;
    size_t digits_a, digits_b;

    /* A zero inside a number is not a leading one. */
    if (*a == '0' || *b == '0')
        for (const char *at = a; at > begin && is_digit(at[-1]); at--)
            if (at[-1] != '0')
                start = 1;
    digits_a = read_number(a, start, &number_a);
    digits_b = read_number(b, start, &number_b);
    if (number_a != number_b)
        return number_a < number_b ? -1 : 1;
    if (digits_a != digits_b)
        return digits_a < digits_b ? -1 : 1;
    return code_a < code_b ? -1 : code_a > code_b;
}

int natural_compare(const char *a, const char *b)
{
    const char *begin = a, *end_a = a + strlen(a), *end_b = b + strlen(b);
    bool after_digit = false, letter_a, letter_b;
    uint32_t code_a, code_b;

    while (*a && *b) {
        size_t size_a = next_code(a, end_a, &code_a), size_b = next_code(b, end_b, &code_b);

        if (code_a != code_b)
            break;
        after_digit = is_digit(*a);
        a += size_a;
        b += size_b;
    }
    if (!*a || !*b)
        return *b ? -1 : *a ? 1 : 0;
    letter_a = utf8_is_letter(code_a);
    letter_b = utf8_is_letter(code_b);
    if (letter_a && letter_b)
        return code_a < code_b ? -1 : 1;
    if (letter_a != letter_b)
        return letter_a == after_digit ? -1 : 1;
    return compare_numbers(begin, a, b, code_a, code_b);
}
