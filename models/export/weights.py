"""The weights file: raw little-endian tensors beside the graph, written as they are made.

Layers go to disk one at a time, so an export needs the memory of one layer and not of the model. Offsets are
rounded up to the page size, which lets a runtime map the file instead of reading it. Two initializers may name
the same bytes: the quantised embedding and the head tied to it differ only in shape.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Dict, List, Sequence, Tuple

import numpy as np
import onnx

PAGE = 4096
FILE_NAME = "model.onnx.data"


class Weights:
    """Collects initializers; large ones live in `model.onnx.data` under the given folder."""

    def __init__(self, folder: Path):
        self.file: BinaryIO = open(folder / FILE_NAME, "wb")
        self.initializers: List[onnx.TensorProto] = []
        self._places: Dict[str, Tuple[int, int, int]] = {}

    def add(self, name: str, array: np.ndarray) -> str:
        array = np.ascontiguousarray(array)
        if array.dtype.byteorder == ">":
            array = array.astype(array.dtype.newbyteorder("<"))
        self.file.write(b"\0" * (-self.file.tell() % PAGE))
        offset = self.file.tell()
        self.file.write(array.tobytes())
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        self._places[name] = (kind, offset, array.nbytes)
        return self._declare(name, name, array.shape)

    def alias(self, name: str, of: str, shape: Sequence[int]) -> str:
        """A second initializer over the bytes of `of`."""
        return self._declare(name, of, shape)

    def constant(self, name: str, array: np.ndarray) -> str:
        """A small integer the graph needs, kept inside model.onnx."""
        self.initializers.append(onnx.numpy_helper.from_array(array, name))
        return name

    def close(self) -> None:
        self.file.close()

    def _declare(self, name: str, place: str, shape: Sequence[int]) -> str:
        kind, offset, length = self._places[place]
        tensor = onnx.TensorProto(name=name, data_type=kind, dims=list(shape), data_location=onnx.TensorProto.EXTERNAL)
        for key, value in (("location", FILE_NAME), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name
