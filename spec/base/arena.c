/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK_BYTES = 8 * 1024, LARGEST_BLOCK_BYTES = 256 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;
    size_t next_block_bytes;
};

struct arena *arena_create(void)
{
    struct arena *arena = xcalloc(1, sizeof(*arena));

    arena->next_block_bytes = FIRST_BLOCK_BYTES;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block = xmalloc(sizeof(*block) + size);

    block->size = size;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = size >= 16 ? alignof(max_align_t) : 8;
    struct block *block = arena->blocks;
    size_t start;

    if (size > SIZE_MAX / 2)
        fatal("out of memory");
    start = block ? (block->used + align - 1) / align * align : 0;
    if (!block || start + size > block->size) {
        if (size > LARGEST_BLOCK_BYTES / 4) {
            /* A large piece gets a block of its own, put behind the current one so that its rest stays in use. */
            struct block *current = arena->blocks;

            block = add_block(arena, size);
            if (current) {
                arena->blocks = current;
                block->next = current->next;
                current->next = block;
            }
        } else {
            size_t bytes = arena->next_block_bytes;

            while (bytes < size)
                bytes *= 2;
            if (arena->next_block_bytes < LARGEST_BLOCK_BYTES)
                arena->next_block_bytes *= 2;
            block = add_block(arena, bytes);
        }
        start = 0;
    }
    block->used = start + size;
    return memset(block->bytes + start, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        fatal("out of memory");
    return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *s, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);

    memcpy(copy, s, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    int length;
    char *made;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        fatal("out of memory");
    made = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(made, (size_t)length + 1, format, args);
    return made;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *made;

    va_start(args, format);
    made = arena_vprintf(arena, format, args);
    va_end(args);
    return made;
}

void *arena_grow(struct arena *arena, void *old, size_t *capacity, size_t need, size_t size)
{
    size_t room = *capacity;
    void *made;

    if (need <= room)
        return old;
    if (need > SIZE_MAX / 2)
        fatal("out of memory");
    while (room < need)
        room = room ? room * 2 : 4;
    made = arena_array(arena, room, size);
    if (*capacity)
        memcpy(made, old, *capacity * size);
    *capacity = room;
    return made;
}
