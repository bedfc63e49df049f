"""The model folder: made beside its place under another name, then renamed into it.

A reader sees the old folder or the new one, never half of either. A killed export leaves its working folder behind;
the next one clears it once the process it names is gone.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from refusal import Refusal


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yields an empty working folder; on success it takes the place of `target`."""
    refuse_strangers(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(target)
        work = target.parent / f".{target.name}.partial-{os.getpid()}"
        work.mkdir()
    except OSError as error:
        raise Refusal("the output folder cannot be made", str(target), "a place this user may write to", str(error)) from error
    try:
        yield work
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_strangers(target: Path) -> None:
    """Never replace something that is not a model folder."""
    if not target.exists() or (target / "manifest.json").is_file():
        return
    if not target.is_dir() or any(target.iterdir()):
        raise Refusal("the output exists and is not a model folder", str(target), "a new path, an empty folder or an earlier export", "choose another --out")


def _swap(work: Path, target: Path) -> None:
    old = target.parent / f".{target.name}.old-{os.getpid()}"
    if target.exists():
        target.rename(old)
    try:
        work.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _clear_leftovers(target: Path) -> None:
    for kind in ("partial", "old"):
        for path in target.parent.glob(f".{target.name}.{kind}-*"):
            owner = path.name.rsplit("-", 1)[1]
            if owner.isdigit() and not _alive(int(owner)):
                # killed between the two renames: the old folder is the only one left, give it its name back
                if kind == "old" and not target.exists():
                    path.rename(target)
                else:
                    shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
