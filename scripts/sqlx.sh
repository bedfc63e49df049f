#!/usr/bin/env bash
# Renews .sqlx/, the record of every query that a build without a database checks against; with
# --check it only says whether the record is in step. Run it through `make sqlx`, which gives it a
# DATABASE_URL. It makes a database of its own there, so that a schema in use plays no part.
set -euo pipefail
cd "$(dirname "$0")/.."
check=${1:-}
name=nightdesk_sqlx_$$
base=${DATABASE_URL%/*}
query=
case $DATABASE_URL in *\?*) query="?${DATABASE_URL#*\?}" ;; esac
admin=$DATABASE_URL
work=$(mktemp -d)
fresh=$work/queries
mkdir "$fresh"
trap 'psql -qX "$admin" -c "drop database if exists $name" >/dev/null; rm -rf "$work"' EXIT
psql -qX -v ON_ERROR_STOP=1 "$admin" -c "create database $name"
export DATABASE_URL="$base/$name$query"
for migration in migrations/*.sql; do
    psql -qX -v ON_ERROR_STOP=1 "$DATABASE_URL" -f "$migration"
done
# The macros write each query they check into SQLX_OFFLINE_DIR; they run when the crate is compiled anew. A wrapper of
# its own makes cargo do that. A touched source would do it too, and have `make test` build the crate a second time.
printf '#!/bin/sh\nexec "$@"\n' >"$work/compiler"
chmod +x "$work/compiler"
SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$fresh RUSTC_WORKSPACE_WRAPPER=$work/compiler cargo check --quiet --release --lib
if diff -rq "$fresh" .sqlx >/dev/null 2>&1; then
    echo ".sqlx is in step with the queries"
elif [ "$check" = --check ]; then
    diff -rq "$fresh" .sqlx >&2 || true
    echo "error: .sqlx is out of step with the queries" >&2
    echo "hint: run \`make sqlx\` and commit .sqlx" >&2
    exit 1
else
    rm -rf .sqlx
    mkdir .sqlx
    cp "$fresh"/*.json .sqlx/
    echo ".sqlx renewed: $(find .sqlx -name '*.json' | wc -l) queries"
fi
