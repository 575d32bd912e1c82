/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of read_*.c share while one YAML file becomes a tree: the reader, and a node, value or scalar of it. Nobody
 * else includes this. All fail with `reader->err` set.
 */
#pragma once

#include <yaml.h>

#include "spec/base/index.h"
#include "spec/read.h"
#include "spec/yaml_mend.h"

struct anchor {
    struct spec_node *node;       /* NULL while it is being read */
    const struct spec_path *open; /* its way, while it is being read */
    bool dropped;                 /* it was tagged !reset */
    size_t depth;                 /* segments of its way */
    size_t marks_from, marks_to;  /* what was marked at it and in it */
    size_t nodes;                 /* how many a copy has */
    unsigned height;              /* levels below it */
    unsigned deepest_before;      /* the reader's, while it is being read */
};

struct spec_reader {
    yaml_parser_t parser;
    struct spec_tree *tree;
    const char *file;
    struct span content;
    struct yaml_mend *mend; /* or NULL: the content is parsed as it is */
    struct index anchor_names;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    struct spec_marks marks; /* of all documents; each gets its slice */
    unsigned deepest;        /* level of any node read, or of any in the anchor that is open */
    bool ended;
    struct error *err;
};

/* Where a node is being read. */
struct spot {
    const struct spec_path *path;
    unsigned depth;   /* levels of nesting */
    bool in_override; /* below !override nothing more is marked */
    bool in_merge;    /* the value of `<<`: its list is no part of the path */
};

struct place spec_reader_place(const struct spec_reader *reader, yaml_mark_t mark);
/** The event is the caller's to delete. */
bool spec_reader_event(struct spec_reader *reader, yaml_event_t *ret_event) WARN_UNUSED;
/** The node that starts with `event`, which stays the caller's; `*ret_dropped` when it is not to be stored. */
struct spec_node *spec_reader_node(struct spec_reader *reader, yaml_event_t *event,
                                   const struct spot *spot, bool *ret_dropped);
/** The same for the event that follows. */
struct spec_node *spec_reader_value(struct spec_reader *reader, const struct spot *spot,
                                    bool *ret_dropped);
/** What a plain or quoted scalar means, into `node`. */
bool spec_reader_scalar(struct spec_reader *reader, const yaml_event_t *event,
                        struct spec_node *node) WARN_UNUSED;
/** The members of a mapping that has just started, and what `<<` brings (read_map.c). */
bool spec_reader_members(struct spec_reader *reader, struct spec_node *map,
                         const struct spot *spot) WARN_UNUSED;
