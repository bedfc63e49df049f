#!/usr/bin/env bash
# Puts ONNX Runtime's shared library into .nightdesk/runtime/, from the wheel on the package index.
#
# The library inside the wheel is the one every other language loads; the wheel's Python part is not used, so the
# wheel is chosen by machine and pinned Python tag and its hash does not depend on the Python found here.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

version=1.32.0
place=$ROOT/.nightdesk/runtime
library=$place/libonnxruntime.so

[ "$(uname -s)" = Linux ] ||
    fail "there is no ready-made runtime here for $(uname -s)" "expected: Linux" "hint: install ONNX Runtime $version yourself and name its library with --runtime-library"
case $(uname -m) in
    x86_64) platform=manylinux_2_28_x86_64 sha256=5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d ;;
    aarch64) platform=manylinux_2_28_aarch64 sha256=2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c ;;
    *) fail "there is no ready-made runtime for $(uname -m)" "expected: x86_64 or aarch64" "hint: build ONNX Runtime $version and name its library with --runtime-library" ;;
esac
if { ldd --version 2>&1 || true; } | grep -qi musl; then
    fail "the runtime's wheel needs glibc, and this machine has musl" "expected: glibc 2.28 or newer" "hint: a Debian or Fedora container, or name your own build with --runtime-library"
fi

# `origin` names the wheel and the library's own hash: in place means both still hold.
if [ -f "$place/origin" ] && [ -f "$place/VERSION" ] && [ -f "$library" ] && [ "$(cat "$place/origin")" = "$sha256 $(sha256_of "$library")" ]; then
    say "ONNX Runtime $version is in place"
    exit 0
fi

need_python
wheel=$("$ROOT/scripts/fetch-wheel.sh" onnxruntime "$version" "$sha256" --platform "$platform" --python-version 3.11 --implementation cp --abi cp311)
mkdir -p "$ROOT/.nightdesk"
work=$(mktemp -d "$ROOT/.nightdesk/.runtime-XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
"$PYTHON" - "$wheel" "$work" "$version" <<'PY' || fail "the runtime's wheel could not be unpacked into $(shown "$place")" "hint: is the disk full?"
import shutil, sys, zipfile
from pathlib import Path

wheel, folder, version = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
members = {f"capi/libonnxruntime.so.{version}": "libonnxruntime.so", "LICENSE": "LICENSE", "ThirdPartyNotices.txt": "ThirdPartyNotices.txt"}
with zipfile.ZipFile(wheel) as archive:
    for member, name in members.items():
        with archive.open(f"onnxruntime/{member}") as source, open(folder / name, "wb") as target:
            shutil.copyfileobj(source, target)
PY
printf '%s\n' "$version" >"$work/VERSION"
printf '%s %s\n' "$sha256" "$(sha256_of "$work/libonnxruntime.so")" >"$work/origin"
put_folder "$work" "$place"
say "ONNX Runtime $version is ready in $(shown "$place")"
