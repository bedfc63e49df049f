#!/usr/bin/env bash
# Makes sure of what the browser tests need: Chromium with its driver, and axe-core, the accessibility checker.
#
# With --or-skip a machine without them, and without the rights to install them, is no failure: the tests say so.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

apt() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1; }
# A fresh container has no package lists, and old lists name packages that are gone: refresh them when needed.
apt_install() { apt install -y --no-install-recommends "$@" || { apt update && apt install -y --no-install-recommends "$@"; }; }

if command -v chromedriver >/dev/null; then
    say "Chromium's driver is in place ($(command -v chromedriver))"
else
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        if [ "${1:-}" = --or-skip ]; then
            say "Chromium's driver is not on this machine: its tests will be ignored (sudo apt-get install chromium chromium-driver)"
            exit 0
        fi
        fail "there is no Chromium with a driver on this machine" "expected: chromedriver on the PATH" \
            "hint: sudo apt-get install chromium chromium-driver (Debian), or a chromedriver that fits your Chrome"
    fi
    say "installing Chromium and its driver with apt-get"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # Fonts are only recommended by the package, and without one a page is empty boxes.
    apt_install chromium chromium-driver fonts-dejavu-core || {
        mapfile -t lines < <(tail -n 5 "$log")
        fail "apt-get could not install Chromium" "${lines[@]}" "hint: install chromium and chromium-driver yourself"
    }
fi

place=$ROOT/.nightdesk/browser
version=4.14.1
if [ -f "$place/axe-$version.js" ]; then
    say "axe-core $version is in place ($(shown "$place"))"
    exit 0
fi
archive=$("$ROOT/scripts/fetch-npm.sh" axe-core "$version" e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745)
mkdir -p "$place"
tar -xzOf "$archive" package/axe.min.js >"$place/.axe-$$"
mv -f "$place/.axe-$$" "$place/axe-$version.js"
