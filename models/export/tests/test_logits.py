"""Exported graphs compute what the architecture says: compared with plain numpy, from both formats, in all precisions."""

from __future__ import annotations

import dataclasses
import unittest

import gguf
import numpy as np

import as_folder
import as_gguf
import plain_model
from running import ExportCase
import quantise  # the exporter's; running.py puts its folder on the path
from tiny import FAMILIES, Tiny

IDS = [1, 70, 200, 3, 3, 120, 33, 90, 250, 14, 61, 2, 5, 77, 180, 111]


def difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """Root of the mean squared difference, as a share of the wanted logits' own."""
    return float(np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted ** 2)))


class Logits(ExportCase):
    def test_every_family_from_both_formats_prefilled_and_step_by_step(self) -> None:
        for number, (name, model) in enumerate(FAMILIES.items()):
            wanted = plain_model.logits(model, IDS)
            sources = {"gguf": as_gguf.write(model, self.folder / f"{number}.gguf"), "folder": as_folder.write(model, self.folder / f"{number}")}
            for form, source in sources.items():
                with self.subTest(family=name, form=form):
                    exported = self.export(source, "--precision", "fp32", "--logits", "all", name=f"out-{number}-{form}")
                    np.testing.assert_allclose(exported.prefill(IDS), wanted, rtol=0, atol=2e-4 * np.abs(wanted).max())
                    np.testing.assert_allclose(exported.stepwise(IDS, 5), wanted, rtol=0, atol=2e-4 * np.abs(wanted).max())

    def test_both_formats_give_the_same_weights_to_the_byte(self) -> None:
        model = FAMILIES["llama with a head of its own and biases"]
        for precision in ("fp32", "int8", "int4"):
            folder = self.export(as_folder.write(model, self.folder / f"hf-{precision}"), "--precision", precision, name=f"a-{precision}")
            file = self.export(as_gguf.write(model, self.folder / f"{precision}.gguf"), "--precision", precision, name=f"b-{precision}")
            for part in ("model.onnx", "model.onnx.data"):
                self.assertEqual((folder.folder / part).read_bytes(), (file.folder / part).read_bytes(), f"{part}, {precision}")

    def test_eight_and_four_bits_compute_with_the_weights_they_store(self) -> None:
        # What is left is the rounding of activations to eight bits: 0.03 to 0.05 measured, while wrong zero points,
        # scales or biases give 0.5 and more.
        for number, (name, model) in enumerate(FAMILIES.items()):
            source = as_folder.write(model, self.folder / f"{number}")
            for precision in ("int8", "int4"):
                with self.subTest(family=name, precision=precision):
                    exported = self.export(source, "--precision", precision, "--logits", "all", name=f"out-{number}-{precision}")
                    wanted = plain_model.logits(stored(model, precision), IDS)
                    self.assertLess(difference(exported.prefill(IDS), wanted), 0.08)
                    self.assertLess(difference(exported.stepwise(IDS, 5), wanted), 0.08)

    def test_more_bits_are_nearer_to_the_model(self) -> None:
        # Random weights have no redundancy, so the distances are larger than a trained model's; their order is what counts.
        model = FAMILIES["llama"]
        source, wanted = as_folder.write(model, self.folder / "model"), plain_model.logits(model, IDS)
        found = {precision: difference(self.export(source, "--precision", precision, "--logits", "all", name=precision).prefill(IDS), wanted)
                 for precision in ("fp32", "int8", "int4")}
        self.assertLess(found["fp32"], 1e-5)
        self.assertLess(found["int8"], 0.08)
        self.assertLess(found["int4"], 0.55)
        self.assertLess(found["int8"] * 3, found["int4"])

    def test_quantised_ggufs_are_read_as_ggml_defines_them(self) -> None:
        # The first comparison is the exact one; the second bounds what a type costs a model of random weights.
        bounds = {"F16": 0.002, "BF16": 0.02, "Q8_0": 0.04, "Q5_1": 0.3, "Q5_0": 0.3, "Q4_1": 0.7, "Q4_0": 0.7}
        model = Tiny(seed=9)
        for kind, bound in bounds.items():
            with self.subTest(kind=kind):
                exported = self.export(as_gguf.write(model, self.folder / f"{kind}.gguf", kind), "--precision", "fp32", "--logits", "all", name=kind)
                found = exported.prefill(IDS)
                np.testing.assert_allclose(found, plain_model.logits(rounded(model, kind), IDS), rtol=0, atol=1e-3)
                self.assertLess(difference(found, plain_model.logits(model, IDS)), bound)

    def test_k_quants_are_read_too(self) -> None:
        model = Tiny(hidden=256, ffn=256, heads=16, kv_heads=16, seed=10)
        for kind in ("Q4_K", "Q6_K"):
            with self.subTest(kind=kind):
                # there is no Python quantiser for these: random blocks with small scales, read back by ggml's own rules
                kept, quantised = dict(model.weights), gguf.GGMLQuantizationType[kind]
                raw = random_blocks(quantised, 256)
                model.weights["model.layers.0.mlp.down_proj.weight"] = gguf.quants.dequantize(raw, quantised)
                path = as_gguf.write(model, self.folder / f"{kind}.gguf", without="blk.0.ffn_down.weight", raw={"blk.0.ffn_down.weight": (raw, quantised)})
                wanted = plain_model.logits(model, IDS)
                found = self.export(path, "--precision", "fp32", "--logits", "all", name=kind).prefill(IDS)
                np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-4 * np.abs(wanted).max())
                model.weights = kept

    def test_half_precision_folders_in_several_files(self) -> None:
        for dtype in ("F16", "BF16"):
            with self.subTest(dtype=dtype):
                model = Tiny("qwen2", qkv_bias=True, tied=False, seed=11)
                source = as_folder.write(model, self.folder / dtype, dtype, shards=3)
                model.weights = {name: array.astype(as_folder.DTYPES[dtype]).astype(np.float32) for name, array in model.weights.items()}
                found = self.export(source, "--precision", "fp32", "--logits", "all", name=f"out-{dtype}").prefill(IDS)
                np.testing.assert_allclose(found, plain_model.logits(model, IDS), rtol=0, atol=1e-3)

    def test_a_gguf_in_four_parts_is_the_whole_model(self) -> None:
        model = Tiny(seed=12)
        as_gguf.write(model, self.folder / "split.gguf", parts=4)
        parts = sorted(self.folder.glob("split-*.gguf"))
        self.assertEqual(len(parts), 4)
        for number, part in enumerate((parts[0], parts[2])):  # any part opens it
            found = self.export(part, "--precision", "fp32", "--logits", "all", name=f"out-{number}").prefill(IDS)
            np.testing.assert_allclose(found, plain_model.logits(model, IDS), rtol=0, atol=1e-3)

    def test_last_logits_of_rows_of_different_length(self) -> None:
        for name in ("qwen2", "gemma3, past its window"):
            with self.subTest(family=name):
                model = FAMILIES[name]
                exported = self.export(as_folder.write(model, self.folder / name), "--precision", "fp32", name=f"out {name}")
                # rows are padded on the right while prompts are read, then each grows by one
                logits, past = exported.run([IDS[:9], IDS[3:7] + [0] * 5], [9, 4], exported.empty(2))
                for row, text in enumerate((IDS[:9], IDS[3:7])):
                    np.testing.assert_allclose(logits[row, 0], plain_model.logits(model, text)[-1], rtol=0, atol=1e-3)
                logits, _ = exported.run([[60], [61]], [10, 5], past)
                for row, text in enumerate(([*IDS[:9], 60], [*IDS[3:7], 61])):
                    np.testing.assert_allclose(logits[row, 0], plain_model.logits(model, text)[-1], rtol=0, atol=1e-3)


def rounded(model: Tiny, kind: str) -> Tiny:
    """The model as the file holds it."""
    quantised = gguf.GGMLQuantizationType[kind]
    copy = Tiny(seed=model.seed)
    for name, array in copy.weights.items():
        if array.ndim == 2:
            copy.weights[name] = array.astype(np.float16).astype(np.float32) if kind == "F16" else gguf.quants.dequantize(gguf.quants.quantize(array, quantised), quantised)
    return copy


def stored(model: Tiny, precision: str) -> Tiny:
    """The model with its matrices as the export holds them: blocks put back together here, by the operators' definition."""
    copy = dataclasses.replace(model, weights={})
    for name, array in model.weights.items():
        copy.weights[name] = array
        if array.ndim == 2:
            eight = precision == "int8" or name in ("model.embed_tokens.weight", "lm_head.weight")
            blocks = quantise.eight_bit(array) if eight else quantise.four_bit(array)
            levels, zeros = blocks.values.astype(np.float32), np.float32(128)
            if not eight:
                levels = np.stack([blocks.values & 15, blocks.values >> 4], axis=-1).astype(np.float32).reshape(*blocks.values.shape[:2], 32)
                zeros = np.stack([blocks.zeros & 15, blocks.zeros >> 4], axis=-1).reshape(len(array), -1)[:, : levels.shape[1], None].astype(np.float32)
            copy.weights[name] = ((levels - zeros) * blocks.scales[:, :, None]).reshape(array.shape)
    return copy


def random_blocks(kind: gguf.GGMLQuantizationType, rows: int) -> np.ndarray:
    """One block of 256 values a row: random bytes, the float16 scales replaced by small ones."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    raw = np.random.default_rng(3).integers(0, 256, (rows, size), dtype=np.uint8)
    scale = np.frombuffer(np.float16(0.0008).tobytes(), np.uint8)
    places = {"Q4_K": (0, 2), "Q6_K": (size - 2,)}[kind.name]
    for place in places:
        raw[:, place:place + 2] = scale
    return raw


if __name__ == "__main__":
    unittest.main()
