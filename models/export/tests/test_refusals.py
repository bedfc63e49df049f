"""Every refusal, as the person who meets it reads it, and that nothing is left behind."""

from __future__ import annotations

import json
import resource
import shutil
import struct
import unittest
from pathlib import Path

import numpy as np

import as_folder
import as_gguf
from running import ExportCase
from tiny import Tiny

GGUF_TENSOR = np.zeros((8, 8), np.float32)


class GgufRefusals(ExportCase):
    def path(self, *arguments: object, **options: object) -> Path:
        return as_gguf.write(Tiny(), self.folder / "m.gguf", *arguments, **options)

    def test_files_that_are_no_whole_gguf(self) -> None:
        self.refused("""
error: there is no such file
  where: DIR/none.gguf
  expected: a GGUF file
  hint: scripts/setup-model.sh fetches the default model""", "--gguf", self.folder / "none.gguf")
        (self.folder / "text.gguf").write_text("hello")
        self.refused("""
error: this is not a GGUF file
  where: DIR/text.gguf
  expected: the letters GGUF at the start
  hint: a folder with safetensors is read with --safetensors DIR""", "--gguf", self.folder / "text.gguf")
        self.refused("""
error: this is a folder, not a GGUF file
  where: DIR
  expected: a GGUF file
  hint: a folder with safetensors is read with --safetensors DIR""", "--gguf", self.folder)

    def test_a_file_cut_short(self) -> None:
        path = self.path()
        whole = path.read_bytes()
        for size in (len(whole) - 100, 2000, 30, 4):
            path.write_bytes(whole[:size])
            status, said = self.command("--gguf", path, "--out", self.folder / "out")
            self.assertEqual(status, 1)
            self.assertIn("error: the GGUF cannot be read; it is cut short or damaged\n  where: DIR/m.gguf\n  expected: a whole file\n  hint: fetch it again (", said)
            self.assertFalse((self.folder / "out").exists())

    def test_families_and_features_without_a_graph(self) -> None:
        self.refused("""
error: the architecture 'phi3' is not supported
  where: DIR/phi.gguf, key general.architecture
  expected: llama, qwen2, qwen3, gemma3
  hint: models/README.md says what a new one needs""", "--gguf", as_gguf.write(Tiny("phi3"), self.folder / "phi.gguf"))
        self.refused("""
error: the architecture 'qwen3moe' is not supported
  where: DIR/moe.gguf, key general.architecture
  expected: llama, qwen2, qwen3, gemma3
  hint: models of experts are not supported""", "--gguf", as_gguf.write(Tiny("qwen3moe"), self.folder / "moe.gguf"))
        for settings, wanted in (
            ({"llama.expert_count": 8}, "the model is a mixture of 8 experts\n  where: DIR/m.gguf, key llama.expert_count\n  expected: a dense model"),
            ({"llama.attention.sliding_window": 8}, "the model's attention slides over a window of 8 tokens\n  where: DIR/m.gguf, key llama.attention.sliding_window\n"
             "  expected: attention to every earlier token\n  hint: of the families here only gemma3 has such layers"),
            ({"llama.rope.dimension_count": 8}, "only a part of each head is rotated\n  where: DIR/m.gguf\n  expected: llama.rope.dimension_count = 16"),
            ({"llama.final_logit_softcapping": 30.0}, "the model caps its logits, which this exporter does not write\n  where: DIR/m.gguf, key llama.final_logit_softcapping\n  expected: 0"),
            ({"llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 4.0}, "the rope scaling 'yarn' is not supported\n  where: DIR/m.gguf, key llama.rope.scaling.type\n"
             "  expected: default, linear, llama3\n  hint: such a model works here only within its original context: set rope_scaling to null if that is enough"),
            ({"llama.rope.scaling.type": "linear"}, "the rope scaling 'linear' lacks factor\n  where: DIR/m.gguf, key llama.rope.scaling.type\n  expected: a number above 0 for factor"),
        ):
            with self.subTest(settings=settings):
                self.refused(f"error: {wanted}", "--gguf", self.path(settings=settings))

    def test_sizes_that_fit_no_kernel(self) -> None:
        self.refused("""
error: the model's sizes do not fit blocks of 32
  where: DIR/m.gguf
  expected: head size a multiple of 16; hidden, feed-forward and heads × head size multiples of 32
  hint: head size 16, hidden 64, feed-forward 100, 4 heads""", "--gguf", as_gguf.write(Tiny(ffn=100), self.folder / "m.gguf"))
        self.refused("""
error: 4 query heads cannot share 3 key heads
  where: DIR/m.gguf
  expected: a whole number of query heads for each key head""", "--gguf", as_gguf.write(Tiny(kv_heads=3), self.folder / "m.gguf"))

    def test_tensors(self) -> None:
        self.refused("""
error: the tensor blk.1.ffn_up.weight is missing
  where: DIR/m.gguf
  expected: every weight of a llama model
  hint: is this an adapter, or one part of a split model?""", "--gguf", self.path(without="blk.1.ffn_up.weight"))
        self.refused("""
error: the tensor blk.1.ffn_up.weight is 8 × 8
  where: DIR/m.gguf
  expected: 96 × 64
  hint: the file and its settings do not belong together""", "--gguf", self.path(without="blk.1.ffn_up.weight", extra={"blk.1.ffn_up.weight": GGUF_TENSOR}))
        self.refused("""
error: the tensor blk.0.ffn_gate_exps.weight has no place in a llama graph
  where: DIR/m.gguf
  expected: only tensors the graph computes with
  hint: models of experts are not supported""", "--gguf", self.path(extra={"blk.0.ffn_gate_exps.weight": GGUF_TENSOR}))
        self.refused("""
error: the tensor blk.0.ffn_up.bias is 64
  where: DIR/m.gguf
  expected: 96
  hint: the file and its settings do not belong together""", "--gguf", self.path(extra={"blk.0.ffn_up.bias": GGUF_TENSOR.reshape(-1)}))
        self.refused("""
error: the tensor rope_freqs.weight cannot scale the rotary positions
  where: DIR/m.gguf
  expected: 8 numbers above 0""", "--gguf", self.path(extra={"rope_freqs.weight": np.zeros(8, np.float32)}))
        damaged = Tiny()
        damaged.weights["model.layers.0.mlp.up_proj.weight"][3, 3] = np.nan
        self.refused("""
error: the tensor blk.0.ffn_up.weight holds NaN or infinity
  where: DIR/m.gguf
  expected: finite weights
  hint: the file is damaged; fetch it again""", "--gguf", as_gguf.write(damaged, self.folder / "m.gguf"))

    def test_a_type_that_cannot_be_read_names_its_tensor(self) -> None:
        self.refused("""
error: the tensor type TQ2_0 is not supported
  where: DIR/m.gguf, tensor blk.0.ffn_up.weight
  expected: F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K""",
                     "--gguf", as_gguf.write(Tiny(hidden=256, ffn=256), self.folder / "m.gguf", "TQ2_0", only={"blk.0.ffn_up.weight"}))

    def test_parts(self) -> None:
        as_gguf.write(Tiny(), self.folder / "split.gguf", parts=4)
        (self.folder / "split-00003-of-00004.gguf").unlink()
        self.refused("""
error: part split-00003-of-00004.gguf is missing
  where: DIR
  expected: all 4 parts in one folder
  hint: fetch the missing part""", "--gguf", self.folder / "split-00001-of-00004.gguf")
        (self.folder / "split-00001-of-00004.gguf").rename(self.folder / "first.gguf")
        self.refused("""
error: the GGUF is one part of 4, and its name does not say which
  where: DIR/first.gguf
  expected: the names gguf-split gives: NAME-00001-of-00004.gguf""", "--gguf", self.folder / "first.gguf")

    def test_tokenizers(self) -> None:
        def with_model(name: str, pre: str = "gpt-2", merges: tuple = ("a b",), tokens: int = 0, template: bool = True):
            def keys(writer) -> None:
                if name:
                    writer.add_tokenizer_model(name)
                writer.add_tokenizer_pre(pre)
                listed = as_gguf.TOKENS[: len(as_gguf.TOKENS) - tokens]
                writer.add_token_list(listed)
                writer.add_token_types([1] * len(listed))
                writer.add_token_merges(list(merges))
                writer.add_eos_token_id(2)
                if template:
                    writer.add_chat_template("{{ messages }}")
            return keys

        for tokenizer, wanted in (
            (with_model(""), "the GGUF has no tokenizer\n  where: DIR/m.gguf, key tokenizer.ggml.model\n  expected: gpt2 or llama\n  hint: convert the model again, its tokenizer beside it"),
            (with_model("t5"), "the tokenizer model 't5' is not supported\n  where: DIR/m.gguf, key tokenizer.ggml.model\n  expected: gpt2 (byte-level BPE) or llama (SentencePiece BPE)"),
            (with_model("gpt2", "deepseek-llm"), "the pre-tokenizer 'deepseek-llm' is not known\n  where: DIR/m.gguf, key tokenizer.ggml.pre\n  expected: gpt-2, llama-bpe, qwen2, smollm, starcoder\n"
             "  hint: export from the model's safetensors folder, which brings its own tokenizer.json"),
            (with_model("gpt2", merges=("abc",)), "the merge 'abc' is not a pair\n  where: DIR/m.gguf, key tokenizer.ggml.merges\n  expected: two tokens with one space between"),
            (with_model("gpt2", tokens=4), f"the vocabulary and the embedding differ in size\n  where: DIR/m.gguf\n  expected: {Tiny.vocab} tokens, not {Tiny.vocab - 4}"),
            (with_model("llama"), "the GGUF has no tokenizer.ggml.scores\n  where: DIR/m.gguf\n  expected: a complete metadata block\n  hint: convert the model again with a current llama.cpp"),
            (with_model("gpt2", template=False), "the model has no chat template\n  where: DIR/m.gguf\n  expected: an instruct model\n"
             "  hint: base models complete text but do not follow a brief; if this one does, give its template with --chat-template FILE"),
        ):
            with self.subTest(wanted=wanted.split("\n")[0]):
                self.refused(f"error: {wanted}", "--gguf", self.path(tokenizer=tokenizer))


class FolderRefusals(ExportCase):
    def model(self, model: Tiny = Tiny(), **changed: object) -> Path:
        folder = as_folder.write(model, self.folder / f"m{len(list(self.folder.iterdir()))}")
        if changed:
            as_folder.put(folder / "config.json", {**as_folder.config(model), **changed})
        return folder.rename(self.folder / "m")

    def refuse_config(self, wanted: str, model: Tiny = Tiny(), **changed: object) -> None:
        shutil.rmtree(self.folder / "m", ignore_errors=True)
        with self.subTest(**changed):
            self.refused(f"error: {wanted}", "--safetensors", self.model(model, **changed))

    def test_settings(self) -> None:
        where = "  where: DIR/m/config.json, key "
        self.refuse_config(f"the architecture 'mixtral' is not supported\n{where}model_type\n  expected: llama, qwen2, qwen3, gemma3_text\n  hint: models of experts are not supported",
                           model_type="mixtral")
        self.refuse_config(f"the architecture 'phi3' is not supported\n{where}model_type\n  expected: llama, qwen2, qwen3, gemma3_text\n  hint: models/README.md says what a new one needs",
                           model_type="phi3")
        self.refuse_config(f"the model is a mixture of 4 experts\n{where}num_local_experts\n  expected: a dense model", num_local_experts=4)
        self.refuse_config(f"the weights are already quantised\n{where}quantization_config\n  expected: float weights\n  hint: export the unquantised model; --precision quantises it here",
                           quantization_config={"quant_method": "gptq"})
        self.refuse_config(f"the activation 'relu' is not supported\n{where}hidden_act\n  expected: silu", hidden_act="relu")
        self.refuse_config(f"only a part of each head is rotated\n{where}partial_rotary_factor\n  expected: 1", partial_rotary_factor=0.5)
        self.refuse_config(f"the model caps its logits, which this exporter does not write\n{where}final_logit_softcapping\n  expected: null", final_logit_softcapping=30.0)
        window = f"the model's attention slides over a window of 8 tokens\n{where}sliding_window\n  expected: attention to every earlier token\n  hint: of the families here only gemma3_text has such layers"
        self.refuse_config(window, sliding_window=8)
        self.refuse_config(window, Tiny("qwen2", qkv_bias=True), use_sliding_window=True)
        self.refuse_config(f"the layers with a window are others than this exporter writes\n{where}layer_types\n  expected: every 6th layer without a window",
                           Tiny("gemma3"), layer_types=["full_attention", "sliding_attention"])
        self.refuse_config(f"the rope scaling 'yarn' is not supported\n{where}rope_scaling\n  expected: default, linear, llama3\n"
                           "  hint: such a model works here only within its original context: set rope_scaling to null if that is enough", rope_scaling={"type": "yarn", "factor": 4})
        self.refuse_config(f"the rope scaling 'llama3' lacks low_freq_factor\n{where}rope_scaling\n"
                           "  expected: a number above 0 for factor, low_freq_factor, high_freq_factor, original_max_position_embeddings", rope_scaling={"rope_type": "llama3", "factor": 8})
        self.refuse_config("the rope scaling's high_freq_factor is not above its low_freq_factor\n" + where + "rope_scaling\n  expected: two numbers, low below high",
                           rope_scaling={"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1, "original_max_position_embeddings": 32})
        self.refuse_config("hidden_size is 'wide'\n  where: DIR/m/config.json\n  expected: a whole number above 0", hidden_size="wide")
        self.refuse_config("intermediate_size is missing\n  where: DIR/m/config.json\n  expected: a whole number above 0", intermediate_size=None)
        self.refuse_config("the tensor token_embd.weight is 264 × 64\n  where: DIR/m\n  expected: 300 × 64\n  hint: the file and its settings do not belong together", vocab_size=300)
        self.refuse_config("the tensor output.weight is missing\n  where: DIR/m\n  expected: every weight of a llama model\n  hint: is this an adapter, or one part of a split model?",
                           tie_word_embeddings=False)

    def test_no_end_of_text(self) -> None:
        folder = self.model(eos_token_id=None)
        (folder / "generation_config.json").unlink()
        self.refused("""
error: the model does not say which token ends a text
  where: DIR/m/config.json, key eos_token_id
  expected: a token id, or a list of them""", "--safetensors", folder)

    def test_files_that_are_missing(self) -> None:
        self.refused("""
error: there is no such folder
  where: DIR/none
  expected: a Hugging Face model folder""", "--safetensors", self.folder / "none")
        self.refused("""
error: there is no such folder
  where: DIR/x.gguf
  expected: a Hugging Face model folder
  hint: a GGUF file is read with --gguf FILE""", "--safetensors", self.folder / "x.gguf")
        folder = self.model()
        for name, wanted in (
            ("tokenizer.json", "there is no tokenizer.json\n  where: DIR/m\n  expected: tokenizer.json with the tokenizer\n"
             "  hint: where only tokenizer.model is there, AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) writes it"),
            ("tokenizer_config.json", "the model has no chat template\n  where: DIR/m\n  expected: an instruct model\n"
             "  hint: base models complete text but do not follow a brief; if this one does, give its template with --chat-template FILE"),
            ("model.safetensors", "the folder has no weights\n  where: DIR/m\n  expected: model.safetensors, or model.safetensors.index.json and the files it names"),
            ("config.json", "there is no config.json\n  where: DIR/m\n  expected: config.json with sizes of the model"),
        ):
            with self.subTest(name=name):
                kept = (folder / name).read_bytes()
                (folder / name).unlink()
                self.refused(f"error: {wanted}", "--safetensors", folder)
                (folder / name).write_bytes(kept)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        self.refused("""
error: the folder has no weights
  where: DIR/m
  expected: model.safetensors, or model.safetensors.index.json and the files it names
  hint: this folder has PyTorch's own format: save it again with save_pretrained(…, safe_serialization=True)""", "--safetensors", folder)

    def test_files_that_are_damaged(self) -> None:
        folder = self.model()
        weights = (folder / "model.safetensors").read_bytes()
        for content in (weights[:-10], weights[:100], b"", struct.pack("<Q", 1 << 60) + b"{}"):
            (folder / "model.safetensors").write_bytes(content)
            status, said = self.command("--safetensors", folder, "--out", self.folder / "out")
            self.assertEqual(status, 1)
            self.assertIn("error: the weights cannot be read; the file is cut short or damaged\n  where: DIR/m/model.safetensors\n  expected: a whole safetensors file\n  hint: fetch it again (", said)
        (folder / "model.safetensors").write_bytes(weights)
        for name, wanted in (("config.json", "a JSON object"), ("generation_config.json", "a JSON object"), ("tokenizer.json", "a JSON object"), ("tokenizer_config.json", "a JSON object")):
            kept = (folder / name).read_text()
            (folder / name).write_text("{")
            status, said = self.command("--safetensors", folder, "--out", self.folder / "out")
            self.assertEqual(status, 1)
            self.assertIn(f"error: {name} cannot be read\n  where: DIR/m/{name}\n  expected: {wanted}\n  hint: fetch it again (", said)
            (folder / name).write_text("[]")
            self.refused(f"error: {name} cannot be read\n  where: DIR/m/{name}\n  expected: {wanted}", "--safetensors", folder)
            (folder / name).write_text(kept)
        as_folder.put(folder / "tokenizer.json", {"model": {"type": "Unigram", "vocab": [["a", 0.1]]}})
        self.refused("""
error: the tokenizer is of a kind this exporter does not know
  where: DIR/m/tokenizer.json
  expected: a vocabulary with an id for each token""", "--safetensors", folder)
        as_folder.put(folder / "tokenizer.json", {"model": {"type": "BPE", "vocab": {"a": 999}}})
        self.refused("""
error: the vocabulary and the embedding differ in size
  where: DIR/m/tokenizer.json
  expected: ids below 264, not 999""", "--safetensors", folder)

    def test_weights_of_another_type(self) -> None:
        from safetensors.numpy import save_file

        folder, model = self.model(), Tiny()
        save_file({name: array.astype(np.int8) if "mlp.up_proj" in name else array for name, array in model.weights.items()}, folder / "model.safetensors")
        self.refused("""
error: the tensor type I8 is not supported
  where: DIR/m/model.safetensors, tensor model.layers.0.mlp.up_proj.weight
  expected: F32, F16, BF16
  hint: export the unquantised model; --precision quantises it here""", "--safetensors", folder)

    def test_indexes(self) -> None:
        folder = as_folder.write(Tiny(), self.folder / "m", shards=3)
        (folder / "model-00002-of-00003.safetensors").unlink()
        self.refused("""
error: model-00002-of-00003.safetensors is missing
  where: DIR/m
  expected: all 3 files that model.safetensors.index.json names; this is number 2
  hint: fetch the missing file""", "--safetensors", folder)
        as_folder.put(folder / "model.safetensors.index.json", {"weight_map": {"a": "../../etc/passwd"}})
        self.refused("""
error: the index names '../../etc/passwd'
  where: DIR/m/model.safetensors.index.json
  expected: files of this folder only""", "--safetensors", folder)
        as_folder.put(folder / "model.safetensors.index.json", [])
        status, said = self.command("--safetensors", folder, "--out", self.folder / "out")
        self.assertEqual(status, 1)
        self.assertIn('error: the index of the weights cannot be read\n  where: DIR/m/model.safetensors.index.json\n  expected: an object with "weight_map"\n  hint: fetch it again (', said)


class Places(ExportCase):
    def test_options(self) -> None:
        wanted = "error: one of --gguf FILE and --safetensors DIR is required\n  hint: python3 models/export --help\n"
        self.assertEqual(self.command("--out", self.folder / "out"), (1, wanted))
        self.assertEqual(self.command("--out", self.folder / "out", "--gguf", "a", "--safetensors", "b"), (1, wanted))

    def test_a_folder_of_something_else_is_kept(self) -> None:
        source, out = as_folder.write(Tiny(), self.folder / "m"), self.folder / "out"
        out.mkdir()
        (out / "thesis.txt").write_text("years of work")
        status, said = self.command("--safetensors", source, "--out", out)
        self.assertEqual((status, said), (1, "error: the output exists and is not a model folder\n  where: DIR/out\n  expected: a new path, an empty folder or an earlier export\n  hint: choose another --out\n"))
        self.assertEqual((out / "thesis.txt").read_text(), "years of work")

    def test_a_full_disk_leaves_the_earlier_export(self) -> None:
        source = as_folder.write(Tiny(), self.folder / "m")
        earlier = self.export(source).folder
        before = {path.name: path.read_bytes() for path in earlier.iterdir()}
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))  # a file that may not grow fails as on a full disk
        try:
            status, said = self.command("--safetensors", source, "--out", earlier, "--precision", "fp32", "--quiet")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual((status, said), (1, "error: the export could not be written: File too large\n  where: DIR/out\n"
                                             "  hint: the disk is full, or files may not grow this large; free some space and run this again\n"))
        self.assertEqual({path.name: path.read_bytes() for path in earlier.iterdir()}, before)
        self.assertEqual(list(self.folder.glob(".*")), [])

    def test_a_place_that_cannot_be_made(self) -> None:
        source = as_folder.write(Tiny(), self.folder / "m")
        (self.folder / "file").write_text("")
        status, said = self.command("--safetensors", source, "--out", self.folder / "file" / "out", "--quiet")
        self.assertEqual(status, 1)
        self.assertIn("error: the output folder cannot be made\n  where: DIR/file/out\n  expected: a place this user may write to\n", said)

    def test_a_chat_template_of_ones_own(self) -> None:
        source = as_folder.write(Tiny(), self.folder / "m")
        (source / "tokenizer_config.json").unlink()
        (self.folder / "mine.jinja").write_text("{{ messages[0]['content'] }}")
        made = self.export(source, "--chat-template", self.folder / "mine.jinja").folder
        self.assertEqual((made / "chat_template.jinja").read_text(), "{{ messages[0]['content'] }}")
        self.refused("error: the chat template cannot be read\n  where: DIR/none.jinja\n  expected: a Jinja file\n  hint: No such file or directory",
                     "--safetensors", source, "--chat-template", self.folder / "none.jinja")

    def test_check_says_why_a_folder_is_not_what_is_wanted(self) -> None:
        made = self.export(as_folder.write(Tiny(), self.folder / "m")).folder
        self.assertEqual(self.command("--check", "--out", made), (0, ""))
        self.assertEqual(self.command("--check", "--out", made, "--precision", "int4"), (1, "DIR/out: precision is 'int8', wanted 'int4'\n"))
        manifest = json.loads((made / "manifest.json").read_text())
        self.assertEqual((manifest["architecture"], manifest["source"]["file"], manifest["parameters"]), ("llama", "m", sum(array.size for array in Tiny().weights.values())))
        (made / "tokenizer.json").write_text("{}")
        self.assertEqual(self.command("--check", "--out", made), (1, "DIR/out: tokenizer.json is not what the manifest says\n"))


if __name__ == "__main__":
    unittest.main()
