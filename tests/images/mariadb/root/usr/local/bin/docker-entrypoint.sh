#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# First start: make the data directory, the accounts and the database that the variables ask for. Then become the server.
set -eo pipefail

fail() { echo "[ERROR] [Entrypoint]: $*" >&2; exit 1; }

# The value of MARIADB_$1 or MYSQL_$1, or the contents of the file that ..._FILE names.
setting() {
    local prefix name file
    for prefix in MARIADB MYSQL; do
        name=${prefix}_$1 file=${prefix}_$1_FILE
        [ -z "${!name:-}" ] || [ -z "${!file:-}" ] || fail "both $name and $file are set (but are exclusive)"
        if [ -n "${!name:-}" ]; then echo -n "${!name}"; return; fi
        if [ -n "${!file:-}" ]; then cat "${!file}"; return; fi
    done
}

quoted() { local text=${1//\\/\\\\}; echo -n "'${text//\'/\\\'}'"; }

case ${1:-} in -*) set -- mariadbd "$@" ;; esac
case ${1:-} in mysqld | mariadbd) ;; *) exec "$@" ;; esac

data=/var/lib/mysql
root_password=$(setting ROOT_PASSWORD)
mkdir -p $data /run/mysqld
[ "$(id -u)" != 0 ] || chown mysql:mysql $data /run/mysqld
as_mysql=()
[ "$(id -u)" != 0 ] || as_mysql=(setpriv --reuid mysql --regid mysql --clear-groups)

if [ ! -d $data/mysql ]; then
    empty=$(setting ALLOW_EMPTY_ROOT_PASSWORD)$(setting ALLOW_EMPTY_PASSWORD)
    random=$(setting RANDOM_ROOT_PASSWORD)
    [ -n "$root_password$empty$random" ] || fail "Database is uninitialized and password option is not specified
	You need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD"
    if [ -n "$random" ] && [ -z "$root_password" ]; then
        root_password=$(head -c 18 /dev/urandom | base64)
        echo "[Note] [Entrypoint]: GENERATED ROOT PASSWORD: $root_password"
    fi
    echo "[Note] [Entrypoint]: Initializing database files"
    "${as_mysql[@]}" mariadb-install-db --datadir=$data --skip-test-db --auth-root-authentication-method=normal \
        --skip-name-resolve --cross-bootstrap >/dev/null

    # On a private socket and without TCP, so that no health check takes this server for the real one.
    socket=/run/mysqld/first.sock
    "${as_mysql[@]}" "$@" --skip-networking --socket=$socket --pid-file=/run/mysqld/first.pid &
    first=$!
    client=(mariadb --no-defaults --protocol=socket --socket=$socket -uroot)
    for _ in $(seq 1 300); do
        "${client[@]}" -e 'SELECT 1' >/dev/null 2>&1 && break
        kill -0 $first 2>/dev/null || fail "the server for the first start ended"
        sleep 0.1
    done

    database=$(setting DATABASE) user=$(setting USER) password=$(setting PASSWORD)
    {
        echo "SET @@SESSION.SQL_LOG_BIN=0;"
        echo "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host NOT IN ('localhost')); FLUSH PRIVILEGES;"
        [ -z "$root_password" ] || echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$root_password");"
        echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$root_password"); GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
        [ -z "$database" ] || echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"
        if [ -n "$user" ]; then
            echo "CREATE USER '$user'@'%' IDENTIFIED BY $(quoted "$password");"
            [ -z "$database" ] || echo "GRANT ALL ON \`${database//_/\\_}\`.* TO '$user'@'%';"
        fi
    } | "${client[@]}"
    [ -z "$root_password" ] || client+=("-p$root_password")
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        *.sh) echo "[Note] [Entrypoint]: running $script"; if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
        *.sql) echo "[Note] [Entrypoint]: running $script"; "${client[@]}" $database <"$script" ;;
        *.sql.gz) echo "[Note] [Entrypoint]: running $script"; gzip -dc "$script" | "${client[@]}" $database ;;
        esac
    done
    kill $first
    wait $first || fail "the server for the first start did not end well"
    echo "[Note] [Entrypoint]: MariaDB init process done. Ready for start up."
fi

exec "${as_mysql[@]}" "$@"
