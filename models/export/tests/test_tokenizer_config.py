"""`tokenizer_config.json` spells the special tokens as the source does, and says of texts what tokenizer.json does."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any, Dict

import gguf

import as_folder
import as_gguf
import as_sentencepiece
from running import ExportCase
from tiny import TEMPLATE, Tiny


class TokenizerConfig(ExportCase):
    def made(self, source: Path) -> Dict[str, Any]:
        folder = self.export(source, name=f"out-{len(list(self.folder.iterdir()))}").folder
        return json.loads((folder / "tokenizer_config.json").read_text())

    def test_a_gguf_gives_ids_and_the_vocabulary_their_texts(self) -> None:
        self.assertEqual(self.made(as_gguf.write(Tiny(), self.folder / "m.gguf")), {
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>",
            "add_bos_token": False, "add_eos_token": False, "clean_up_tokenization_spaces": False, "model_max_length": 64,
        })

    def test_a_model_without_a_start_names_none(self) -> None:
        def without_start(writer: gguf.GGUFWriter) -> None:
            as_gguf.byte_level(writer)
            del writer.kv_data[0]["tokenizer.ggml.bos_token_id"]

        self.assertNotIn("bos_token", self.made(as_gguf.write(Tiny(), self.folder / "m.gguf", tokenizer=without_start)))

    def test_a_folder_spells_its_own(self) -> None:
        folder = as_folder.write(Tiny(), self.folder / "m")
        # generation_config.json's ends are 2 and 0, config.json's start is 0
        self.assertEqual([self.made(folder)[key] for key in ("bos_token", "eos_token", "pad_token")], ["<|endoftext|>", "<|im_end|>", "<|im_end|>"])
        as_folder.put(folder / "tokenizer_config.json", {
            "chat_template": TEMPLATE, "bos_token": None, "eos_token": {"content": "<|im_start|>", "lstrip": False}, "unk_token": "<|endoftext|>", "pad_token": 5})
        made = self.made(folder)
        self.assertEqual([made[key] for key in ("bos_token", "eos_token", "unk_token", "pad_token")], [None, "<|im_start|>", "<|endoftext|>", "<|im_end|>"])
        self.assertNotIn("chat_template", made)  # it is in chat_template.jinja

    def test_tokens_around_a_text_are_those_of_the_tokenizer(self) -> None:
        folder, tokenizer = as_folder.write(Tiny(), self.folder / "m"), as_folder.tokenizer()
        tokenizer["post_processor"] = as_folder.start_in_front("<|endoftext|>", 0)
        tokenizer["model"]["unk_token"] = "<|im_start|>"
        as_folder.put(folder / "tokenizer.json", tokenizer)
        made = self.made(folder)
        self.assertEqual([made[key] for key in ("add_bos_token", "add_eos_token", "unk_token")], [True, False, "<|im_start|>"])

    def test_gemma_has_a_class_of_its_own(self) -> None:
        def pieces(family: str, prefix: bool) -> Path:
            model = Tiny(family, layers=7, vocab=as_sentencepiece.VOCAB)
            return as_gguf.write(model, self.folder / f"{family}-{prefix}.gguf", tokenizer=as_sentencepiece.keys(prefix))

        made = self.made(pieces("gemma3", prefix=False))
        self.assertEqual([made[key] for key in ("tokenizer_class", "bos_token", "eos_token", "unk_token")], ["GemmaTokenizer", "<s>", "</s>", "<unk>"])
        for other in (pieces("gemma3", prefix=True), pieces("llama", prefix=False), as_gguf.write(Tiny("gemma3", layers=7), self.folder / "byte-level.gguf")):
            self.assertEqual(self.made(other)["tokenizer_class"], "PreTrainedTokenizerFast")


if __name__ == "__main__":
    unittest.main()
