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
#include "compose/execute/lock_directory.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"
#include "spec/hash.h"

enum {
    NAME_DIGITS = 16,
    GENERATION_DIGITS = 20,
    HOLDER_DIGITS = 10,
    STATE_BYTES = GENERATION_DIGITS + 1 + HOLDER_DIGITS + 1,
    MOST_NOTE_BYTES = 1 << 20,
    NS_PER_MS = 1000000,
};

struct project_lock {
    int directory, file; /* -1: no lock */
    bool held;
    bool removable; /* this run has created the file or has held the lock */
    bool replaced;  /* the file that was open first has been removed by its holder */
    struct arena *arena;
    const char *project, *name;
    struct error problem;
    struct pending_list notes; /* while held: those in the file; an id of NULL: removed */
};

static void open_file(struct project_lock *lock)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

    lock->file = openat(lock->directory, lock->name, flags | O_EXCL, 0600);
    if (lock->file >= 0)
        lock->removable = true;
    else if (errno == EEXIST)
        lock->file = openat(lock->directory, lock->name, flags, 0600);
    if (lock->file < 0)
        (void)error_set_errno(&lock->problem, "%s", lock->name);
}

struct project_lock *project_lock_create(const char *engine_url, const char *project)
{
    struct project_lock *lock = xcalloc(1, sizeof(*lock));
    const char *engine;

    lock->arena = arena_create();
    lock->file = -1;
    lock->project = arena_strdup(lock->arena, project);
    error_init(&lock->problem);
    lock->directory = lock_directory_open(&lock->problem);
    if (lock->directory < 0)
        return lock;
    engine = spec_sha256_hex(lock->arena, engine_url, strlen(engine_url));
    lock->name = arena_printf(lock->arena, "%.*s-%s.lock", NAME_DIGITS, engine, project);
    open_file(lock);
    return lock;
}

/* Is the open file still the one of that name? */
static bool is_current(const struct project_lock *lock)
{
    struct stat opened, named;

    return fstat(lock->file, &opened) == 0 &&
           fstatat(lock->directory, lock->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Only its holder removes it: another run that has it open finds out in project_lock_take(). */
static void remove_file(struct project_lock *lock)
{
    struct stat status;

    if (!lock->removable || flock(lock->file, LOCK_EX | LOCK_NB) != 0)
        return;
    if (is_current(lock) && fstat(lock->file, &status) == 0 && status.st_size <= STATE_BYTES)
        (void)unlinkat(lock->directory, lock->name, 0);
}

void project_lock_destroy(struct project_lock *lock)
{
    if (!lock)
        return;
    if (lock->file >= 0) {
        (void)project_lock_release(lock, false);
        remove_file(lock);
        (void)close(lock->file);
    }
    if (lock->directory >= 0)
        (void)close(lock->directory);
    error_finish(&lock->problem);
    arena_destroy(lock->arena);
    free(lock);
}

const char *project_lock_problem(const struct project_lock *lock)
{
    return lock->file < 0 ? lock->problem.frames[0].text : NULL;
}

/* "GENERATION PID\n", both of a fixed width; then the notes. */
static uint64_t read_state(const struct project_lock *lock, uint64_t *ret_holder)
{
    char content[STATE_BYTES];
    uint64_t generation;
    ssize_t length = lock->file >= 0 ? pread(lock->file, content, sizeof(content), 0) : 0;

    *ret_holder = 0;
    if (length != (ssize_t)sizeof(content) ||
        !number_parse_digits(content, GENERATION_DIGITS, 10, &generation) ||
        !number_parse_digits(content + GENERATION_DIGITS + 1, HOLDER_DIGITS, 10, ret_holder))
        return 0;
    return generation;
}

static void write_all(const struct project_lock *lock, const struct text *content, off_t offset)
{
    ssize_t written = pwrite(lock->file, content->bytes, content->length, offset);

    (void)written; /* at worst the next run looks once more, or waits for less */
}

static void write_state(const struct project_lock *lock, uint64_t generation, uint64_t holder)
{
    struct text content;

    text_init(&content, 0);
    text_addf(&content, "%0*" PRIu64 " %0*" PRIu64 "\n", GENERATION_DIGITS, generation,
              HOLDER_DIGITS, holder);
    write_all(lock, &content, 0);
    text_finish(&content);
}

static void write_notes(const struct project_lock *lock)
{
    struct text content;

    text_init(&content, 0);
    for (size_t i = 0; i < lock->notes.count; i++)
        if (lock->notes.items[i].id)
            pending_write(&content, &lock->notes.items[i]);
    write_all(lock, &content, STATE_BYTES);
    (void)!ftruncate(lock->file, STATE_BYTES + (off_t)content.length);
    text_finish(&content);
}

void project_lock_pending(const struct project_lock *lock, struct arena *arena,
                          struct pending_list *ret_list)
{
    struct stat status;
    size_t size;
    char *content;
    ssize_t length;

    *ret_list = (struct pending_list){0};
    if (lock->file < 0 || fstat(lock->file, &status) != 0 || status.st_size <= STATE_BYTES)
        return;
    size = (size_t)(status.st_size - STATE_BYTES);
    size = size < MOST_NOTE_BYTES ? size : MOST_NOTE_BYTES;
    content = xmalloc(size);
    length = pread(lock->file, content, size, STATE_BYTES);
    if (length > 0)
        pending_read(arena, (struct span){content, (size_t)length}, instant_now() / NS_PER_MS,
                     ret_list);
    free(content);
}

size_t project_lock_note(struct project_lock *lock, const struct pending_note *note)
{
    struct pending_list *notes = &lock->notes;
    struct pending_note *added;

    if (!lock->held)
        return 0;
    notes->items = arena_grow(lock->arena, notes->items, &notes->capacity, notes->count + 1,
                              sizeof(*notes->items));
    added = &notes->items[notes->count++];
    *added = *note;
    added->id = arena_strdup(lock->arena, note->id);
    added->name = arena_strdup(lock->arena, note->name);
    write_notes(lock);
    return notes->count;
}

static bool ends(enum pending_kind kind)
{
    return !pending_matters(kind, PENDING_STARTS);
}

void project_lock_settled(struct project_lock *lock, size_t number)
{
    const struct pending_note *settled;
    const char *id;

    if (number == 0 || !lock->held)
        return;
    settled = &lock->notes.items[number - 1];
    id = settled->id;
    for (size_t i = 0; i < lock->notes.count; i++) {
        struct pending_note *other = &lock->notes.items[i];

        if (i + 1 == number ||
            (other->id && strcmp(other->id, id) == 0 && ends(settled->kind) && ends(other->kind)))
            other->id = NULL;
    }
    write_notes(lock);
}

void project_lock_forget(struct project_lock *lock, enum pending_scope scope)
{
    if (!lock->held)
        return;
    for (size_t i = 0; i < lock->notes.count; i++)
        if (pending_matters(lock->notes.items[i].kind, scope))
            lock->notes.items[i].id = NULL;
    write_notes(lock);
}

uint64_t project_lock_generation(const struct project_lock *lock)
{
    uint64_t holder;

    return read_state(lock, &holder);
}

bool project_lock_is_held(const char *engine_url, const char *project)
{
    struct project_lock *lock = project_lock_create(engine_url, project);
    uint64_t holder;

    (void)read_state(lock, &holder);
    project_lock_destroy(lock);
    return holder != 0 && (kill((pid_t)holder, 0) == 0 || errno == EPERM);
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

/* False: interrupted, or the file has been removed and cannot be created again. */
static bool lock_current_file(struct project_lock *lock, struct console *console)
{
    uint64_t holder;

    for (;;) {
        if (flock(lock->file, LOCK_EX | LOCK_NB) != 0) {
            (void)read_state(lock, &holder);
            console_note(console,
                         "Waiting for process %" PRIu64 ", which is changing project \"%s\"\n",
                         holder, lock->project);
            console_flush_briefly(console);
            if (!wait_for_lock(lock))
                return false;
        }
        if (is_current(lock))
            return true;
        (void)close(lock->file);
        lock->replaced = true;
        open_file(lock);
        if (lock->file < 0)
            return false;
    }
}

enum project_lock_answer project_lock_take(struct project_lock *lock, struct console *console,
                                           uint64_t seen)
{
    uint64_t generation;
    uint64_t holder;
    bool changed;

    if (lock->file < 0 || lock->held)
        return PROJECT_LOCK_SAME;
    if (!lock_current_file(lock, console))
        return lock->file < 0 ? PROJECT_LOCK_CHANGED : PROJECT_LOCK_INTERRUPTED;
    lock->held = lock->removable = true;
    generation = read_state(lock, &holder);
    /* A holder that is still named was killed: whatever it did is not counted. */
    changed = generation != seen || lock->replaced || holder != 0;
    lock->replaced = false;
    write_state(lock, generation, (uint64_t)getpid());
    project_lock_pending(lock, lock->arena, &lock->notes);
    return changed ? PROJECT_LOCK_CHANGED : PROJECT_LOCK_SAME;
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
