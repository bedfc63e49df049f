#!/usr/bin/env bash
# Makes sure there is a Postgres for Nightdesk: a server named by DATABASE_URL, or the programs to start a private one.
#
# With --pooler it makes sure of PgBouncer instead, for the tests that run through the real one.
#
# Only the programs are installed. Nightdesk runs its own cluster; the distribution's is neither used nor, where this
# script does the installing, created.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

oldest=14
apt() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1; }
# A fresh container has no package lists, and old lists name packages that are gone: refresh them when needed.
apt_install() { apt install -y --no-install-recommends "$1" || { apt update && apt install -y --no-install-recommends "$1"; }; }

if [ "${1:-}" = --pooler ]; then
    for place in pgbouncer /usr/sbin/pgbouncer /usr/local/bin/pgbouncer; do
        command -v "$place" >/dev/null && say "PgBouncer is in place ($(command -v "$place"))" && exit 0
    done
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "PgBouncer is not on this machine: its tests will be skipped (sudo apt-get install pgbouncer)"
        exit 0
    fi
    say "installing PgBouncer with apt-get, for the tests"
    log=$(mktemp)
    # The package starts a service on port 6432 unless this file forbids it. It is taken away again, and one that is
    # there already is left alone.
    policy=/usr/sbin/policy-rc.d
    trap 'rm -f "$log"' EXIT
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$log" "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt_install pgbouncer || {
        mapfile -t lines < <(tail -n 5 "$log")
        fail "apt-get could not install PgBouncer" "${lines[@]}" "hint: install it yourself"
    }
    exit 0
fi

if [ -n "${DATABASE_URL:-}" ]; then
    say "DATABASE_URL is set; Nightdesk will use that Postgres"
    exit 0
fi

# Prints the folder of the newest server programs found, and its version before it.
find_postgres() {
    local folder version
    {
        { command -v initdb | xargs -r dirname; } || true
        pg_config --bindir 2>/dev/null || true
        printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin
    } | sort -u | while read -r folder; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ]; then
            version=$("$folder/postgres" --version 2>/dev/null | sed -nE 's/^[^0-9]*([0-9]+).*/\1/p')
            printf '%s %s\n' "${version:-0}" "$folder"
        fi
    done | sort -n | tail -n 1
}

in_place() {
    local found
    found=$(find_postgres || true)
    [ -n "$found" ] && [ "${found%% *}" -ge "$oldest" ] && say "Postgres ${found%% *} is in place (${found#* })"
}

in_place && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "there is no Postgres server (version $oldest or newer) on this machine" \
        "expected: initdb, pg_ctl and postgres on the PATH or under /usr/lib/postgresql, or DATABASE_URL" \
        "hint: sudo apt-get install postgresql (Debian, Ubuntu), sudo dnf install postgresql-server (Fedora)," \
        "      or set DATABASE_URL=postgres://user@machine/database to a server you already have"
fi

say "installing Postgres with apt-get"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package makes and starts a cluster named main unless a file says no. The file is taken away again: it is a wish
# about this installation, not about the machine.
wishes=/etc/postgresql-common/createcluster.d
mkdir -p "$wishes"
printf 'create_main_cluster = false\n' >"$wishes/nightdesk.conf"
trap 'rm -f "$log" "$wishes/nightdesk.conf"; rmdir --ignore-fail-on-non-empty "$wishes" 2>/dev/null || true' EXIT
apt_install postgresql || {
    mapfile -t lines < <(tail -n 5 "$log")
    fail "apt-get could not install Postgres" "${lines[@]}" "hint: install it yourself, or set DATABASE_URL"
}
in_place || fail "apt-get installed a Postgres older than $oldest" "hint: set DATABASE_URL to a newer server"
