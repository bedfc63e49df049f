"""One Factbook value into one fact's value: the number or name itself, its unit, and the year it stands for.

"45,228 sq km (2016)" becomes ("45,228", "square kilometres", "2016"); "-0.3% (2024 est.)" becomes ("-0.3 %", None,
"2024"). What cannot be read cleanly is left out, since a fact that is wrong costs more than one that is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, List, Optional

from factbook_fields import Field
from text import cut_list, plain

UNITS = (
    ("sq km", "square kilometres"), ("km", "km"), ("m", "metres"), ("years", "years"), ("bbl/day", "barrels a day"),
    ("kWh", "kWh"), ("kW", "kW"), ("metric tonnes of CO2", "tonnes of CO2"), ("metric tons", "tonnes"), ("tons", "tons"),
    ("cubic meters", "cubic metres"), ("micrograms per cubic meter", "micrograms per cubic metre"),
    ("births/1,000 population", "births per 1,000 people"), ("migrant(s)/1,000 population", "migrants per 1,000 people"),
    ("physicians/1,000 population", "doctors per 1,000 people"), ("children born/woman", "children"), ("Btu/person", "Btu"),
)
SCALE = r"(?: (?:thousand|million|billion|trillion))?"
NUMBER = re.compile(rf"^(-?\$?-?\d[\d,]*(?:\.\d+)?{SCALE})\s*(%)?\s*(.*)$")
YEAR = re.compile(r"\((?:[^()]*?\b)?((?:19|20)\d\d)(?:\s*[-–/]\s*(\d{2,4}))?\s*(?:est\.?|estimate)?\s*\)")
DATE = re.compile(r"\b(\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{3,4})\b")
SMALL_WORDS = {"bin", "al", "el", "de", "da", "dos", "van", "von", "der", "the", "of", "and"}


@dataclass
class Value:
    text: str
    unit: Optional[str] = None
    as_of: Optional[str] = None
    label: Optional[str] = None  # a better label than the field's own
    aliases: Optional[List[str]] = None
    public_figure: bool = False


def look_up(section: Any, path: str) -> Optional[str]:
    """The markup at a path. A field with a value for each year gives the newest one."""
    node = section
    for part in path.split("/"):
        if not isinstance(node, dict):
            return None
        # some of the source's keys end in a space
        node = next((value for key, value in node.items() if key.strip() == part), None)
    if isinstance(node, dict) and "text" not in node:
        years = sorted((re.search(r"(\d{4})$", key.strip()).group(1), key) for key in node if re.search(r" \d{4}$", key.strip()))
        node = node[years[-1][1]] if years else None
    return node.get("text") if isinstance(node, dict) else None


def read(field: Field, markup: str) -> Iterator[Value]:
    """The facts a field gives: one as a rule, two for a person (who, and since when), none when unreadable."""
    first = re.split(r"<br\s*/?>|</p>", re.sub(r"^(\s*<[^>]+>)+", "", markup))[0]
    text = re.split(r"\b[Nn]ote(?: \d)?:", plain(first))[0].strip(" ;")
    text = re.sub(r"^[a-z ]+: ", "", text) if field.shape == "number" else text
    # a landlocked country's coastline of 0 km is not news
    if not text or re.match(r"(NA\b|N/A|none\b|see |not available|no data)|.*\blandlocked\b", text, re.I):
        return
    year = YEAR.search(text)
    as_of = _last_year(year) if year else None
    if field.shape == "person":
        yield from _person(field, text)
    elif field.shape == "date":
        # only a date the field opens with: "no official date of independence; 927 …" has others further on
        date = DATE.match(text)
        if date:
            yield Value(date.group(1))
    elif field.shape == "holiday":
        day = re.match(r"^([^,(;]+?)(?: \([^)]*\))?, (\d{1,2} [A-Z][a-z]+)\b", text)
        if day:
            yield Value(f"{day.group(1)}, {day.group(2)}")
    elif field.shape == "number":
        value = _number(text, as_of)
        if value:
            yield value
    else:
        words = cut_list(re.sub(r"\s+", " ", YEAR.sub("", text)).strip(" ;,"))
        # a bracket opened before the cut and closed after it
        words = words if words.count("(") == words.count(")") else words.rsplit("(", 1)[0].strip(" ,;")
        if len(words) > 1:
            yield Value(words, as_of=as_of)


def _number(text: str, as_of: Optional[str]) -> Optional[Value]:
    match = NUMBER.match(text)
    if not match:
        return None
    amount, percent, rest = match.group(1), match.group(2), match.group(3)
    # everything from the first bracket on is a remark about the number
    rest = re.split(r"[(;,]", rest)[0].strip()
    if percent:
        of = re.match(r"of [A-Za-z ]{3,40}$", rest)
        return Value(f"{amount} % {rest}" if of and "GDP" in rest else f"{amount} %", as_of=as_of)
    for theirs, ours in UNITS:
        if rest == theirs or rest.startswith(theirs + " "):
            return Value(amount, ours, as_of)
    return Value(amount, None, as_of) if not rest or "$" in amount else None


def _person(field: Field, text: str) -> Iterator[Value]:
    who = re.match(r"^([^(;]+?) \(since ", text)
    if not who or "vacant" in who.group(1).lower():
        return
    name = " ".join(_name_case(word) for word in who.group(1).split())
    if len(name) <= 60:
        yield Value(name, public_figure=True)
        since = DATE.search(text)
        if since and field.label == "Head of government":
            yield Value(since.group(1), label="Head of government in office since", aliases=["since", "took office", "in office"])


def _name_case(word: str) -> str:
    """Family names stand in capitals: RUTO → Ruto, IBN-SAUD → Ibn-Saud; numerals of monarchs stay."""
    if not word.isupper() or len(word) < 2 or re.fullmatch(r"[IVX]+", word):
        return word
    if word.lower() in SMALL_WORDS:
        return word.lower()
    return re.sub(r"[^\W\d_]+('s\b)?", lambda part: part.group(0).capitalize(), word)


def _last_year(match: "re.Match[str]") -> str:
    start, end = match.group(1), match.group(2)
    return start if not end else start[: 4 - len(end)] + end
