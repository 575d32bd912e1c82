#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# healthcheck.sh --connect --innodb_initialized: each check must hold. Over TCP, which the server of the first start
# does not serve.
set -eo pipefail
user=${MARIADB_USER:-${MYSQL_USER:-root}}
if [ "$user" = root ]; then password=${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}; else password=${MARIADB_PASSWORD:-${MYSQL_PASSWORD:-}}; fi
query() { MYSQL_PWD=$password mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -u "$user" -N -B -e "$1"; }
for check in "$@"; do
    case $check in
    --connect) query 'SELECT 1' >/dev/null ;;
    --innodb_initialized)
        [ "$(query "SELECT 1 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT', 'ENABLED')")" = 1 ] ;;
    *) echo "unknown check $check" >&2; exit 1 ;;
    esac
done
