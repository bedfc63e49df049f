#!/usr/bin/env bash
# Clone to first draft: clones this repository into a folder of its own, sets it up, builds it and drafts one brief of each
# demo campaign. Prints the seconds of each step.
#
# What is warm is said, not hidden: cargo's registry and the downloads of other clones are used where they are there. An
# empty CARGO_HOME and XDG_CACHE_HOME measure a cold machine, and its network.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset CARGO_TARGET_DIR DATABASE_URL

warm() { [ -n "$(ls -A "$1" 2>/dev/null)" ] && echo warm || echo cold; }
echo "crates: $(warm "${CARGO_HOME:-$HOME/.cargo}/registry/cache"), downloads: $(warm "${XDG_CACHE_HOME:-$HOME/.cache}/nightdesk"), compiled code: cold"

all=$SECONDS
step() {
    local name=$1 began=$SECONDS
    shift
    "$@" >"$place/log" 2>&1 || { cat "$place/log" >&2; echo "error: $name failed" >&2; exit 1; }
    printf '%-12s %5d s   %s\n' "$name" $((SECONDS - began)) "$*"
}
step clone git clone --quiet "$root" "$place/nightdesk"
cd "$place/nightdesk"
step set-up make setup
step build make build
step draft target/release/nightdesk demo --briefs 1
printf '%-12s %5d s\n' total $((SECONDS - all))
