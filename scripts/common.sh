# Shared by the set-up scripts: where things are kept, how messages look, and how a folder is put in place.
#
# Messages go to stderr, so that a script's stdout holds only its answer (a path, usually).
# shellcheck shell=bash disable=SC2034,SC2088

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME, so that downloads have a place}/.cache}/nightdesk
PYTHON=${PYTHON:-python3}

# pip must neither ask, nor lecture about versions and root, nor insist on a virtual environment:
# everything here goes into folders of our own.
export PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0
export PYTHONDONTWRITEBYTECODE=1

say() { printf '%s\n' "$*" >&2; }

# fail WHAT [LINE…]: the message, indented details, exit 1.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    local line
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

sha256_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d' ' -f1
    else
        "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
    fi
}

# A path as the user would write it, for messages.
shown() {
    case $1 in
        "$ROOT"/*) printf '%s' "${1#"$ROOT"/}" ;;
        "${HOME:-/nowhere}"/*) printf '~/%s' "${1#"$HOME"/}" ;;
        *) printf '%s' "$1" ;;
    esac
}

need_python() {
    command -v "$PYTHON" >/dev/null ||
        fail "there is no $PYTHON on this machine" "expected: Python 3.9 or newer" "hint: apt-get install python3 python3-pip, or set PYTHON"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
        fail "$PYTHON is too old ($("$PYTHON" -V 2>&1))" "expected: Python 3.9 or newer" "hint: set PYTHON to a newer one"
}

need_pip() {
    need_python
    "$PYTHON" -m pip --version >/dev/null 2>&1 ||
        fail "$PYTHON has no pip" "expected: $PYTHON -m pip works" "hint: apt-get install python3-pip, or $PYTHON -m ensurepip --user"
}

# run_pip LOG ARGS…: on a terminal pip draws its own progress; elsewhere it writes to LOG, for failed_pip to quote.
run_pip() {
    local log=$1
    shift
    if [ -t 2 ]; then "$PYTHON" -m pip "$@" >&2; else "$PYTHON" -m pip "$@" >"$log" 2>&1; fi
}

failed_pip() {
    local what=$1 log=$2 lines=()
    [ -s "$log" ] && mapfile -t lines < <(grep -v '^ *$' "$log" | tail -n 5)
    fail "$what" "${lines[@]}" "hint: is there a network, and a package index pip may use? Running this again goes on where it stopped."
}

# put_folder NEW PLACE: NEW becomes PLACE; what was there goes away last.
put_folder() {
    local new=$1 place=$2 old
    old=$(dirname "$place")/.$(basename "$place").old-$$
    if [ -e "$place" ]; then mv "$place" "$old"; fi
    mv "$new" "$place"
    rm -rf "$old"
}
