"""Text out of HTML, and text cut to length: what both importers do to every string they take."""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterable, NoReturn

LONGEST = 160


def plain(markup: str) -> str:
    """Tags and entities gone, white space single."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", markup))
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def cut(text: str, longest: int = LONGEST) -> str:
    """The text, or as much of it as fits in whole words."""
    if len(text) <= longest:
        return text
    return text[: longest + 1].rsplit(" ", 1)[0].rstrip(" ,;:-–(") if " " in text[: longest + 1] else text[:longest]


def cut_list(text: str, longest: int = 100) -> str:
    """An enumeration, or as many whole items of it as fit."""
    if len(text) <= longest:
        return text
    items = re.match(rf"(.{{10,{longest}}})[,;]", text)
    return items.group(1).strip() if items else cut(text, longest)


def sentences(text: str, longest: int) -> str:
    """The first whole sentences that fit; cut inside the first one only when it alone is too long."""
    kept = ""
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z0-9\"'])", text):
        if len(kept) + len(sentence) + 1 > longest:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or cut(text, longest)


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def without_empty(brief: Dict[str, Any]) -> Dict[str, Any]:
    return {key: value for key, value in brief.items() if value not in (None, "", [], {})}


def write_lines(path: Path, briefs: Iterable[Dict[str, Any]]) -> int:
    """One JSON object a line, under a temporary name until the last one is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    work = path.with_name(f".{path.name}.partial")
    count = 0
    try:
        with open(work, "w", encoding="utf-8") as file:
            for brief in briefs:
                file.write(json.dumps(brief, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
    return count


def refuse(what: str, *details: str) -> NoReturn:
    print("\n  ".join((f"error: {what}", *details)), file=sys.stderr)
    sys.exit(1)
