#!/usr/bin/env bash
# Tests the exporter: tiny models made on the spot, exported, and run in ONNX Runtime beside a plain numpy model.
#
# usage: scripts/test-export.sh [unittest arguments, such as -k refus or -v]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

packages=$("$ROOT/scripts/python-packages.sh" "$ROOT/models/export/requirements-test.txt")
cd "$ROOT"
# One arithmetic thread: the matrices are tiny, and threads that wait for each other are slower than one.
PYTHONPATH=$packages OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$PYTHON" -m unittest discover -s models/export/tests "$@"
