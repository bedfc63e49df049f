#!/usr/bin/env bash
# Makes a model folder from a model you have: a GGUF file, any part of a split one, or a Hugging Face folder.
#
# usage: scripts/import-model.sh SOURCE NAME [exporter options, such as --precision int4 or --chat-template FILE]
#
# The folder is models/NAME, ready for `nightdesk generate --model NAME` and for campaigns. Nothing is fetched but the
# exporter's Python packages, once. `python3 models/export --help` explains the options.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

if [ "${1:-}" = -h ] || [ "${1:-}" = --help ]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
    exit 0
fi
[ -n "${1:-}" ] && [ -n "${2:-}" ] ||
    fail "a source and a name are needed" "expected: make model SOURCE=FILE-OR-FOLDER NAME=name" "hint: scripts/import-model.sh --help"
source=$1 name=$2
shift 2
case $name in
    */* | .* | export | -*) fail "$name cannot be a model's name" "expected: the name of a new folder in models/" "hint: python3 models/export writes to any --out" ;;
esac
[ -e "$source" ] || fail "there is no $(shown "$source")" "expected: a GGUF file or a Hugging Face folder"
if [ -d "$source" ]; then form=--safetensors; else form=--gguf; fi

packages=$("$ROOT/scripts/python-packages.sh" "$ROOT/models/export/requirements.txt")
PYTHONPATH=$packages "$PYTHON" "$ROOT/models/export" "$form" "$source" --out "$ROOT/models/$name" "$@"
