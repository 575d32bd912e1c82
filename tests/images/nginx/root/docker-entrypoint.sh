#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run the scripts of /docker-entrypoint.d before the server, as the official image does.
set -e
case ${1:-} in
nginx*)
    for script in /docker-entrypoint.d/*.sh; do
        [ ! -x "$script" ] || "$script"
    done
    ;;
esac
exec "$@"
