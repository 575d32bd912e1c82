/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spec/hash.h"

/*
 * What Docker Compose 2.40.3 prints for `config --hash a` (hash_2), and what 5.5 hashes where that differs (hash_5).
 * Labels depend on them: a container whose label is neither hash is recreated.
 */
/* clang-format off */
static const struct {
    const char *name, *service, *hash_5, *hash_2; /* hash_2 NULL: the same */
} vectors[] = {
    {"smallest",
     "    image: busybox\n"
     "    command: sleep infinity\n",
     "e76be045d98ce0ba80f499f2c3755d8aeb6349194ddf8c31d3818a737afd0596",
     NULL},
    {"lists that are empty",
     "    image: a\n"
     "    command: []\n"
     "    entrypoint: []\n"
     "    labels: {}\n"
     "    ports: []\n",
     "8267702c4fd990929e3b2ba445afd56238a0a40104b8d14bb294091dd411abf8",
     NULL},
    {"environment",
     "    image: a\n"
     "    environment: {B: 1.50, A: null, C: true, D: \"<&>\", E: \"é\\t\\u2028\"}\n",
     "ac73fb5056413ca4e659c8d38a300789a7c5b98db05d1ee617ffd4e9c7357622",
     NULL},
    {"ports in the order of their text",
     "    image: a\n"
     "    ports: [\"9-11:9-11\", \"127.0.0.1:53:53/udp\", \"3000\"]\n",
     "84363b39c704a3db6a3b66cfe42d08a34f2cc98d7900a2b097782bf584f34fb4",
     NULL},
    {"short mounts",
     "    image: a\n"
     "    volumes: [\"./x:/x:ro\", \"data:/data\", /anonymous, /d]\n",
     "3c57177b75659e673809375474843411106b7dcfcf4a4fe6e8d413326d02887a",
     "48db8cea34db5d82e7e0a0cd6268524615a4b8f556d2ca3fb1f1e604c6bb5848"},
    {"long mounts",
     "    image: a\n"
     "    volumes:\n"
     "      - {type: bind, source: /x, target: /x}\n"
     "      - {type: bind, source: /y, target: /y, bind: {create_host_path: false}}\n"
     "      - {type: volume, source: data, target: /z}\n"
     "      - {type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0o700}}\n",
     "b32b06c060f4a9349bda5cca9d26092fe28d8c21422c11b15b0f2fda96febdc0",
     "f12364f87998883ea051f50563e423492788f65fe84d6c9351b9de0e71f2fcdd"},
    {"replicas alone leave an empty deploy",
     "    image: a\n"
     "    deploy: {replicas: 2}\n",
     "1594972185b5ebb99121ce44f78afc99a9a7f9c59c98d2d1651346d51590f959",
     NULL},
    {"what does not count",
     "    image: a\n"
     "    build: .\n"
     "    pull_policy: always\n"
     "    scale: 2\n"
     "    depends_on: [b]\n"
     "    profiles: []\n"
     "    x-note: 1\n",
     "ead32641ace023dfb5148a9f4e8937d023a3b7fcc8af8f3e47f76229311a2be6",
     NULL},
    {"durations",
     "    image: a\n"
     "    stop_grace_period: 90s\n"
     "    healthcheck: {test: \"true\", interval: 0s, timeout: 1500ms, start_period: 1d, retries: 0}\n",
     "c855a684415b723e2f3a8628cbfdd2050f2e06d1146951966e75ce89ea7af7d5",
     NULL},
    {"numbers",
     "    image: a\n"
     "    mem_limit: 1.5g\n"
     "    memswap_limit: -1\n"
     "    cpus: 0.1\n"
     "    pids_limit: 5\n"
     "    ulimits: {nofile: 10, nproc: {soft: 0, hard: 0}}\n"
     "    blkio_config: {weight: 10, device_read_bps: [{path: /d, rate: 1k}]}\n",
     "a2d4c2a148514f6cc8c59f05ccf3b9eeb5cfe03915570eb483f491aa22918176",
     NULL},
    {"networks",
     "    image: a\n"
     "    networks: {n: {aliases: [x], priority: 1}, m: {}, default: }\n",
     "9b3ed7b2f95c8d56238bb0311b5a66889b94d188deced2c4041816212ec2baf9",
     NULL},
    {"file references",
     "    image: a\n"
     "    secrets: [s, {source: s, target: /t, mode: 0o400}]\n"
     "    configs: [{source: c, uid: \"1\", mode: \"0440\"}]\n",
     "49866ea7a55a0dd29de78c139e26c85d022874f59d5c69ffd2dac0ccc3508597",
     NULL},
    {"hosts are sorted",
     "    image: a\n"
     "    extra_hosts: [\"b=2.2.2.2\", \"a:1.1.1.1\", \"b:1.1.1.1\"]\n",
     "5fe15b55dac9d6efd51aeca58cf17dd4ccd770b1d70f72702e341f898e7e41d8",
     NULL},
    {"devices",
     "    image: a\n"
     "    gpus: all\n"
     "    devices: [/dev/x, \"/dev/y:/dev/z:r\"]\n"
     "    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 2}]}}}\n",
     "bb9a6668eebacab87091054b1b0451ae97c478e637fdf11147e1cf14b6ffda71",
     NULL},
    {"hooks and watch",
     "    image: a\n"
     "    post_start: [{command: a b, environment: {A: 1}}]\n"
     "    pre_stop: [{command: [c]}]\n"
     "    develop: {watch: [{path: ., action: sync, target: /x, ignore: [y]}]}\n",
     "8bd73eac7e590d16c69e1450f31a36bd1d577c87c30d490c8ef7bd30a3846875",
     NULL},
    {"words of a command",
     "    image: a\n"
     "    command: a 'b c' \"d; e\" ; f\n",
     "657ac7a6fd6717642fc9ddbdedea82b549863ba92b1a7b0e2ab95f588ffc3964",
     NULL},
    {"deploy",
     "    image: a\n"
     "    deploy: {mode: replicated, update_config: {delay: 0s, parallelism: 0, max_failure_ratio: 0.1}, restart_policy: {delay: 0s}, placement: {constraints: [x==1]}}\n",
     "df997302ef09c536eeb26ce17ee09a8c6d08a0e76aba383a9100fbf4f6f6dd55",
     NULL},
    {"logging and labels",
     "    image: a\n"
     "    logging: {driver: json-file, options: {max-size: 10m, n: 1, e: }}\n"
     "    labels: [b=1, a, c=x=y]\n"
     "    annotations: {z: 1}\n",
     "64e5c2525172e06db1db48335b1cb98ff8701267689a4c81d3f71594cd639b9e",
     NULL},
    {"a provider",
     "    provider: {type: p, options: {b: 1, a: [x, true]}}\n",
     "31468e6034a916f6d4bbcbb7a0c932a714573a5555b6d172596e75ad6e791376",
     NULL},
};
/* clang-format on */

/* One project: service `a` as given, and all that it may refer to. */
struct fixture {
    struct arena *arena;
    struct spec_project *project;
};

static void setup(struct fixture *fixture, const char *service)
{
    static const char *const environment[] = {"HOME=/home/u", NULL};
    struct spec_load_options options = {
        .environment = environment, .project_name = "p", .project_directory = "/srv/app"};
    char directory[] = "/tmp/hash-XXXXXX";
    struct warnings warnings;
    struct error err;
    const char *path;
    FILE *file;

    fixture->arena = arena_create();
    warnings = (struct warnings){.arena = fixture->arena};
    error_init(&err);
    assert_non_null(mkdtemp(directory));
    path = arena_printf(fixture->arena, "%s/compose.yaml", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(
        file,
        "services:\n  a:\n%s  b: {image: b}\nvolumes: {data: {}, other: {driver: x, labels: [k=v]}}\n"
        "networks: {n: {}, m: {ipam: {options: {o: v}}}}\nsecrets: {s: {file: /s}}\n"
        "configs: {c: {file: /c}}\n",
        service);
    (void)fclose(file);
    strings_add(&options.files, fixture->arena, path);
    fixture->project = spec_project_load(&options, &warnings, &err);
    (void)unlink(path);
    (void)rmdir(directory);
    if (!fixture->project)
        fail_msg("%s", err.frames[0].text);
    error_finish(&err);
}

static void teardown(struct fixture *fixture)
{
    spec_project_destroy(fixture->project);
    arena_destroy(fixture->arena);
}

TEST(hash_of_services_in_both_forms)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct fixture fixture;
        const struct spec_service *service;
        const char *hash_2 = vectors[i].hash_2 ? vectors[i].hash_2 : vectors[i].hash_5;

        setup(&fixture, vectors[i].service);
        service = spec_project_service(fixture.project, "a");
        print_message("%s\n", vectors[i].name);
        assert_string_equal(spec_service_hash(fixture.arena, service, SPEC_HASH_5),
                            vectors[i].hash_5);
        assert_string_equal(spec_service_hash(fixture.arena, service, SPEC_HASH_2), hash_2);
        teardown(&fixture);
    }
}

TEST(hash_is_taken_of_compact_json)
{
    struct fixture fixture;
    const struct spec_service *service;

    setup(&fixture, "    image: busybox\n    command: sleep infinity\n    volumes: [\"./x:/x\"]\n");
    service = spec_project_service(fixture.project, "a");
    assert_string_equal(
        spec_service_hash_input(fixture.arena, service, SPEC_HASH_5),
        "{\"command\":[\"sleep\",\"infinity\"],\"entrypoint\":null,\"image\":\"busybox\","
        "\"networks\":{\"default\":null},\"volumes\":[{\"type\":\"bind\",\"source\":\"/srv/app/x\","
        "\"target\":\"/x\",\"bind\":{}}]}");
    assert_string_equal(
        spec_service_hash_input(fixture.arena, service, SPEC_HASH_2),
        "{\"command\":[\"sleep\",\"infinity\"],\"entrypoint\":null,\"image\":\"busybox\","
        "\"networks\":{\"default\":null},\"volumes\":[{\"type\":\"bind\",\"source\":\"/srv/app/x\","
        "\"target\":\"/x\",\"bind\":{\"create_host_path\":true}}]}");
    teardown(&fixture);
}

static const struct spec_network *network(const struct fixture *fixture, const char *key)
{
    for (size_t i = 0; i < fixture->project->networks.count; i++)
        if (strcmp(fixture->project->networks.items[i].key, key) == 0)
            return fixture->project->networks.items[i].value;
    fail_msg("no network %s", key);
    return NULL;
}

TEST(hash_of_networks_and_volumes)
{
    struct fixture fixture;

    setup(&fixture, "    image: a\n");
    /* {"name":"p_n","ipam":{}}; options of ipam are in the newer form only */
    assert_string_equal(spec_network_hash(fixture.arena, network(&fixture, "n"), SPEC_HASH_5),
                        "ea5b49fa9274f7f31f01fa41b035e6230904c057d78b6149a2f901547f28426b");
    assert_string_equal(spec_network_hash(fixture.arena, network(&fixture, "m"), SPEC_HASH_5),
                        "44a59abdfd38cff86f76ce2a16ed99a9531e3b6cd5144d4cb54f58751a989e69");
    assert_string_equal(spec_network_hash(fixture.arena, network(&fixture, "m"), SPEC_HASH_2),
                        "1150082b1dc6eef656a832427af3b1828acc35baa4be598cddb2d5364f971ed8");
    /* {"name":"p_data","driver":"local"}: the driver of the engine counts as written */
    assert_string_equal(spec_volume_hash(fixture.arena, fixture.project->volumes.items[0].value),
                        "bf2094b43d065b5f7aad7544497a3ed48d6551b83c79e6c2d0827b7337fcdd4b");
    assert_string_equal(spec_volume_hash(fixture.arena, fixture.project->volumes.items[1].value),
                        "5c82f6202c3924d7c0604e82dd809ac0ee165acd14f72b90f8301566fab9c038");
    teardown(&fixture);
}
