"""Tokenizers rebuilt from a GGUF cut texts as the originals do, and special tokens end up where the engine looks."""

from __future__ import annotations

import json
import random
import unittest
from typing import Dict, List

import gguf
from tokenizers import Tokenizer

import as_folder
import as_gguf
import as_sentencepiece
from as_sentencepiece import SCORES, VOCAB
from running import ExportCase
from tiny import TEMPLATE, Tiny

TEXTS = ["in the 12 things", " the  end\n\n", "naïve façade 3,124 €", "<|im_start|>user\nthe tin<|im_end|>", "", "日本語 \t x"]


def pieces(folder, text: str) -> List[str]:
    return Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).tokens


class ByteLevel(ExportCase):
    def test_the_rebuilt_tokenizer_is_the_original_one(self) -> None:
        rebuilt = self.export(as_gguf.write(Tiny(), self.folder / "m.gguf"), name="a").folder
        copied = self.export(as_folder.write(Tiny(), self.folder / "m"), name="b").folder
        self.assertEqual((copied / "tokenizer.json").read_bytes(), (self.folder / "m" / "tokenizer.json").read_bytes())
        one, other = Tokenizer.from_file(str(rebuilt / "tokenizer.json")), Tokenizer.from_file(str(copied / "tokenizer.json"))
        for text in TEXTS:
            ids = one.encode(text, add_special_tokens=False).ids
            self.assertEqual(ids, other.encode(text, add_special_tokens=False).ids)
            self.assertEqual(one.decode(ids, skip_special_tokens=False), text)

    def test_words_are_cut_as_their_names_say(self) -> None:
        def cut(pre: str, text: str) -> List[str]:
            def keys(writer: gguf.GGUFWriter) -> None:
                as_gguf.byte_level(writer)
                writer.kv_data[0]["tokenizer.ggml.pre"].value = pre

            path = as_gguf.write(Tiny(), self.folder / f"{pre}.gguf", tokenizer=keys)
            made = Tokenizer.from_file(str(self.export(path, name=f"out-{pre}-{len(list(self.folder.iterdir()))}").folder / "tokenizer.json"))
            return [word.replace("Ġ", " ").replace("Ċ", "\n") for word, _ in made.pre_tokenizer.pre_tokenize_str(text)]

        text = "It's  12345 a-b\n\nX"
        self.assertEqual(cut("qwen2", text), ["It", "'s", " ", " ", "1", "2", "3", "4", "5", " a", "-b", "\n\n", "X"])
        self.assertEqual(cut("llama-bpe", text), ["It", "'s", " ", " ", "123", "45", " a", "-b", "\n\n", "X"])
        self.assertEqual(cut("gpt-2", text), ["It", "'s", " ", " 12345", " a", "-", "b", "\n", "\n", "X"])
        self.assertEqual(cut("smollm", text), ["It", "'s", "  ", "1", "2", "3", "4", "5", " a", "-", "b", "\n", "\n", "X"])


class SentencePiece(ExportCase):
    """SentencePiece's own loop over the pieces."""

    def spelled(self, text: str, prefix: bool) -> List[str]:
        """Join the two neighbours whose piece scores best, leftmost first, until none can be joined."""
        parts = list(("▁" if prefix else "") + text.replace(" ", "▁"))
        while True:
            best = max(((SCORES[a + b], -at) for at, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in SCORES), default=None)
            if best is None:
                break
            at = -best[1]
            parts[at:at + 2] = [parts[at] + parts[at + 1]]
        return [piece for part in parts for piece in ([part] if part in SCORES else [f"<0x{byte:02X}>" for byte in part.encode()])]

    def test_pieces_are_joined_by_score(self) -> None:
        chance = random.Random(5)
        texts = ["the test and ten", "a  b", "eeeee tttt", "café €", *("".join(chance.choices("abcdenrst. ", k=30)) for _ in range(300))]
        for prefix in (True, False):
            path = as_gguf.write(Tiny(vocab=VOCAB), self.folder / f"{prefix}.gguf", tokenizer=as_sentencepiece.keys(prefix))
            made = Tokenizer.from_file(str(self.export(path, name=f"out-{prefix}").folder / "tokenizer.json"))
            for text in texts:
                encoded = made.encode(text, add_special_tokens=False)
                self.assertEqual(encoded.tokens, self.spelled(text, prefix), text)
                self.assertEqual(made.decode(encoded.ids), text)

    def test_the_start_token_is_put_into_a_template_that_lacks_it(self) -> None:
        path = as_gguf.write(Tiny(vocab=VOCAB), self.folder / "m.gguf", tokenizer=as_sentencepiece.keys(True))
        made = self.export(path).folder
        self.assertEqual((made / "chat_template.jinja").read_text(), "{{ bos_token }}" + TEMPLATE)
        self.assertEqual(json.loads((made / "config.json").read_text())["bos_token_id"], 1)


class Settings(ExportCase):
    def config(self, source) -> Dict:
        return json.loads((self.export(source, name=f"out-{len(list(self.folder.iterdir()))}").folder / "config.json").read_text())

    def test_every_end_of_a_turn_is_listed(self) -> None:
        folder = as_folder.write(Tiny(), self.folder / "m")
        self.assertEqual(self.config(folder)["eos_token_id"], [2, 0])  # generation_config.json's
        (folder / "generation_config.json").unlink()
        self.assertEqual(self.config(folder)["eos_token_id"], 0)  # config.json's

        def ends_with_text(writer: gguf.GGUFWriter) -> None:
            as_gguf.byte_level(writer)
            writer.kv_data[0]["tokenizer.ggml.eos_token_id"].value = 0

        # the end of a text is named, the end of a turn stands in the chat template only
        self.assertEqual(self.config(as_gguf.write(Tiny(), self.folder / "a.gguf", tokenizer=ends_with_text))["eos_token_id"], [0, 2])
        self.assertEqual(self.config(as_gguf.write(Tiny(), self.folder / "b.gguf", settings={"tokenizer.ggml.eot_token_id": 1}))["eos_token_id"], [2, 1])

    def test_both_formats_describe_the_model_alike(self) -> None:
        for model in (Tiny("gemma3", layers=7), Tiny("qwen2", qkv_bias=True), Tiny(rope_scaling={"rope_type": "linear", "factor": 2.0})):
            folder = as_folder.write(model, self.folder / f"{model.family}-hf")
            as_folder.put(folder / "generation_config.json", {"eos_token_id": 2})
            self.assertEqual(self.config(folder), self.config(as_gguf.write(model, self.folder / f"{model.family}.gguf")))

    def test_templates_by_name_and_in_a_file(self) -> None:
        folder = as_folder.write(Tiny(), self.folder / "m")
        as_folder.put(folder / "tokenizer_config.json", {"chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]})
        self.assertEqual((self.export(folder, name="a").folder / "chat_template.jinja").read_text(), "yes")
        (folder / "chat_template.jinja").write_text("newer")
        self.assertEqual((self.export(folder, name="b").folder / "chat_template.jinja").read_text(), "newer")


if __name__ == "__main__":
    unittest.main()
