/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks, volumes, images, progress, statistics, version and info.
 */
#include "tests/unit/test.h"

#include <math.h>
#include <string.h>

#include "engine_client/image.h"
#include "engine_client/network.h"
#include "engine_client/progress.h"
#include "engine_client/stats.h"
#include "engine_client/volume.h"
#include "spec/base/arena.h"

TEST(networks_are_decoded)
{
    static const char body[] =
        "[{\"Name\":\"p_default\",\"Id\":\"n1\",\"Created\":\"2026-11-21T11:"
        "35:41.5Z\",\"Driver\":\"bridge\","
        "\"EnableIPv6\":true,\"IPAM\":{\"Driver\":\"default\",\"Options\":"
        "null,\"Config\":[{\"Subnet\":\"10.1.0.0/16\","
        "\"Gateway\":\"10.1.0.1\",\"AuxiliaryAddresses\":{\"h\":\"10.1.0."
        "9\"}}]},\"Internal\":true,\"Containers\":"
        "{\"z\":{\"Name\":\"b\"},\"y\":{\"Name\":\"a\",\"IPv4Address\":\"10."
        "1.0.2/16\"}},\"Labels\":{\"a\":\"b\"}}]";
    struct arena *arena = arena_create();
    struct engine_network_list list;
    const struct engine_network *n;
    struct error err;

    error_init(&err);
    assert_true(engine_network_list_decode(arena, span_of(body), &list, &err));
    assert_int_equal(list.count, 1);
    n = &list.items[0];
    assert_string_equal(n->name, "p_default");
    assert_string_equal(n->members.items[0], "y");
    assert_string_equal(n->members.items[1], "z");
    assert_non_null(memmem(n->raw.bytes, n->raw.length, "p_default", 9));
    arena_destroy(arena);
}

TEST(volumes_are_decoded)
{
    struct arena *arena = arena_create();
    struct engine_volume_list list;
    struct error err;

    error_init(&err);
    assert_true(engine_volume_list_decode(
        arena,
        span_of(
            "{\"Volumes\":[{\"Name\":\"v\",\"Driver\":\"local\",\"Labels\":null,\"CreatedAt\":"
            "\"2026-11-21T20:35:41+09:00\",\"Options\":{\"type\":\"nfs\"}}],\"Warnings\":null}"),
        &list, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].size_bytes, -1);
    assert_true(engine_volume_list_decode(arena, span_of("{\"Volumes\":null}"), &list, &err));
    assert_int_equal(list.count, 0);
    arena_destroy(arena);
}

TEST(images_are_decoded)
{
    static const char body[] =
        "{\"Id\":\"sha256:1\",\"RepoTags\":[\"a:1\"],\"RepoDigests\":null,\"Created\":\"2026-11-"
        "21T11:35:41Z\","
        "\"Architecture\":\"arm64\",\"Os\":\"linux\",\"Variant\":\"v8\",\"Size\":10,\"Config\":{"
        "\"Cmd\":[\"x\"],"
        "\"Volumes\":{\"/"
        "v\":{}},\"Labels\":{\"l\":\"1\"}},\"Descriptor\":{\"digest\":\"sha256:d\"},\"Manifests\":"
        "[{\"ID\":\"sha256:m\",\"Kind\":\"image\",\"Available\":true,\"Size\":{\"Total\":5},"
        "\"ImageData\":{\"Platform\":"
        "{\"os\":\"linux\",\"architecture\":\"arm64\"}}}]}";
    struct arena *arena = arena_create();
    struct engine_image image;
    struct engine_image_list list;
    struct error err;

    error_init(&err);
    assert_true(engine_image_decode(arena, span_of(body), &image, &err));
    assert_string_equal(image.platform.variant, "v8");
    assert_int_equal(image.manifest_count, 1);
    assert_string_equal(image.manifests[0].platform.architecture, "arm64");
    assert_true(engine_image_list_decode(
        arena,
        span_of("[{\"Id\":\"i\",\"RepoTags\":null,\"Created\":1795260941,\"Containers\":-1}]"),
        &list, &err));
    assert_string_equal(list.items[0].id, "i");
    assert_int_equal(list.items[0].repo_tags.count, 0);
    arena_destroy(arena);
}

TEST(progress_messages_are_decoded)
{
    struct arena *arena = arena_create();
    struct engine_progress progress;
    struct error err;

    error_init(&err);
    assert_true(engine_progress_decode(
        arena,
        span_of("{\"status\":\"Downloading\",\"id\":\"ab\",\"progressDetail\":"
                "{\"current\":3,\"total\":9}}"),
        &progress, &err));
    assert_true(progress.has_progress);
    assert_int_equal(progress.total, 9);
    assert_true(engine_progress_decode(
        arena, span_of("{\"status\":\"Pulling\",\"progressDetail\":{}}"), &progress, &err));
    assert_false(progress.has_progress);
    assert_true(engine_progress_decode(
        arena, span_of("{\"errorDetail\":{\"code\":1,\"message\":\"no\"},\"error\":\"no way\"}"),
        &progress, &err));
    assert_false(engine_progress_failure(&progress, &err));
    assert_string_equal(err.engine_message, "no");
    assert_true(engine_progress_decode(
        arena, span_of("{\"id\":\"moby.image.id\",\"aux\":{\"ID\":\"sha256:1\"}}"), &progress,
        &err));
    assert_string_equal(progress.image_id, "sha256:1");
    assert_null(progress.aux_text);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(statistics_are_summed_as_the_docker_cli_does)
{
    static const char body[] =
        "{\"name\":\"/"
        "w\",\"id\":\"aa\",\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":"
        "300},\"system_cpu_usage\":2000,"
        "\"online_cpus\":2},\"precpu_stats\":{\"cpu_usage\":{\"total_"
        "usage\":100},\"system_cpu_usage\":1000},"
        "\"memory_stats\":{\"usage\":1000,\"limit\":4000,\"stats\":{"
        "\"inactive_file\":200}},\"pids_stats\":"
        "{\"current\":4},\"networks\":{\"eth0\":{\"rx_bytes\":1,\"tx_"
        "bytes\":2},\"eth1\":{\"rx_bytes\":3}},"
        "\"blkio_stats\":{\"io_service_bytes_recursive\":[{\"op\":\"Read\","
        "\"value\":5},{\"op\":\"write\",\"value\":7},"
        "{\"op\":\"Total\",\"value\":12}]}}";
    struct arena *arena = arena_create();
    struct engine_stats stats;
    struct error err;

    error_init(&err);
    assert_true(engine_stats_decode(arena, span_of(body), &stats, &err));
    assert_string_equal(stats.name, "w");
    assert_true(fabs(stats.cpu_percent - 40.0) < 1e-9);
    assert_int_equal(stats.memory_bytes, 800);
    assert_true(fabs(stats.memory_percent - 20.0) < 1e-9);
    assert_int_equal(stats.network_received_bytes, 4);
    assert_int_equal(stats.block_read_bytes, 5);
    assert_int_equal(stats.block_written_bytes, 7);
    assert_int_equal(stats.pids, 4);
    arena_destroy(arena);
}
