#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# First start: initdb, password, database, scripts. Then become the server.
set -eo pipefail

fail() { echo "Error: $*" >&2; exit 1; }
setting() {
    local file=${1}_FILE
    [ -z "${!1:-}" ] || [ -z "${!file:-}" ] || fail "both $1 and $file are set (but are exclusive)"
    if [ -n "${!file:-}" ]; then cat "${!file}"; else echo -n "${!1:-$2}"; fi
}

case ${1:-} in -*) set -- postgres "$@" ;; esac
[ "${1:-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=$(setting POSTGRES_USER postgres) password=$(setting POSTGRES_PASSWORD "")
    database=$(setting POSTGRES_DB "$user") method=$(setting POSTGRES_HOST_AUTH_METHOD scram-sha-256)
    [ -n "$password" ] || [ "$method" = trust ] || fail "Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser."
    initdb --username="$user" --pwfile=<(printf '%s\n' "${password:-none}") -A trust --encoding=UTF8 --locale=C.UTF-8 -D "$PGDATA" >/dev/null
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
    # Without TCP, so that no health check over the network takes it for the real server.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
    query=(psql -v ON_ERROR_STOP=1 --no-password -U "$user")
    [ "$database" = postgres ] || "${query[@]}" -d postgres -c "CREATE DATABASE \"$database\"" >/dev/null
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
        *.sql) "${query[@]}" -d "$database" -f "$script" ;;
        *.sql.gz) gzip -dc "$script" | "${query[@]}" -d "$database" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
    echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@"
