/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/labels.h"

#include "spec/base/strings.h"

const char *labels_get(const struct pairs *labels, const char *name)
{
    const struct pair *pair = pairs_find(labels, name);

    return pair && pair->value ? pair->value : "";
}
