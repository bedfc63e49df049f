"""An exported folder as it lies there in onnxruntime-genai: its configuration, its tokens, its tokenizer, its chat."""

from __future__ import annotations

import importlib.util
import json
import unittest
from pathlib import Path
from typing import Any, Dict

import gguf
import numpy as np
from tokenizers import Tokenizer

import as_folder
import as_gguf
import as_sentencepiece
from running import ExportCase
from tiny import FAMILIES, Tiny

INSTALLED = importlib.util.find_spec("onnxruntime_genai") is not None
NEEDS_IT = "onnxruntime-genai has no wheel for this Python or platform (models/export/requirements-test.txt)"
PROMPT = [1, 70, 200, 3, 120, 33, 90, 250, 14]
TEXTS = ["In the 12 things, the naïve façade costs 3,124 € 日本語.", "<|im_start|>user\nthe tin<|im_end|>\n<|im_start|>assistant\n", " the  end\n\n", "\n\n12  1"]
PIECES = ["the test and ten", "café €", " a  b"]


def read(folder: Path, what: str = "genai_config.json") -> Dict[str, Any]:
    return json.loads((folder / what).read_text())


class Configuration(ExportCase):
    def test_it_says_what_config_json_says(self) -> None:
        for number, (name, model) in enumerate(FAMILIES.items()):
            with self.subTest(family=name):
                folder = self.export(as_folder.write(model, self.folder / f"{number}"), name=f"out-{number}").folder
                config, made = read(folder, "config.json"), read(folder)["model"]
                same = ("bos_token_id", "eos_token_id", "pad_token_id", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
                others = {"type": "model_type", "context_length": "max_position_embeddings", "head_size": "head_dim"}
                for key, theirs in {**{key: key for key in same}, **others}.items():
                    self.assertEqual({**made, **made["decoder"]}[key], config[theirs], key)

    def test_it_does_not_say_how_to_draw(self) -> None:
        folder = self.export(as_folder.write(Tiny(), self.folder / "m")).folder
        self.assertEqual(read(folder)["search"], {"max_length": 64, "past_present_share_buffer": True})

    def test_a_folder_from_before_is_made_again(self) -> None:
        for name in ("genai_config.json", "tokenizer_config.json"):
            with self.subTest(name=name):
                source = as_folder.write(Tiny(), self.folder / f"m-{name}")
                folder = self.export(source, name=f"out-{name}").folder
                (folder / name).unlink()
                self.assertEqual(self.command("--check", "--out", folder), (1, f"DIR/out-{name}: {name} is missing\n"))
                self.export(source, name=f"out-{name}")
                self.assertEqual(self.command("--check", "--out", folder), (0, ""))


@unittest.skipUnless(INSTALLED, NEEDS_IT)
class Tokens(ExportCase):
    """The likeliest tokens, beside those that plain ONNX Runtime gives for the same folder."""

    def same(self, source: Path, *arguments: object, name: str) -> None:
        import onnxruntime_genai

        exported = self.export(source, *arguments, name=name)
        ends = read(exported.folder)["model"]["eos_token_id"]
        model = onnxruntime_genai.Model(str(exported.folder))
        for shared in (True, False):  # the cache in one piece, as genai_config.json has it, and handed back longer each step
            settings = onnxruntime_genai.GeneratorParams(model)
            settings.set_search_options(max_length=len(PROMPT) + 8, **({} if shared else {"past_present_share_buffer": False}))
            generator = onnxruntime_genai.Generator(model, settings)
            generator.append_tokens(np.array(PROMPT, np.int32))
            while not generator.is_done():
                generator.generate_next_token()
            found = [int(token) for token in generator.get_sequence(0)][len(PROMPT):]
            self.assertEqual(found, exported.greedy(PROMPT, 8, ends if isinstance(ends, list) else [ends]))
            self.assertEqual(len(found), 8, "the comparison is worth little when the text ends at once: take another prompt")

    def test_every_family_in_eight_bits(self) -> None:
        for number, (name, model) in enumerate(FAMILIES.items()):
            with self.subTest(family=name):
                self.same(as_folder.write(model, self.folder / f"{number}"), name=f"out-{number}")

    def test_every_precision_and_all_logits(self) -> None:
        source = as_gguf.write(FAMILIES["llama"], self.folder / "m.gguf")
        for precision in ("int8", "int4", "fp32"):
            for logits in ("last", "all"):
                with self.subTest(precision=precision, logits=logits):
                    self.same(source, "--precision", precision, "--logits", logits, name=f"{precision}-{logits}")


@unittest.skipUnless(INSTALLED, NEEDS_IT)
class Texts(ExportCase):
    """Its tokenizer, which is a program of its own, beside the library that tokenizer.json is made for."""

    def tokenizers(self, folder: Path) -> Any:
        import onnxruntime_genai

        return onnxruntime_genai.Tokenizer(onnxruntime_genai.Model(str(folder))), Tokenizer.from_file(str(folder / "tokenizer.json"))

    def same_ids(self, folder: Path, *texts: str, special: bool = False) -> None:
        """`special` lets the tokenizer put tokens around a text; a chat's prompt has them from its template."""
        theirs, wanted = self.tokenizers(folder)
        if special:
            theirs.update_options(add_special_tokens="true")
        for text in texts:
            self.assertEqual([int(id) for id in theirs.encode(text)], wanted.encode(text, add_special_tokens=special).ids, text)

    def same_texts(self, folder: Path, *texts: str) -> None:
        theirs, wanted = self.tokenizers(folder)
        for text in texts:
            ids = wanted.encode(text).ids
            self.assertEqual(theirs.decode(np.array(ids, np.int32)), wanted.decode(ids), text)

    def byte_level(self, pre: str) -> Path:
        def keys(writer: gguf.GGUFWriter) -> None:
            as_gguf.byte_level(writer)
            writer.kv_data[0]["tokenizer.ggml.pre"].value = pre

        return self.export(as_gguf.write(Tiny(), self.folder / f"{pre}.gguf", tokenizer=keys), name=f"out-{pre}").folder

    def pieces(self, family: str, prefix: bool) -> Path:
        model, name = Tiny(family, layers=7, vocab=as_sentencepiece.VOCAB), f"{family}-{prefix}"
        return self.export(as_gguf.write(model, self.folder / f"{name}.gguf", tokenizer=as_sentencepiece.keys(prefix)), name=f"out-{name}").folder

    def test_byte_level(self) -> None:
        for pre in ("gpt-2", "qwen2", "llama-bpe"):
            with self.subTest(pre=pre):
                folder = self.byte_level(pre)
                self.same_ids(folder, *TEXTS)
                self.same_texts(folder, *TEXTS)
        copied = self.export(as_folder.write(Tiny(), self.folder / "m"), name="copied").folder
        self.same_ids(copied, *TEXTS)
        self.same_texts(copied, *TEXTS)

    def test_byte_level_with_digits_apart(self) -> None:
        for pre in ("smollm", "starcoder"):
            with self.subTest(pre=pre):
                folder = self.byte_level(pre)
                self.same_ids(folder, *(text for text in TEXTS if not any(letter.isdigit() for letter in text)))
                self.same_texts(folder, *TEXTS)

    @unittest.skip("onnxruntime-genai 0.18 passes over the step Digits of smollm and starcoder: spaces and lines before a digit are cut otherwise")
    def test_digits_apart(self) -> None:
        self.same_ids(self.byte_level("smollm"), *TEXTS)

    def test_a_start_that_the_tokenizer_puts_in_front(self) -> None:
        source, tokenizer = as_folder.write(Tiny(), self.folder / "m"), as_folder.tokenizer()
        as_folder.put(source / "tokenizer.json", {**tokenizer, "post_processor": as_folder.start_in_front("<|endoftext|>", 0)})
        folder = self.export(source).folder
        self.same_ids(folder, *TEXTS)
        self.same_ids(folder, *TEXTS, special=True)

    def test_sentencepiece(self) -> None:
        for family, prefix in (("llama", True), ("gemma3", False)):
            with self.subTest(family=family):
                self.same_ids(self.pieces(family, prefix), *PIECES)
        self.same_texts(self.pieces("gemma3", prefix=False), *PIECES)

    @unittest.skip("onnxruntime-genai 0.18 leaves the space in front of a decoded text that Llama's decoder strips")
    def test_texts_of_sentencepiece_with_a_space_in_front(self) -> None:
        self.same_texts(self.pieces("llama", prefix=True), *PIECES)

    @unittest.skip("onnxruntime-genai 0.18 joins no runs of spaces where no space is put in front, unless the class is Gemma's")
    def test_sentencepiece_without_a_space_in_front_that_is_not_gemmas(self) -> None:
        self.same_ids(self.pieces("llama", prefix=False), *PIECES)


@unittest.skipUnless(INSTALLED, NEEDS_IT)
class Chat(ExportCase):
    def prompt(self, source: Path) -> str:
        import onnxruntime_genai

        tokenizer = onnxruntime_genai.Tokenizer(onnxruntime_genai.Model(str(self.export(source).folder)))
        return tokenizer.apply_chat_template(json.dumps([{"role": "user", "content": "the tin"}]), add_generation_prompt=True)

    def test_the_template_is_found_beside_the_tokenizer(self) -> None:
        self.assertEqual(self.prompt(as_gguf.write(Tiny(), self.folder / "m.gguf")), "<|im_start|>user\nthe tin<|im_end|>\n<|im_start|>assistant\n")

    def test_the_template_knows_the_start_token(self) -> None:
        source = as_gguf.write(Tiny(vocab=as_sentencepiece.VOCAB), self.folder / "m.gguf", tokenizer=as_sentencepiece.keys(prefix=True))
        self.assertEqual(self.prompt(source), "<s><|im_start|>user\nthe tin<|im_end|>\n<|im_start|>assistant\n")


if __name__ == "__main__":
    unittest.main()
