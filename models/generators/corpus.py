"""Jane Austen's six novels out of a Debian package: `python3 corpus.py WORK` fetches, checks and unpacks them.

The package's R data base keeps each novel as one vector of lines. The text is never committed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import struct
import subprocess
import tarfile
import zlib
from pathlib import Path
from typing import Iterator, List, Tuple

PACKAGE, VERSION = "r-cran-janeaustenr", "1.0.0-1"
SHA256 = "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95"
DATABASE = "./usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
TEXT = "austen.txt"

# Every so many-th paragraph is kept out of training; the figures for unseen text are of these.
HELD_OUT_EVERY = 33

STRING_VECTOR, ATTRIBUTE_FLAG = 16, 0x200
HEADING = re.compile(r"^(chapter|volume|contents|finis|the end|end of)\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!Mr\.)(?<!Mrs\.)(?<!Dr\.)(?<!St\.)(?<!Messrs\.)(?:\s+|--)(?=[A-Z\"'])")


def fetch(work: Path) -> Path:
    """The package in WORK, downloaded by apt unless it is there, and refused if it is not the pinned one."""
    work.mkdir(parents=True, exist_ok=True)
    package = work / f"{PACKAGE}_{VERSION}_all.deb"
    if not package.exists():
        subprocess.run(["apt-get", "download", f"{PACKAGE}={VERSION}"], cwd=work, check=True)
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{package.name} has sha256 {found}, not the pinned {SHA256}")
    return package


def database(package: Path) -> bytes:
    listing = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", str(package)], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(listing)) as archive:
        member = archive.extractfile(DATABASE)
        assert member is not None
        return member.read()


def variables(packed: bytes) -> Iterator[bytes]:
    """An R lazy-load data base is a row of values, each a 4-byte length and a zlib stream."""
    while packed:
        inflater = zlib.decompressobj()
        yield inflater.decompress(packed[4:])
        packed = inflater.unused_data


def strings(serialised: bytes) -> List[str]:
    """The lines of one character vector in R's XDR serialisation, version 2 or 3."""
    stream = io.BytesIO(serialised)

    def integer() -> int:
        return struct.unpack(">i", stream.read(4))[0]

    if stream.read(2) != b"X\n":
        raise SystemExit("not an XDR serialisation")
    version = integer()
    stream.read(8)
    if version == 3:
        stream.read(integer())
    if integer() & 0xFF != STRING_VECTOR:
        return []
    lines = []
    for _ in range(integer()):
        integer()
        length = integer()
        lines.append(stream.read(length).decode("utf-8") if length > 0 else "")
    return lines


def paragraphs_of(lines: List[str]) -> Iterator[str]:
    """Lines joined to paragraphs, without headings, title pages and the marks of italics."""
    for block in "\n".join(lines).split("\n\n"):
        text = re.sub(r"\s+", " ", block).strip().replace("_", "")
        text = re.sub(r"\[.*?\]", "", text)
        text = text.replace("“", '"').replace("”", '"').replace("‘", "'").replace("’", "'")
        if len(text) < 20 or HEADING.match(text) or text.upper() == text or text[-1].isalnum():
            continue
        yield text


def build(work: Path) -> Path:
    """WORK/austen.txt, one paragraph a line."""
    target = work / TEXT
    found = [lines for lines in map(strings, variables(database(fetch(work)))) if lines]
    paragraphs = [text for lines in found for text in paragraphs_of(lines)]
    target.write_text("\n".join(paragraphs) + "\n", encoding="utf-8")
    print(f"{len(found)} novels, {len(paragraphs)} paragraphs, {len(' '.join(paragraphs).split())} words")
    return target


def load(work: Path) -> Tuple[List[str], List[str]]:
    """The paragraphs to train on and the ones held out."""
    text = work / TEXT
    paragraphs = (text if text.exists() else build(work)).read_text(encoding="utf-8").splitlines()
    held = paragraphs[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    kept = [text for number, text in enumerate(paragraphs, 1) if number % HELD_OUT_EVERY]
    return kept, held


def balanced(sentence: str) -> str:
    """A sentence cut out of a speech loses the quotation mark that has no partner."""
    if sentence.count('"') % 2:
        sentence = sentence.replace('"', "")
    return sentence.strip(" -")


def sentences(paragraphs: List[str], shortest: int, longest: int) -> List[str]:
    """Sentences of so many words, each once, in the order of the text."""
    cut = (balanced(part) for text in paragraphs for part in SENTENCE_END.split(text))
    return list(dict.fromkeys(part for part in cut if shortest <= len(part.split()) <= longest))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    build(parser.parse_args().work)
