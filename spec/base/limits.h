/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every size that input controls has a name here. Crossing one is an ordinary error.
 */
#pragma once

#define LIMIT_FILE_BYTES         (64u * 1024 * 1024) /* one Compose file */
#define LIMIT_CONTENT_BYTES      (1024u * 1024 * 1024) /* a config or secret whose changes are noticed */
#define LIMIT_BUILD_AGE_FILES    20000u /* of a build context that `plan` looks at */
#define LIMIT_ENV_FILE_BYTES     (16u * 1024 * 1024)
#define LIMIT_NODES              4000000u /* tree nodes of one load; the reference refuses above 100,000 */
#define LIMIT_NESTING            1000u    /* levels of one document */
#define LIMIT_ALIAS_NODES        2000000u /* nodes made by expanding aliases */
#define LIMIT_INCLUDES           1000u    /* files pulled in by include and extends */
#define LIMIT_INCLUDE_DEPTH      50u
#define LIMIT_INTERPOLATED_BYTES (16u * 1024 * 1024) /* one value after interpolation */
#define LIMIT_INTERPOLATED_TOTAL                                                                   \
    (256u * 1024 * 1024) /* all values of a load, or of a file of variables */
#define LIMIT_INTERPOLATION_DEPTH 64u
#define LIMIT_MENDED              100000u /* flow collections of a document that are not of YAML 1.1 */
#define LIMIT_REPLICAS            10000u /* containers of one service */
#define LIMIT_FAILURES            50u    /* of one stage that are told one by one */
#define LIMIT_MESSAGE_BYTES       (64u * 1024)
#define LIMIT_CHILD_OUTPUT_BYTES  (64u * 1024 * 1024)  /* of a program whose output is kept whole */
#define LIMIT_ENGINE_LIST_BYTES   (64u * 1024 * 1024)  /* an answer that lists objects */
#define LIMIT_ENGINE_OBJECT_BYTES (16u * 1024 * 1024)  /* an answer that describes one */
#define LIMIT_ENGINE_RESULT_BYTES (1u * 1024 * 1024)   /* an answer to a change, or to a ping */
#define LIMIT_ENGINE_KEPT_BYTES   (128u * 1024 * 1024) /* all answers that are kept at a time */
#define LIMIT_JSON_LINE_BYTES     (16u * 1024 * 1024)  /* one message of a JSON stream */
