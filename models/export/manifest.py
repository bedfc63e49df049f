"""The manifest: what a model folder holds, where it came from and what made it.

It is written last, so a folder with a manifest whose hashes match is whole. `problems` answers the question every
re-run asks: is what is there already what this export would make? Only the standard library is used, so the answer
costs no installation.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

FILES = ("model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json", "config.json", "genai_config.json", "chat_template.jinja")
HERE = Path(__file__).resolve().parent
VERSION = "1"


def exporter_sha256() -> str:
    """A hash of the exporter itself: its modules (the reference scripts make no model) and pinned requirements."""
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")) + [HERE / "requirements.txt"]:
        if not path.name.startswith("reference"):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def describe(path: Path) -> Dict[str, Any]:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def write(folder: Path, head: Dict[str, Any]) -> None:
    """`head` is everything but the files, which are read from the folder."""
    document = {**head, "files": {name: describe(folder / name) for name in FILES}}
    (folder / "manifest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def problems(folder: Path, wanted: Dict[str, Any], source_sha256: Optional[str]) -> List[str]:
    """Why the folder is not the export that is wanted; empty when it is. Cheap reasons come before hashing."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files, exporter = found["files"], found["exporter"]
        source = found["source"]
    except FileNotFoundError:
        return ["there is no manifest.json"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"manifest.json cannot be read ({error})"]
    reasons = [f"{key} is {found.get(key)!r}, wanted {value!r}" for key, value in wanted.items() if found.get(key) != value]
    if exporter.get("source_sha256") != exporter_sha256():
        reasons.append("another version of the exporter made it")
    if source_sha256 and source.get("sha256") != source_sha256:
        reasons.append("it was made from another source file")
    if reasons:
        return reasons
    for name in FILES:
        if not (folder / name).is_file():
            return [f"{name} is missing"]
        if describe(folder / name) != files.get(name):
            return [f"{name} is not what the manifest says"]
    return []
