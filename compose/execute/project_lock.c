/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/project_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/hash.h"

enum { NAME_DIGITS = 16, GENERATION_DIGITS = 20, HOLDER_DIGITS = 10 };

struct project_lock {
    int file; /* -1: no lock */
    bool held;
    struct arena *arena;
    const char *project;
};

static const char *directory(struct arena *arena)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *path = runtime && runtime[0] == '/'
                           ? arena_printf(arena, "%s/docker-compose", runtime)
                           : arena_printf(arena, "/tmp/docker-compose-%u", (unsigned)getuid());
    struct stat status;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return NULL;
    /* In /tmp anybody could have made it. */
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != getuid())
        return NULL;
    return path;
}

struct project_lock *project_lock_create(const char *engine_url, const char *project)
{
    struct project_lock *lock = xcalloc(1, sizeof(*lock));
    const char *where, *name;

    lock->arena = arena_create();
    lock->file = -1;
    lock->project = arena_strdup(lock->arena, project);
    where = directory(lock->arena);
    if (!where)
        return lock;
    name = spec_sha256_hex(lock->arena, engine_url, strlen(engine_url));
    lock->file =
        open(arena_printf(lock->arena, "%s/%.*s-%s.lock", where, NAME_DIGITS, name, project),
             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return lock;
}

void project_lock_destroy(struct project_lock *lock)
{
    if (!lock)
        return;
    if (lock->file >= 0)
        (void)close(lock->file);
    arena_destroy(lock->arena);
    free(lock);
}

/* "GENERATION PID\n", both of a fixed width. */
static uint64_t read_state(const struct project_lock *lock, uint64_t *ret_holder)
{
    char content[GENERATION_DIGITS + 1 + HOLDER_DIGITS];
    uint64_t generation;
    ssize_t length = lock->file >= 0 ? pread(lock->file, content, sizeof(content), 0) : 0;

    *ret_holder = 0;
    if (length != (ssize_t)sizeof(content) ||
        !number_parse_digits(content, GENERATION_DIGITS, 10, &generation) ||
        !number_parse_digits(content + GENERATION_DIGITS + 1, HOLDER_DIGITS, 10, ret_holder))
        return 0;
    return generation;
}

static void write_state(const struct project_lock *lock, uint64_t generation, uint64_t holder)
{
    char *content = arena_printf(lock->arena, "%0*" PRIu64 " %0*" PRIu64 "\n", GENERATION_DIGITS,
                                 generation, HOLDER_DIGITS, holder);
    ssize_t written = pwrite(lock->file, content, strlen(content), 0);

    (void)written; /* at worst the next run looks once more, or once less */
}

uint64_t project_lock_generation(const struct project_lock *lock)
{
    uint64_t holder;

    return read_state(lock, &holder);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* The loop does not turn meanwhile and restarts system calls on signals, so the wait listens for itself. */
static bool wait_for_lock(const struct project_lock *lock)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction before[COUNT_OF(numbers)], ours = {.sa_handler = on_interrupt};
    bool taken = false;

    interrupted = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (sigaction(numbers[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &ours, NULL);
    while (!interrupted && !taken) {
        taken = flock(lock->file, LOCK_EX) == 0;
        if (!taken && errno != EINTR)
            break;
    }
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        (void)sigaction(numbers[i], &before[i], NULL);
    if (taken && interrupted)
        (void)flock(lock->file, LOCK_UN);
    return !interrupted;
}

enum project_lock_answer project_lock_take(struct project_lock *lock, struct console *console,
                                           uint64_t seen)
{
    uint64_t generation;
    uint64_t holder;

    if (lock->file < 0 || lock->held)
        return PROJECT_LOCK_SAME;
    if (flock(lock->file, LOCK_EX | LOCK_NB) != 0) {
        (void)read_state(lock, &holder);
        console_note(console, "Waiting for process %" PRIu64 ", which is changing project \"%s\"\n",
                     holder, lock->project);
        console_flush_briefly(console);
        if (!wait_for_lock(lock))
            return PROJECT_LOCK_INTERRUPTED;
    }
    lock->held = true;
    generation = read_state(lock, &holder);
    write_state(lock, generation, (uint64_t)getpid());
    return generation != seen ? PROJECT_LOCK_CHANGED : PROJECT_LOCK_SAME;
}

uint64_t project_lock_release(struct project_lock *lock, bool changed)
{
    uint64_t generation;
    uint64_t holder;

    if (lock->file < 0 || !lock->held)
        return 0;
    generation = read_state(lock, &holder) + (changed ? 1 : 0);
    write_state(lock, generation, 0);
    (void)flock(lock->file, LOCK_UN);
    lock->held = false;
    return generation;
}
