"""What the graph reads from, whatever the file format: one model's numbers, weights, tokenizer and special tokens.

`GgufSource` and `FolderSource` fill this in. Weights come out as float32, matrices [out, in], with the two halves of
each head apart as ONNX and Hugging Face have them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from architecture import Architecture, Shape
from refusal import Refusal

# The special tokens that a chat template may spell.
NAMED = ("bos_token", "eos_token", "unk_token", "pad_token")


@dataclass(frozen=True)
class SpecialTokens:
    """Ids. Any of `eos` ends a text; a model without `bos` has none."""

    eos: List[int]
    bos: Optional[int] = None
    pad: Optional[int] = None

    def settings(self) -> Dict[str, Any]:
        """As configuration files have them: one end alone or a list, and an end for a start or padding that is not there."""
        return {
            "bos_token_id": self.eos[0] if self.bos is None else self.bos,
            "eos_token_id": self.eos[0] if len(self.eos) == 1 else self.eos,
            "pad_token_id": self.eos[0] if self.pad is None else self.pad,
        }


class Source:
    """The interface; the checks that every format shares are here."""

    path: Path
    family: Architecture
    shape: Shape

    def has(self, name: str) -> bool:
        raise NotImplementedError

    def values(self, name: str) -> np.ndarray:
        """The tensor as stored, float32."""
        raise NotImplementedError

    def blocks_q8(self, name: str) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """int8 values [out, blocks, 32] and scales [out, blocks] where the file holds such; None elsewhere."""
        return None

    def special_tokens(self) -> SpecialTokens:
        raise NotImplementedError

    def named_tokens(self) -> Dict[str, Optional[str]]:
        """Texts the source itself gives for `bos_token` and the like; None is one that it says it has not."""
        return {}

    def chat_template(self) -> Optional[str]:
        raise NotImplementedError

    def tokenizer_json(self) -> bytes:
        raise NotImplementedError

    def licence(self) -> Optional[str]:
        return None

    def parameters(self) -> int:
        raise NotImplementedError

    def sha256(self) -> str:
        raise NotImplementedError

    def matrix(self, name: str) -> np.ndarray:
        return self.finite(name, self.values(name))

    def vector(self, name: str) -> np.ndarray:
        return self.finite(name, self.values(name)).reshape(-1)

    def finite(self, name: str, values: np.ndarray) -> np.ndarray:
        if not np.isfinite(values).all():
            raise Refusal(f"the tensor {name} holds NaN or infinity", str(self.path), "finite weights", "the file is damaged; fetch it again")
        return values


def sha256_file(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_files(paths: List[Path]) -> str:
    """One file's own hash; of several, the hash of a line `name hash` for each, in order."""
    if len(paths) == 1:
        return sha256_file(paths[0])
    return hashlib.sha256("".join(f"{path.name} {sha256_file(path)}\n" for path in paths).encode()).hexdigest()
