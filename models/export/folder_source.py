"""A model from a Hugging Face folder: config.json gives the sizes, safetensors the weights.

The tokenizer comes as tokenizer.json and is copied. The chat template is chat_template.jinja or a string in
tokenizer_config.json, and is taken as it is: it writes the start token where the model wants one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np

from architecture import Shape, check_sizes, check_tensors, family_of
from folder_names import ours
from refusal import Refusal
from rope import Rope, scaling_of
from safetensors_files import SafetensorsFiles
from source import NAMED, Source, SpecialTokens, sha256_files

CONFIG = "config.json"


class FolderSource(Source):
    """See `Source`."""

    def __init__(self, path: Path):
        if not path.is_dir():
            hint = "a GGUF file is read with --gguf FILE" if path.suffix == ".gguf" else None
            raise Refusal("there is no such folder", str(path), "a Hugging Face model folder", hint)
        self.path, self.config = path, _read(path / CONFIG, "sizes of the model")
        self.family = family_of(self.config.get("model_type", "?"), f"{path / CONFIG}, key model_type", "model_type")
        self._refuse_what_the_graph_lacks()
        self.files = SafetensorsFiles(path)
        self.names = {ours(name, self.family): name for name in self.files.shapes}
        self.names.pop(None, None)
        self.shape = self._shape()
        if self.shape.tied:
            self.names.pop("output.weight", None)  # a copy of the embedding
        check_sizes(self.shape, str(path / CONFIG))
        check_tensors(self.family, self.shape, {name: self.files.shapes[theirs] for name, theirs in self.names.items()}, str(path))
        for theirs in self.names.values():
            self.files.check_type(theirs)

    def has(self, name: str) -> bool:
        return name in self.names

    def values(self, name: str) -> np.ndarray:
        values = self.files.values(self.names[name])
        # Gemma stores a norm's weight without the 1 that is added to it
        return values + np.float32(1) if self.family.sandwich and "norm" in name else values

    def special_tokens(self) -> SpecialTokens:
        """generation_config.json knows more ends than config.json does: a chat model's end of turn, for one."""
        generation = _read(self.path / "generation_config.json") if (self.path / "generation_config.json").is_file() else {}

        def ids(key: str) -> list:
            value = generation.get(key) if generation.get(key) is not None else self.config.get(key)
            return [] if value is None else list(dict.fromkeys(value if isinstance(value, list) else [value]))

        eos = ids("eos_token_id")
        if not eos:
            raise Refusal("the model does not say which token ends a text", f"{self.path / CONFIG}, key eos_token_id", "a token id, or a list of them")
        return SpecialTokens(eos, next(iter(ids("bos_token_id")), None), next(iter(ids("pad_token_id")), None))

    def named_tokens(self) -> Dict[str, Optional[str]]:
        """tokenizer_config.json's: a text, or an object with the text as its content."""
        path = self.path / "tokenizer_config.json"
        given = _read(path) if path.is_file() else {}
        named = {name: given[name] for name in NAMED if name in given}
        named = {name: token.get("content") if isinstance(token, dict) else token for name, token in named.items()}
        return {name: token for name, token in named.items() if token is None or isinstance(token, str)}

    def chat_template(self) -> Optional[str]:
        file = self.path / "chat_template.jinja"
        if file.is_file():
            return file.read_text(encoding="utf-8")
        path = self.path / "tokenizer_config.json"
        template = _read(path).get("chat_template") if path.is_file() else None
        if isinstance(template, list):  # several, by name
            template = next((one.get("template") for one in template if one.get("name") == "default"), None)
        return template

    def tokenizer_json(self) -> bytes:
        path = self.path / "tokenizer.json"
        document = _read(path, "the tokenizer", "where only tokenizer.model is there, AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) writes it")
        try:
            ids = list(document["model"]["vocab"].values()) + [token["id"] for token in document.get("added_tokens", [])]
        except (KeyError, TypeError, AttributeError) as error:
            raise Refusal("the tokenizer is of a kind this exporter does not know", str(path), "a vocabulary with an id for each token") from error
        if max(ids) >= self.shape.vocab:
            raise Refusal("the vocabulary and the embedding differ in size", str(path), f"ids below {self.shape.vocab}, not {max(ids)}")
        return path.read_bytes()

    def licence(self) -> Optional[str]:
        return self.config.get("license")

    def parameters(self) -> int:
        return sum(int(np.prod(self.files.shapes[theirs])) for theirs in self.names.values())

    def sha256(self) -> str:
        return sha256_files([self.path / CONFIG, *self.files.paths])

    def _number(self, key: str, default: Any = None, kind: type = int) -> Any:
        value = self.config.get(key)
        value = default if value is None else value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or kind(value) != value or value <= 0:
            raise Refusal(f"{key} is {'missing' if value is None else repr(value)}", str(self.path / CONFIG), "a whole number above 0" if kind is int else "a number above 0")
        return kind(value)

    def _shape(self) -> Shape:
        hidden, heads = self._number("hidden_size"), self._number("num_attention_heads")
        head_dim = self._number("head_dim", hidden // heads)
        tied = bool(self.config.get("tie_word_embeddings", bool(self.family.local)))
        local = self.family.local
        scaled_by = self._number("query_pre_attn_scalar", head_dim, float) if local else head_dim
        rope = self.config.get("rope_parameters") or self.config.get("rope_scaling") or {}
        local_rope = rope.get("sliding_attention", {})
        rope = rope.get("full_attention", rope)
        theta = float(rope.get("rope_theta", self.config.get("rope_theta") or (1e6 if local else 1e4)))
        return Shape(
            layers=self._number("num_hidden_layers"), hidden=hidden, ffn=self._number("intermediate_size"), heads=heads,
            kv_heads=self._number("num_key_value_heads", heads), head_dim=head_dim, vocab=self._number("vocab_size"),
            context=self._number("max_position_embeddings"), rope=Rope(theta, scaling_of(rope, f"{self.path / CONFIG}, key rope_scaling")),
            norm_eps=self._number("rms_norm_eps", 1e-6, float), tied=tied, scale=scaled_by ** -0.5,
            window=self._number("sliding_window") if local else None,
            local_rope=Rope(float(local_rope.get("rope_theta", self.config.get("rope_local_base_freq", local.theta)))) if local else None,
        )

    def _refuse_what_the_graph_lacks(self) -> None:
        config, where = self.config, str(self.path / CONFIG)
        for key in ("num_experts", "num_local_experts", "n_routed_experts"):
            if config.get(key):
                raise Refusal(f"the model is a mixture of {config[key]} experts", f"{where}, key {key}", "a dense model")
        if config.get("quantization_config"):
            raise Refusal("the weights are already quantised", f"{where}, key quantization_config", "float weights", "export the unquantised model; --precision quantises it here")
        activation = "gelu_pytorch_tanh" if self.family.gelu else "silu"
        found = config.get("hidden_activation") or config.get("hidden_act") or activation
        if found != activation:
            raise Refusal(f"the activation {found!r} is not supported", f"{where}, key hidden_act", activation)
        if config.get("partial_rotary_factor", 1) != 1:
            raise Refusal("only a part of each head is rotated", f"{where}, key partial_rotary_factor", "1")
        for key in ("attn_logit_softcapping", "final_logit_softcapping"):
            if config.get(key):
                raise Refusal("the model caps its logits, which this exporter does not write", f"{where}, key {key}", "null")
        self._refuse_windows(where)

    def _refuse_windows(self, where: str) -> None:
        kinds, local = self.config.get("layer_types"), self.family.local
        if local:
            wanted = ["full_attention" if (layer + 1) % local.every == 0 else "sliding_attention" for layer in range(self._number("num_hidden_layers"))]
            if kinds not in (None, wanted) or self.config.get("sliding_window_pattern", local.every) != local.every:
                raise Refusal("the layers with a window are others than this exporter writes", f"{where}, key layer_types", f"every {local.every}th layer without a window")
            return
        window, context = self.config.get("sliding_window"), self._number("max_position_embeddings")
        # qwen2 and qwen3 name a window and, in a second key, that it is not used
        used = self.config.get("use_sliding_window", self.family.name == "llama") and window is not None and window < context
        if used or "sliding_attention" in (kinds or []) and (window or 0) < context:
            raise Refusal(f"the model's attention slides over a window of {window} tokens", f"{where}, key sliding_window",
                          "attention to every earlier token", "of the families here only gemma3_text has such layers")


def _read(path: Path, what: Optional[str] = None, hint: Optional[str] = None) -> Dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"there is no {path.name}", str(path.parent), f"{path.name} with {what or 'settings'}", hint) from None
    except (OSError, ValueError) as error:
        raise Refusal(f"{path.name} cannot be read", str(path), "a JSON object", f"fetch it again ({error})") from error
    if not isinstance(document, dict):
        raise Refusal(f"{path.name} cannot be read", str(path), "a JSON object")
    return document
