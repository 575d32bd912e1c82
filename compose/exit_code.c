/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/exit_code.h"

#include "spec/base/error.h"

int exit_code_of(const struct error *err)
{
    static const int codes[] = {
        [ERROR_NONE] = 0,       [ERROR_USAGE] = 1,   [ERROR_INPUT] = 1,
        [ERROR_SYSTEM] = 1,     [ERROR_ENGINE] = 1,  [ERROR_CONNECTION] = 1,
        [ERROR_CANCELED] = 130, [ERROR_TIMEOUT] = 1, [ERROR_EXIT] = -1,
    };

    return err->kind == ERROR_EXIT ? err->exit_code : codes[err->kind];
}
