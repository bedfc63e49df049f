"""The weights of a Hugging Face folder: model.safetensors, or the files its index names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List, Tuple

import ml_dtypes  # noqa: F401  (teaches numpy bfloat16, which safetensors then hands out)
import numpy as np
from safetensors import SafetensorError, safe_open

from refusal import Refusal

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
READABLE = ("F32", "F16", "BF16")


class SafetensorsFiles:
    """`shapes` by tensor name; `values` reads one tensor, so that memory holds one and not the model."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.paths = _paths(folder)
        self._opened = {path: _open(path) for path in self.paths}
        self._place = {name: path for path, opened in self._opened.items() for name in opened.keys()}
        self.shapes: Dict[str, Tuple[int, ...]] = {
            name: tuple(self._opened[path].get_slice(name).get_shape()) for name, path in self._place.items()
        }

    def check_type(self, name: str) -> None:
        path = self._place[name]
        kind = self._opened[path].get_slice(name).get_dtype()
        if kind not in READABLE:
            raise Refusal(f"the tensor type {kind} is not supported", f"{path}, tensor {name}", ", ".join(READABLE), "export the unquantised model; --precision quantises it here")

    def values(self, name: str) -> np.ndarray:
        return self._opened[self._place[name]].get_tensor(name).astype(np.float32)


def _paths(folder: Path) -> List[Path]:
    index = folder / INDEX
    if not index.is_file():
        whole = folder / WHOLE
        if whole.is_file():
            return [whole]
        hint = "this folder has PyTorch's own format: save it again with save_pretrained(…, safe_serialization=True)" if list(folder.glob("*.bin")) else None
        raise Refusal("the folder has no weights", str(folder), f"{WHOLE}, or {INDEX} and the files it names", hint)
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("the index of the weights cannot be read", str(index), 'an object with "weight_map"', f"fetch it again ({error})") from error
    for number, name in enumerate(names, 1):
        if Path(name).name != name:
            raise Refusal(f"the index names {name!r}", str(index), "files of this folder only")
        if not (folder / name).is_file():
            raise Refusal(f"{name} is missing", str(folder), f"all {len(names)} files that {INDEX} names; this is number {number}", "fetch the missing file")
    return [folder / name for name in names]


def _open(path: Path):
    try:
        return safe_open(str(path), framework="numpy")
    except (SafetensorError, OSError, ValueError) as error:
        raise Refusal("the weights cannot be read; the file is cut short or damaged", str(path), "a whole safetensors file", f"fetch it again ({error})") from error
