#!/usr/bin/env bash
# Installs schemathesis, which holds the server to its OpenAPI document, and prints the folder for PYTHONPATH.
#
# With --or-skip an older Python is no failure: nothing is printed, and the test says that it was skipped.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    if [ "${1:-}" = --or-skip ]; then
        say "schemathesis needs Python 3.10 or newer: its test will be skipped (set PYTHON to a newer one)"
        exit 0
    fi
    fail "$PYTHON is missing, or too old for schemathesis" "expected: Python 3.10 or newer" "hint: set PYTHON to a newer one"
fi
exec "$ROOT/scripts/python-packages.sh" "$ROOT/tests/schemathesis/requirements.txt"
