#!/usr/bin/env bash
# Draws docs/demo.svg: the end of `nightdesk demo` as a terminal of 104 columns shows it. For the README
# only; `make picture` runs it after a demo whose drafts are worth showing.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(scripts/python-packages.sh scripts/picture-requirements.txt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# `script` gives the command a terminal, so that it prints as it does for a person.
script -qec "stty cols 104 rows 60; ${CARGO_TARGET_DIR:-target}/release/nightdesk demo --briefs ${BRIEFS:-15}" "$work/typescript" >/dev/null
PYTHONPATH=$packages python3 - "$work/typescript" docs/demo.svg <<'PY'
import re, sys
from rich.console import Console
from rich.text import Text

raw = open(sys.argv[1], encoding="utf-8").read()
# Progress bars redraw their line; what counts is the result from its heading on.
lines = [line.rsplit("\r", 1)[-1] for line in raw.replace("\r\n", "\n").split("\n")]
start = next(i for i, line in enumerate(lines) if "Best drafts" in line)
kept = [line for line in lines[start:] if not line.startswith(("Script ", "[COMMAND"))]
console = Console(width=104, record=True, file=open("/dev/null", "w"), force_terminal=True)
for line in kept:
    console.print(Text.from_ansi(line), soft_wrap=True)
svg = console.export_svg(title="nightdesk demo")
# System fonts only: the picture must not fetch anything.
svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
svg = svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
open(sys.argv[2], "w", encoding="utf-8").write(svg)
PY
echo "docs/demo.svg"
