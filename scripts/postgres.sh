#!/usr/bin/env bash
# Starts or stops a throwaway PostgreSQL for tests on 127.0.0.1, with its data in a temporary folder.
#   scripts/postgres.sh start   prints its address; reuses a running one
#   scripts/postgres.sh stop
# Durability is off: these are test databases; they lie in memory where a gigabyte is free there, which is seven times
# quicker beside a busy disk. Port and folder can be set: TEST_POSTGRES_PORT, TEST_POSTGRES_DIR.
set -euo pipefail
port=${TEST_POSTGRES_PORT:-54329}
roomy() { [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -n 1)" -gt 1048576 ]; }
default=/tmp/hefang-test-postgres
{ [ -d /dev/shm/hefang-test-postgres ] || { [ ! -d "$default" ] && roomy; }; } && default=/dev/shm/hefang-test-postgres
dir=${TEST_POSTGRES_DIR:-$default}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 1; }

as_owner() { # PostgreSQL refuses to run as root
  if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$1"; else bash -c "$1"; fi
}

case ${1:-} in
  start)
    if ! as_owner "$bin/pg_ctl -D '$dir' status" >/dev/null 2>&1; then
      if [ ! -f "$dir/PG_VERSION" ]; then
        rm -rf "$dir"; mkdir -p "$dir"
        [ "$(id -u)" = 0 ] && chown postgres "$dir"
        as_owner "$bin/initdb -D '$dir' -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null"
      fi
      as_owner "$bin/pg_ctl -D '$dir' -w -l '$dir/server.log' -o \"-p $port -c listen_addresses=127.0.0.1 -k '$dir' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=128MB\" start >/dev/null"
    fi
    echo "postgres://postgres@127.0.0.1:$port/postgres"
    ;;
  stop) as_owner "$bin/pg_ctl -D '$dir' -m fast stop" >/dev/null 2>&1 || true ;;
  *) sed -n '2,5p' "$0"; exit 2 ;;
esac
