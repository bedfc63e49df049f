"""Briefs from a week of the United States Geological Survey's earthquake feed: 31 January to 7 February 2018.

One brief for each earthquake of magnitude 2.5 and more, the Survey's own threshold for its shorter feed, or that
somebody reported to have felt. Explosions and quarry blasts in the feed are left out.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from text import without_empty
from vega import command, data, meta

SMALLEST = 2.5
COMPASS = {"N": "north", "E": "east", "S": "south", "W": "west"}
PLACE = re.compile(r"^(\d+)km ([NESW]{1,3}) of (.+)$")
# The feed writes some states as letters.
STATES = {"CA": "California", "NV": "Nevada", "MX": "Mexico"}


def compass(letters: str) -> str:
    """SE → southeast; NNE → north-northeast."""
    words = [COMPASS[letter] for letter in letters]
    return "".join(words) if len(words) < 3 else f"{words[0]}-{words[1]}{words[2]}"


def spelled(place: str) -> str:
    """ "55km SE of Pedasi, Panama" → "55 km southeast of Pedasi, Panama"."""
    found = PLACE.match(place)
    text = f"{found.group(1)} km {compass(found.group(2))} of {found.group(3)}" if found else place
    head, comma, state = text.rpartition(", ")
    return f"{head}, {STATES[state]}" if comma and state in STATES else text


def town(place: str) -> str:
    return re.split(r" of ", spelled(place), maxsplit=1)[-1]


def facts_of(properties: Dict[str, Any], depth: Optional[float]) -> List[Dict[str, Any]]:
    when, updated = at(properties["time"]), at(properties["updated"])
    day = when.strftime("%Y-%m-%d")
    facts: List[Dict[str, Any]] = [
        {"label": "Magnitude", "aliases": ["magnitude", "strength", "measured"], "value": f"{properties['mag']:.1f}", "as_of": day},
        {"label": "Where", "aliases": ["epicentre", "epicenter", "struck", "centred", town(properties["place"])], "value": spelled(properties["place"])},
        {"label": "Date", "aliases": ["on", "day"], "value": f"{when.day} {when.strftime('%B %Y')}"},
        {"label": "Time", "aliases": ["at", "universal time"], "value": f"{when.strftime('%H:%M')} UTC"},
    ]
    # above sea level, inside a mountain, the feed's depth is below 0 and needs a sentence of its own
    if depth is not None and depth >= 0:
        facts.append({"label": "Depth", "aliases": ["deep", "below the surface", "underground"], "value": f"{depth:.1f}", "unit": "km", "as_of": day})
    if properties.get("felt"):
        facts.append({"label": "Reports from people who felt it", "aliases": ["felt", "reported", "felt reports"], "value": f"{properties['felt']:,}",
                      "as_of": updated.strftime("%Y-%m-%d")})
    if properties.get("alert"):
        facts.append({"label": "Alert level", "aliases": ["alert", "PAGER"], "value": properties["alert"], "as_of": updated.strftime("%Y-%m-%d")})
    checked = "reviewed by a seismologist" if properties["status"] == "reviewed" else "automatic, not yet reviewed"
    facts.append({"label": "State of the measurement", "aliases": ["preliminary", "reviewed", "automatic"], "value": checked, "as_of": updated.strftime("%Y-%m-%d")})
    return [{"id": f"f{number}", **fact, "source": "s1"} for number, fact in enumerate(facts, 1)]


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def brief(feature: Dict[str, Any], entry: Dict[str, Any]) -> Dict[str, Any]:
    properties, coordinates = feature["properties"], feature["geometry"]["coordinates"]
    where, magnitude = properties["place"], properties["mag"]
    depth = coordinates[2] if len(coordinates) > 2 else None
    facts = facts_of(properties, depth)
    told = "; ".join(f"{fact['label'].lower()}: {fact['value']}{' ' + fact['unit'] if fact.get('unit') else ''}" for fact in facts[1:])
    return without_empty({
        "external_ref": f"usgs-{feature['id']}", "kind": "event", "topic": f"Magnitude {magnitude:.1f} earthquake near {town(where)}", "language": "en",
        "facts": facts, "sources": [{"id": "s1", "text": f"United States Geological Survey, earthquake of magnitude {magnitude:.1f}; {told}.", "url": properties["url"]}],
        "must_include": [{"fact": "f1", "weight": 1}, {"fact": "f2", "weight": 1}],
        "audience": "readers in the region", "tone": "plain", "channel": "web-article", "length": {"min_words": 40, "max_words": 90},
        "tags": ["earthquake", "usgs"], "priority": max(0, round(magnitude)), "risk": "medium" if magnitude >= 5 or properties.get("alert") else "low",
        "meta": meta(entry, "earthquakes"),
    })


def briefs(archive: Path) -> Iterator[Dict[str, Any]]:
    """The strongest first; the same in every run."""
    text, entry = data(archive, "earthquakes.json")
    taken = [
        feature for feature in json.loads(text)["features"]
        if feature["properties"]["type"] == "earthquake" and (feature["properties"]["mag"] >= SMALLEST or feature["properties"].get("felt"))
    ]
    for feature in sorted(taken, key=lambda feature: (-feature["properties"]["mag"], feature["id"])):
        yield brief(feature, entry)


if __name__ == "__main__":
    command("earthquakes", __doc__, briefs)
