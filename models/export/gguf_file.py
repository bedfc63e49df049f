"""A GGUF file, or the parts of a split one, opened as one set of keys and tensors.

llama.cpp's gguf-split writes NAME-00001-of-00004.gguf and so on; the first part holds the keys, each part some
tensors. Any part's path opens the whole.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List

import gguf

from refusal import Refusal

PART = re.compile(r"^(.*)-(\d{5})-of-(\d{5})\.gguf$")


class GgufFile:
    """`meta` for keys, `tensors` by name."""

    def __init__(self, path: Path):
        self.path = path
        self.paths = _parts(path)
        self._readers = [_open(part) for part in self.paths]
        self.fields = self._readers[0].fields
        self.tensors: Dict[str, Any] = {}
        for part, reader in zip(self.paths, self._readers):
            for tensor in reader.tensors:
                if tensor.name in self.tensors:
                    raise Refusal(f"the tensor {tensor.name} is there twice", str(part), "each tensor once", "are all parts of the same model?")
                self.tensors[tensor.name] = tensor
        count = self.meta("split.count", 1)
        if count != len(self.paths) and (count > 1 or len(self.paths) > 1):
            raise Refusal(f"the GGUF is one part of {count}, and its name does not say which", str(path), "the names gguf-split gives: NAME-00001-of-00004.gguf")
        wanted = self.meta("split.tensors.count", len(self.tensors))
        if wanted != len(self.tensors):
            raise Refusal(f"the parts hold {len(self.tensors)} tensors", str(path), f"{wanted}", "are all parts of the same model?")

    def meta(self, key: str, default: Any = None, required: bool = True) -> Any:
        field = self.fields.get(key)
        if field is not None:
            return field.contents()
        if required and default is None:
            raise Refusal(f"the GGUF has no {key}", str(self.path), "a complete metadata block", "convert the model again with a current llama.cpp")
        return default


def _parts(path: Path) -> List[Path]:
    named = PART.match(path.name)
    if not named:
        return [path]
    stem, count = named.group(1), int(named.group(3))
    parts = [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    for part in parts:
        if not part.is_file():
            raise Refusal(f"part {part.name} is missing", str(path.parent), f"all {count} parts in one folder", "fetch the missing part")
    return parts


def _open(path: Path) -> gguf.GGUFReader:
    if path.is_dir():
        raise Refusal("this is a folder, not a GGUF file", str(path), "a GGUF file", "a folder with safetensors is read with --safetensors DIR")
    if not path.is_file():
        raise Refusal("there is no such file", str(path), "a GGUF file", "scripts/setup-model.sh fetches the default model")
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        raise Refusal("this is not a GGUF file", str(path), "the letters GGUF at the start", "a folder with safetensors is read with --safetensors DIR")
    try:
        return gguf.GGUFReader(str(path))
    except Exception as error:  # the reader has no error type of its own: a cut file ends in ValueError, IndexError or struct.error
        raise Refusal("the GGUF cannot be read; it is cut short or damaged", str(path), "a whole file", f"fetch it again ({error})") from error
