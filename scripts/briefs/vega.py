"""The npm package vega-datasets, of which only works of the United States government are used.

The package collects data under many licences and says in datapackage.json which file has which. A file whose licence
there is another is refused, so that a later version of the package cannot slip one in.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Tuple

from text import refuse, write_lines

PACKAGE = "vega-datasets 3.2.1"
PUBLIC = ("U.S. Public Domain", "U.S. Government Dataset")


def data(archive: Path, name: str) -> Tuple[str, Dict[str, Any]]:
    """The text of a data file, and what datapackage.json says of it."""
    try:
        with tarfile.open(archive, "r:gz") as package:
            catalogue = json.load(package.extractfile("package/datapackage.json"))
            text = package.extractfile(f"package/data/{name}").read().decode("utf-8")
    except (OSError, tarfile.TarError, KeyError, ValueError, AttributeError) as error:
        refuse("the data sets cannot be read", f"where: {archive}", f"expected: the npm archive of {PACKAGE} ({error})", "hint: run scripts/setup-briefs.sh")
    entry = next((one for one in catalogue["resources"] if one["path"] == name), {})
    licences = [one.get("title") for one in entry.get("licenses", [])]
    if not licences or any(title not in PUBLIC for title in licences):
        refuse(f"{name} is not in the public domain", f"where: {archive}, datapackage.json", f"expected: a licence among {', '.join(PUBLIC)}", f"got: {licences}")
    return text, entry


def meta(entry: Dict[str, Any], importer: str) -> Dict[str, str]:
    return {"importer": importer, "package": PACKAGE, "file": entry["path"], "licence": entry["licenses"][0]["title"], "from": entry["sources"][0]["title"]}


def command(name: str, description: str, briefs: Callable[[Path], Iterable[Dict[str, Any]]]) -> None:
    parser = argparse.ArgumentParser(prog=f"python3 scripts/briefs/{name}.py", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, required=True, metavar="FILE", help="the package's archive, as scripts/fetch-npm.sh leaves it")
    parser.add_argument("--out", type=Path, required=True, metavar="JSONL", help="the briefs, one a line")
    options = parser.parse_args()
    print(write_lines(options.out, briefs(options.package)))
