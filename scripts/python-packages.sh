#!/usr/bin/env bash
# Installs the packages of a requirements file into a folder in the cache, and prints the folder for PYTHONPATH.
#
# No virtual environment and no change to the system's Python: `pip install --target` works where the distribution
# manages its own packages and where the venv module is not installed. The folder's name is the hash of what decides
# its content, so a changed requirement, another Python or another machine gets a folder of its own.
#
# usage: scripts/python-packages.sh REQUIREMENTS.txt
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

[ -f "${1:-}" ] || fail "usage: scripts/python-packages.sh REQUIREMENTS.txt" "got: ${1:-nothing}"
requirements=$1
need_python
tag=$("$PYTHON" -c 'import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())')
key=$({ cat "$requirements"; printf '%s\n' "$tag"; } | "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
place=$CACHE/python/$key

if [ ! -d "$place" ]; then
    need_pip
    mkdir -p "$CACHE/python"
    work=$(mktemp -d "$CACHE/python/.install-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    say "installing the Python packages of $(shown "$requirements") into $(shown "$CACHE/python")"
    run_pip "$work/log" install --target "$work/site" --only-binary=:all: --no-cache-dir --no-compile --retries 2 --timeout 30 -r "$requirements" ||
        failed_pip "the Python packages could not be installed" "$work/log"
    # Another set-up may have been faster; its folder is as good as ours.
    mv -T "$work/site" "$place" 2>/dev/null || [ -d "$place" ] || fail "the packages could not be put into $place"
fi
printf '%s\n' "$place"
