/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute_internal.h"
#include "spec/project.h"

bool execute_provider(struct execution *run, struct step *step, struct error *failure)
{
    (void)run;
    return error_set(failure, ERROR_INPUT, "service %s: providers cannot be run", step->service->name);
}
