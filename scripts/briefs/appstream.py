"""Briefs from Debian's AppStream catalogue: one advert for each desktop program that describes itself well enough.

The catalogue (DEP-11 YAML) is on machines that have a software centre, or whose package lists include it. Its texts
are the projects' own, under the licence each entry names, so the output stays on the machine that made it.
"""

from __future__ import annotations

import argparse
import glob
import gzip
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import yaml

from text import cut, plain, refuse, sentences, slug, without_empty, write_lines

PLACES = (
    "/var/lib/swcatalog/yaml/*Components-*.yml.gz",
    "/var/lib/app-info/yaml/*Components-*.yml.gz",
    "/var/lib/apt/lists/*dep11*Components-*.yml",
    "/var/lib/apt/lists/*dep11*Components-*.yml.gz",
)
FEWEST_WORDS, MOST_FEATURES = 30, 5
# Broad words that sort a shop window; the catalogue's own categories are many and overlap.
CATEGORIES = {
    "Game": "game", "Education": "learning tool", "Science": "science tool", "AudioVideo": "sound and video program", "Audio": "sound program",
    "Video": "video program", "Graphics": "graphics program", "Office": "office program", "Development": "developer tool",
    "Network": "internet program", "Utility": "utility", "System": "system tool", "Settings": "settings tool",
}


def catalogues() -> List[Path]:
    """Each catalogue once, though one folder may be a link to another."""
    found = {Path(name).resolve() for pattern in PLACES for name in glob.glob(pattern)}
    return sorted(found)


def components(path: Path) -> Iterator[Dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the plain one takes minutes
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        for document in yaml.load_all(file, Loader=loader):
            if isinstance(document, dict) and document.get("Type") == "desktop-application":
                yield document


def english(node: Any) -> str:
    return plain(node.get("C") or node.get("en") or "") if isinstance(node, dict) else ""


def features(description: str) -> List[str]:
    """The bullet points; where there are none, the sentences after the first, which repeats the summary."""
    points = [plain(item) for item in re.findall(r"<li>(.*?)</li>", description, re.S)]
    if len(points) < 2:
        text = " ".join(plain(part) for part in re.findall(r"<p>(.*?)</p>", description, re.S)) or plain(description)
        points = re.split(r"(?<=[.!?]) (?=[A-Z])", text)[1:]
    kept = [cut(point.strip(" .;,")) for point in points]
    return [point for point in kept if len(point.split()) >= 3 and not re.search(r"https?:|www\.|:$", point)][:MOST_FEATURES]


def category_of(component: Dict[str, Any]) -> Optional[str]:
    listed = component.get("Categories") or []
    return next((name for name in CATEGORIES if name in listed), None)


def brief(component: Dict[str, Any]) -> Dict[str, Any]:
    name, summary = english(component.get("Name")), english(component.get("Summary"))
    description = (component.get("Description") or {}).get("C") or ""
    keywords = (component.get("Keywords") or {}).get("C") or []
    points = features(description)
    if not name or not summary or not keywords or not points or len(plain(description).split()) < FEWEST_WORDS:
        return {}
    category, licence = category_of(component), component.get("ProjectLicense")
    facts = [
        {"label": "Product name", "aliases": [], "value": cut(name)},
        {"label": "What it does", "aliases": [word for word in (str(word).strip() for word in keywords[:5]) if word], "value": cut(summary)},
        *({"label": "Feature", "aliases": [], "value": point} for point in points),
    ]
    if category:
        facts.append({"label": "Kind of program", "aliases": [slug(category).split("-")[0]], "value": CATEGORIES[category]})
    if licence and len(licence) <= 40:
        facts.append({"label": "Licence", "aliases": ["free software", "open source"], "value": licence})
    url = (component.get("Url") or {}).get("homepage")
    return without_empty({
        "external_ref": f"appstream-{slug(component['ID'].removesuffix('.desktop'))}",
        "kind": "ad", "topic": f"{name}: {cut(summary, 100)}", "language": "en",
        "facts": [{"id": f"f{number}", **fact, "source": "s1"} for number, fact in enumerate(facts, 1)],
        "sources": [without_empty({"id": "s1", "text": sentences(plain(description), 500), "url": url})],
        "must_include": [{"fact": "f1", "weight": 1}], "must_avoid": ["best", "#1", "guaranteed"],
        "audience": "people who use a computer at home or at work", "tone": "friendly", "channel": "x-post", "cta": "Install it today",
        "length": {"min_words": 15, "max_words": 45}, "tags": ["appstream", slug(category or "other")], "priority": 0, "risk": "low",
        "meta": {"importer": "appstream", "package": component.get("Package"), "licence": component.get("ProjectLicense")},
    })


def briefs(paths: List[Path]) -> Iterator[Dict[str, Any]]:
    seen = set()
    for path in paths:
        for component in components(path):
            made = brief(component)
            if made and made["external_ref"] not in seen:
                seen.add(made["external_ref"])
                yield made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 scripts/briefs/appstream.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="JSONL", help="the briefs, one a line")
    parser.add_argument("--catalogue", type=Path, action="append", metavar="FILE", help="read this file and not the machine's own; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the catalogues found and stop; exit 1 when there are none")
    options = parser.parse_args()
    paths = options.catalogue or catalogues()
    if options.list:
        print("\n".join(map(str, paths)))
        sys.exit(0 if paths else 1)
    if not options.out:
        refuse("--out JSONL is missing", "hint: python3 scripts/briefs/appstream.py --help")
    if not paths:
        refuse("there is no AppStream catalogue on this machine", *(f"looked for: {place}" for place in PLACES), "hint: apt-get install appstream && apt-get update")
    try:
        print(write_lines(options.out, briefs(paths)))
    except (OSError, EOFError, UnicodeDecodeError, yaml.YAMLError) as error:
        refuse("an AppStream catalogue cannot be read", f"where: {', '.join(map(str, paths))}", f"got: {error}", "hint: apt-get update fetches it again")


if __name__ == "__main__":
    main()
