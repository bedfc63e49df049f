#!/usr/bin/env bash
# Draws docs/demo.svg, the picture in the README: the best explainers of this project's database and one
# of them in full, as a terminal of 112 columns shows them. `make picture` runs it, after a demo.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(scripts/python-packages.sh scripts/picture-requirements.txt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nightdesk=${CARGO_TARGET_DIR:-target}/release/nightdesk
best=$("$nightdesk" drafts list --campaign nightly-explainers -n 1 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
# `script` gives the commands a terminal, so that they print as they do for a person.
script -qec "stty cols 112 rows 60; $nightdesk drafts list --campaign nightly-explainers -n 6; echo; $nightdesk drafts show $best" "$work/typescript" >/dev/null
PYTHONPATH=$packages python3 - "$work/typescript" docs/demo.svg <<'PY'
import re, sys
from rich.console import Console
from rich.text import Text

raw = open(sys.argv[1], encoding="utf-8").read()
lines = raw.replace("\r\n", "\n").split("\n")
kept = [line for line in lines if not line.startswith(("Script ", "[COMMAND", "starting Postgres"))]
console = Console(width=112, record=True, file=open("/dev/null", "w"), force_terminal=True)
for line in kept:
    console.print(Text.from_ansi(line), soft_wrap=True)
svg = console.export_svg(title="nightdesk drafts list, nightdesk drafts show")
# System fonts only: the picture must not fetch anything.
svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
svg = svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
open(sys.argv[2], "w", encoding="utf-8").write(svg)
PY
echo "docs/demo.svg"
