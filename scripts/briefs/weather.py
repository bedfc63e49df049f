"""Briefs from NOAA's daily records of Seattle and New York: one for each day of 2015, the last year there is.

A day is set beside the day before and beside its month's average over 2012 to 2015, both computed from the records. The
wind is NOAA's average for the day in metres per second: the package calls it kilometres an hour, which the same
package's wind normals for Seattle (3.6 m/s) contradict. Its kind of day ("sun") is synthesised and is not used.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from text import slug, without_empty
from vega import command, data, meta

YEAR = 2015
CELSIUS = "°C"
Days = Dict[Tuple[str, date], Dict[str, float]]


def read(text: str) -> Days:
    days: Days = {}
    for row in csv.DictReader(io.StringIO(text)):
        numbers = {key: float(row[key]) for key in ("temp_max", "temp_min", "precipitation", "wind")}
        days[row["location"], date.fromisoformat(row["date"])] = numbers
    return days


def average(days: Days, city: str, month: int, key: str) -> float:
    values = [numbers[key] for (place, day), numbers in days.items() if place == city and day.month == month]
    return sum(values) / len(values)


def apart(value: float, other: float, more: str, less: str, of: str) -> str:
    """The difference in words, of numbers as they are printed: "1.2 °C warmer than the day before"."""
    difference = round(round(value, 1) - round(other, 1), 1)
    if difference == 0:
        return f"the same as {of}"
    return f"{abs(difference):.1f} {CELSIUS} {more if difference > 0 else less} {of}"


def facts_of(days: Days, normals: Dict[Tuple[str, int], Tuple[float, float]], city: str, day: date) -> List[Dict[str, Any]]:
    now, before, (high, low) = days[city, day], days[city, day - timedelta(days=1)], normals[city, day.month]
    month, as_of, years = day.strftime("%B"), day.isoformat(), "2012–2015"
    change = apart(now["temp_max"], before["temp_max"], "warmer than", "cooler than", "the day before")
    against = apart(now["temp_max"], high, "above", "below", f"the {month} average")
    facts: List[Dict[str, Any]] = [
        {"label": "Date", "aliases": ["on", "day"], "value": f"{day.day} {month} {day.year}"},
        {"label": "Highest temperature", "aliases": ["high", "maximum", "reached", "peaked", "warmest"], "value": f"{now['temp_max']:.1f}", "unit": CELSIUS, "as_of": as_of},
        {"label": "Lowest temperature", "aliases": ["low", "minimum", "fell to", "coldest"], "value": f"{now['temp_min']:.1f}", "unit": CELSIUS, "as_of": as_of},
        {"label": "High against the day before", "aliases": ["day before", "than yesterday", "change"] + direction(change), "value": change, "as_of": as_of},
        {"label": f"Average {month} high", "aliases": ["average", "usual", "normal"], "value": f"{high:.1f}", "unit": CELSIUS, "as_of": years},
        {"label": f"High against the {month} average", "aliases": ["than usual", "than average"] + direction(against), "value": against, "as_of": as_of},
        {"label": f"Average {month} low", "aliases": ["average low", "usual low"], "value": f"{low:.1f}", "unit": CELSIUS, "as_of": years},
    ]
    if now["precipitation"]:
        wet = {"aliases": ["rain", "rainfall", "precipitation", "snow"], "value": f"{now['precipitation']:.1f}", "unit": "mm"}
    else:
        wet = {"aliases": ["rain", "dry", "no rain", "without rain"], "value": "none"}
    facts.append({"label": "Rain and melted snow", **wet, "as_of": as_of})
    facts.append({"label": "Average wind speed", "aliases": ["wind", "winds", "breeze"], "value": f"{now['wind']:.1f}", "unit": "m/s", "as_of": as_of})
    return [{"id": f"f{number}", **fact, "source": "s1"} for number, fact in enumerate(facts, 1)]


def told_of(fact: Dict[str, Any]) -> str:
    label, unit = fact["label"], f" {fact['unit']}" if fact.get("unit") else ""
    return f"{label[0].lower()}{label[1:]} {fact['value']}{unit}"


def direction(change: str) -> List[str]:
    """Words a writer uses for a rise and for a fall."""
    if "warmer" in change or "above" in change:
        return ["warmer", "up", "rose", "above"]
    return ["cooler", "down", "fell", "below"] if "cooler" in change or "below" in change else ["same", "unchanged"]


def briefs(archive: Path) -> Iterator[Dict[str, Any]]:
    text, entry = data(archive, "weather.csv")
    days = read(text)
    cities = sorted({city for city, _ in days})
    normals = {(city, month): (average(days, city, month, "temp_max"), average(days, city, month, "temp_min")) for city in cities for month in range(1, 13)}
    for city, day in sorted(days, key=lambda key: (key[1], key[0])):
        if day.year != YEAR:
            continue
        facts = facts_of(days, normals, city, day)
        told = "; ".join(told_of(fact) for fact in facts[1:])
        yield without_empty({
            "external_ref": f"noaa-{slug(city)}-{day.isoformat()}", "kind": "event", "topic": f"The weather in {city} on {facts[0]['value']}", "language": "en",
            "facts": facts, "sources": [{"id": "s1", "text": f"NOAA daily record of {city}, {facts[0]['value']}: {told}.", "url": entry["sources"][0]["path"]}],
            "must_include": [{"fact": "f2", "weight": 1}, {"fact": "f8", "weight": 1}],
            "audience": f"readers in {city}", "tone": "plain", "channel": "web-article", "length": {"min_words": 40, "max_words": 90},
            "tags": ["weather", "noaa", slug(city)], "priority": 0, "risk": "low", "meta": meta(entry, "weather"),
        })


if __name__ == "__main__":
    command("weather", __doc__, briefs)
