/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random plans against the schedule: each of them ends, with any bound, and never more steps that take a slot run than
 * there are slots. The number of steps that run is counted here, not taken from the schedule.
 */
#include "compose/execute/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/number.h"
#include "tests/unit/test.h"

enum { PLANS = 3000, MOST_STEPS = 40, MOST_EDGES = 4, MOST_SLOTS = 6 };

/* One plan while it runs, as the executor would run it. */
struct simulation {
    struct schedule schedule;
    uint64_t random;
    int64_t seed;     /* of a random plan */
    bool *brief_over; /* by index: the first moment is over */
    size_t batches, most_running;
    bool fails; /* some steps fail */
};

/* xorshift: the same numbers on each machine. */
static size_t pick(struct simulation *simulation, size_t below)
{
    simulation->random ^= simulation->random << 13;
    simulation->random ^= simulation->random >> 7;
    simulation->random ^= simulation->random << 17;
    return (size_t)(simulation->random % below);
}

static struct plan *random_plan(struct simulation *simulation)
{
    struct plan *plan = plan_create();
    size_t count = 1 + pick(simulation, MOST_STEPS);
    bool many_builds = pick(simulation, 2) == 0;
    size_t *rank = arena_array(plan->arena, count, sizeof(*rank));

    for (size_t i = 0; i < count; i++) {
        enum step_kind kind = (enum step_kind)pick(simulation, STEP_KINDS);

        if (many_builds && pick(simulation, 3) > 0)
            kind = STEP_IMAGE_BUILD;
        (void)plan_add(plan, kind, NULL);
        rank[i] = pick(simulation, 1000); /* the order of the plan need not be that of its edges */
    }
    for (size_t i = 0; i < count; i++)
        for (size_t edges = pick(simulation, MOST_EDGES); edges > 0; edges--) {
            size_t other = pick(simulation, count);

            if (rank[other] < rank[i])
                plan_after(plan, plan->steps[i], plan->steps[other]);
        }
    return plan;
}

/* Name the plan that fails. */
static void check(const struct simulation *simulation, bool holds)
{
    if (!holds)
        print_message("TEST_SEED=%lld\n", (long long)simulation->seed);
    assert_true(holds);
}

static bool is_gathering_build(const struct simulation *simulation, const struct step *step)
{
    return simulation->schedule.gathers_builds && step->kind == STEP_IMAGE_BUILD;
}

/* Those that count: a call of the builder as one, a brief step during its first moment only. */
static size_t count_running(const struct simulation *simulation)
{
    const struct schedule *schedule = &simulation->schedule;
    size_t running = 0, batch = 0;

    for (size_t i = 0; i < schedule->plan->count; i++) {
        const struct step *step = schedule->plan->steps[i];
        unsigned flags = step_kind_rows[step->kind].flags;

        if (step->state != STEP_RUNNING)
            continue;
        if ((flags & STEP_TRANSFER) && schedule->transfers_unlimited)
            continue;
        if (is_gathering_build(simulation, step))
            batch = step->batched ? 1 : batch;
        else if ((flags & STEP_SLOT) || ((flags & STEP_BRIEF) && !simulation->brief_over[i]))
            running++;
    }
    return running + batch;
}

static void check_batch(const struct simulation *simulation)
{
    size_t members = 0;

    for (size_t i = 0; i < simulation->schedule.plan->count; i++)
        members += simulation->schedule.plan->steps[i]->batched;
    check(simulation, members > 0 && members <= simulation->schedule.batch_limit);
}

static void start_ready(struct simulation *simulation)
{
    struct schedule *schedule = &simulation->schedule;
    struct step *step;
    size_t running;

    do {
        schedule->blocked_more = false;
        for (size_t at = 0; (step = schedule_next(schedule, &at)) != NULL;) {
            schedule_begin(schedule, step);
            if (is_gathering_build(simulation, step))
                schedule_gather(schedule, step);
        }
    } while (schedule->blocked_more);
    if (schedule_begin_batch(schedule)) {
        simulation->batches++;
        check_batch(simulation);
    }
    running = count_running(simulation);
    check(simulation, running <= schedule->slots);
    if (running > simulation->most_running)
        simulation->most_running = running;
}

static enum step_state random_end(struct simulation *simulation)
{
    return simulation->fails && pick(simulation, 5) == 0 ? STEP_FAILED : STEP_DONE;
}

static void end_batch(struct simulation *simulation)
{
    struct schedule *schedule = &simulation->schedule;

    schedule_end_batch(schedule);
    for (size_t i = 0; i < schedule->plan->count; i++)
        if (schedule->plan->steps[i]->batched)
            schedule_end(schedule, schedule->plan->steps[i], random_end(simulation));
}

/* Something ends, or a moment is over: one of the things that the loop would wait for. False: there is none. */
static bool let_something_happen(struct simulation *simulation)
{
    struct schedule *schedule = &simulation->schedule;
    struct step *running[MOST_STEPS], *step;
    size_t count = 0, chosen;

    for (size_t i = 0; i < schedule->plan->count; i++) {
        step = schedule->plan->steps[i];
        if (step->state == STEP_RUNNING && !is_gathering_build(simulation, step))
            running[count++] = step;
    }
    if (count + schedule->batch_runs == 0)
        return false;
    chosen = pick(simulation, count + schedule->batch_runs);
    if (chosen == count) {
        end_batch(simulation);
        return true;
    }
    step = running[chosen];
    if (schedule_is_brief(step) && !simulation->brief_over[step->number - 1] &&
        pick(simulation, 2)) {
        simulation->brief_over[step->number - 1] = true;
        schedule_release_slot(schedule, step);
    } else {
        schedule_end(schedule, step, random_end(simulation));
    }
    return true;
}

static void run_to_end(struct simulation *simulation)
{
    struct schedule *schedule = &simulation->schedule;

    simulation->brief_over = xcalloc(schedule->plan->count, sizeof(bool));
    start_ready(simulation);
    while (schedule->in_flight > 0) {
        check(simulation, let_something_happen(simulation));
        start_ready(simulation);
    }
    for (size_t i = 0; i < schedule->plan->count; i++)
        check(simulation, schedule->plan->steps[i]->state >= STEP_DONE);
    check(simulation, schedule->slots_used == 0 && schedule->changing == 0);
    free(simulation->brief_over);
}

static void run_random_plan(int64_t seed)
{
    /* Multiplied, for neighbouring numbers begin alike. */
    struct simulation simulation = {.random = (uint64_t)seed * 2654435761u + 1, .seed = seed};
    int64_t parallel = (int64_t)pick(&simulation, MOST_SLOTS + 2) - 1;

    simulation.fails = pick(&simulation, 2) == 0;
    simulation.schedule.plan = random_plan(&simulation);
    simulation.schedule.gathers_builds = pick(&simulation, 3) > 0;
    schedule_set_bound(&simulation.schedule, parallel, parallel > 0 || pick(&simulation, 2), 1);
    run_to_end(&simulation);
    plan_destroy(simulation.schedule.plan);
}

/* From another plan on: TEST_SEED=N; a failure prints that of its plan. */
TEST(schedule_ends_each_random_plan_within_its_bound)
{
    const char *given = getenv("TEST_SEED");
    int64_t first = 20240611;

    if (given)
        assert_true(number_parse_int64(given, &first));
    print_message("TEST_SEED=%lld\n", (long long)first);
    for (int64_t seed = first; seed < first + PLANS; seed++)
        run_random_plan(seed);
}

/* -- Single properties -- */

static struct simulation many(struct plan *plan, enum step_kind kind, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)plan_add(plan, kind, NULL);
    return (struct simulation){.schedule = {.plan = plan}, .random = 1};
}

static size_t most_running(enum step_kind kind, int64_t parallel, bool given)
{
    struct plan *plan = plan_create();
    struct simulation simulation = many(plan, kind, 30);

    schedule_set_bound(&simulation.schedule, parallel, given, 2);
    run_to_end(&simulation);
    plan_destroy(plan);
    return simulation.most_running;
}

TEST(schedule_uses_all_slots_and_no_more)
{
    assert_int_equal(most_running(STEP_CONTAINER_START, 1, true), 1);
    assert_int_equal(most_running(STEP_CONTAINER_CREATE, 5, true), 5);
    assert_int_equal(most_running(STEP_IMAGE_PULL, 3, true), 3);
    assert_int_equal(most_running(STEP_CONTAINER_STOP, 3, true), 3);
    assert_int_equal(most_running(STEP_CONTAINER_START, -1, false), 8);
    assert_int_equal(most_running(STEP_IMAGE_PULL, -1, false), 8);
}

/* Without a bound the reference starts them all at once; the simulation does not count what takes no slot. */
TEST(schedule_lifts_the_bound_of_transfers_alone)
{
    struct plan *plan = plan_create();
    struct simulation simulation = many(plan, STEP_IMAGE_PULL, 30);

    schedule_set_bound(&simulation.schedule, -1, true, 2);
    simulation.brief_over = xcalloc(plan->count, sizeof(bool));
    start_ready(&simulation);
    assert_int_equal(simulation.schedule.in_flight, 30);
    free(simulation.brief_over);
    plan_destroy(plan);
    assert_int_equal(most_running(STEP_CONTAINER_START, -1, true), 8);
}

static size_t batches_of(size_t builds, int64_t parallel, bool given)
{
    struct plan *plan = plan_create();
    struct simulation simulation = many(plan, STEP_IMAGE_BUILD, builds);

    simulation.schedule.gathers_builds = true;
    schedule_set_bound(&simulation.schedule, parallel, given, 1);
    run_to_end(&simulation);
    plan_destroy(plan);
    return simulation.batches;
}

TEST(schedule_builds_as_many_in_one_call_as_were_asked_for)
{
    assert_int_equal(batches_of(30, -1, false), 1);
    assert_int_equal(batches_of(30, -1, true), 1);
    assert_int_equal(batches_of(30, 30, true), 1);
    assert_int_equal(batches_of(30, 10, true), 3);
    assert_int_equal(batches_of(3, 1, true), 3);
}

/* The first build must not wait for the second, which comes after it over steps of other kinds. */
TEST(schedule_does_not_gather_builds_behind_others)
{
    struct plan *plan = plan_create();
    struct step *first = plan_add(plan, STEP_IMAGE_BUILD, NULL);
    struct step *create = plan_add(plan, STEP_CONTAINER_CREATE, NULL);
    struct step *wait = plan_add(plan, STEP_WAIT, NULL);
    struct step *second = plan_add(plan, STEP_IMAGE_BUILD, NULL);
    struct simulation simulation = {.schedule = {.plan = plan, .gathers_builds = true},
                                    .random = 1};

    plan_after(plan, create, first);
    plan_after(plan, wait, create);
    plan_after(plan, second, wait);
    schedule_set_bound(&simulation.schedule, 1, true, 1);
    run_to_end(&simulation);
    assert_int_equal(simulation.batches, 2);
    assert_int_equal(second->state, STEP_DONE);
    plan_destroy(plan);
}

TEST(schedule_gathers_builds_that_come_after_pulls)
{
    struct plan *plan = plan_create();
    struct step *pull = plan_add(plan, STEP_IMAGE_PULL, NULL);
    struct step *build = plan_add(plan, STEP_IMAGE_BUILD, NULL);
    struct simulation simulation = {.schedule = {.plan = plan, .gathers_builds = true},
                                    .random = 1};

    (void)plan_add(plan, STEP_IMAGE_BUILD, NULL);
    plan_after(plan, build, pull);
    schedule_set_bound(&simulation.schedule, 2, true, 1);
    run_to_end(&simulation);
    assert_int_equal(simulation.batches, 1);
    plan_destroy(plan);
}

/* A pull that fails blocks a build that others were gathering with. */
TEST(schedule_begins_a_batch_when_the_awaited_build_is_blocked)
{
    struct plan *plan = plan_create();
    struct step *pull = plan_add(plan, STEP_IMAGE_PULL, NULL);
    struct step *blocked = plan_add(plan, STEP_IMAGE_BUILD, NULL);
    struct step *build = plan_add(plan, STEP_IMAGE_BUILD, NULL);
    struct simulation simulation = {.schedule = {.plan = plan, .gathers_builds = true}};
    bool brief_over[3] = {false};

    simulation.brief_over = brief_over;
    plan_after(plan, blocked, pull);
    schedule_set_bound(&simulation.schedule, 1, true, 1);
    start_ready(&simulation);
    assert_true(build->gathered);
    schedule_end(&simulation.schedule, pull, STEP_FAILED);
    start_ready(&simulation);
    assert_int_equal(blocked->state, STEP_BLOCKED);
    assert_true(build->batched);
    plan_destroy(plan);
}
