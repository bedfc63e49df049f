"""Runs the exporter as its command does, and the folders it writes in ONNX Runtime."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
_spec = importlib.util.spec_from_file_location("exporter", HERE.parent / "__main__.py")
exporter = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(exporter)


class ExportCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = Path(kept.name)

    def command(self, *arguments: object) -> Tuple[int, str]:
        """Exit status and what was said, the test's folder written as DIR."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            try:
                status = exporter.main([str(argument) for argument in arguments])
            except SystemExit as stop:
                status = stop.code
        return status, said.getvalue().replace(str(self.folder), "DIR")

    def export(self, source: Path, *arguments: object, name: str = "out") -> "Exported":
        out = self.folder / name
        status, said = self.command("--safetensors" if source.is_dir() else "--gguf", source, "--out", out, "--quiet", *arguments)
        self.assertEqual((status, said), (0, ""))
        return Exported(out)

    def refused(self, expected: str, *arguments: object) -> None:
        """The command says exactly this, exits 1 and leaves no folder behind."""
        out = self.folder / "refused"
        status, said = self.command(*arguments, "--out", out, "--quiet")
        self.assertEqual((status, said.strip()), (1, expected.strip()))
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith((".refused", "refused"))], [])


class Exported:
    """A model folder in ONNX Runtime."""

    def __init__(self, folder: Path):
        self.folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        cache = [one for one in self.session.get_inputs() if one.name.startswith("past_")]
        self.layers, (_, self.kv_heads, _, self.head_dim) = len(cache) // 2, cache[0].shape

    def run(self, ids: List[List[int]], lengths: List[int], past: List[np.ndarray]) -> Tuple[np.ndarray, List[np.ndarray]]:
        """One step of a batch; `lengths` are those after the step."""
        width = max(lengths)
        feed = {"input_ids": np.array(ids, np.int64), "attention_mask": np.array([[int(i < length) for i in range(width)] for length in lengths], np.int64)}
        feed.update({name: array for name, array in zip(self._caches("past_key_values"), past)})
        logits, *present = self.session.run(["logits", *self._caches("present")], feed)
        return logits, present

    def empty(self, rows: int = 1) -> List[np.ndarray]:
        return [np.zeros((rows, self.kv_heads, 0, self.head_dim), np.float32)] * (2 * self.layers)

    def prefill(self, ids: List[int]) -> np.ndarray:
        return self.run([ids], [len(ids)], self.empty())[0][0]

    def stepwise(self, ids: List[int], first: int) -> np.ndarray:
        """`first` tokens together, the rest one at a time: all logits."""
        logits, past = self.run([ids[:first]], [first], self.empty())
        rows = list(logits[0])
        for position in range(first, len(ids)):
            logits, past = self.run([ids[position:position + 1]], [position + 1], past)
            rows.append(logits[0, -1])
        return np.array(rows)

    def greedy(self, ids: List[int], count: int, ends: Sequence[int]) -> List[int]:
        """The likeliest token again and again, up to an end or `count` tokens."""
        found: List[int] = []
        logits, past = self.run([ids], [len(ids)], self.empty())
        while True:
            found.append(int(logits[0, -1].argmax()))
            if len(found) == count or found[-1] in ends:
                return found
            logits, past = self.run([found[-1:]], [len(ids) + len(found)], past)

    def _caches(self, start: str) -> List[str]:
        return [f"{start}.{layer}.{part}" for layer in range(self.layers) for part in ("key", "value")]
