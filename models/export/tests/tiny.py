"""Tiny models with random weights, in Hugging Face's names, and the sizes and tokens they come with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

import numpy as np

TEMPLATE = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def byte_letters() -> Dict[int, str]:
    """GPT-2's letter for each byte: itself where it prints, else one from U+0100 on."""
    printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printing}
    for number, byte in enumerate(byte for byte in range(256) if byte not in letters):
        letters[byte] = chr(256 + number)
    return dict(sorted(letters.items()))


SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ t", "h e", "Ġt he", "i n", "1 2"]
TOKENS: List[str] = [*SPECIAL, *byte_letters().values(), *(merge.replace(" ", "") for merge in MERGES)]


@dataclass
class Tiny:
    """`weights` are made on construction, the same for the same settings."""

    family: str = "llama"
    layers: int = 2
    hidden: int = 64
    ffn: int = 96
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 16
    theta: float = 10000.0
    eps: float = 1e-5
    context: int = 64
    tied: bool = True
    qkv_bias: bool = False
    all_bias: bool = False
    rope_scaling: Optional[Dict[str, Any]] = None
    window: int = 4
    seed: int = 1
    vocab: int = len(TOKENS)
    weights: Dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        normal = lambda *shape: (random.standard_normal(shape) * 0.2).astype(np.float32)  # noqa: E731
        norm_centre = np.float32(0 if self.family == "gemma3" else 1)
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        w = self.weights
        w["model.embed_tokens.weight"], w["model.norm.weight"] = normal(self.vocab, self.hidden), normal(self.hidden) + norm_centre
        if not self.tied:
            w["lm_head.weight"] = normal(self.vocab, self.hidden)
        matrices = {"self_attn.q_proj": (q, self.hidden), "self_attn.k_proj": (kv, self.hidden), "self_attn.v_proj": (kv, self.hidden), "self_attn.o_proj": (self.hidden, q),
                    "mlp.gate_proj": (self.ffn, self.hidden), "mlp.up_proj": (self.ffn, self.hidden), "mlp.down_proj": (self.hidden, self.ffn)}
        norms = {"input_layernorm": self.hidden, "post_attention_layernorm": self.hidden}
        if self.family == "gemma3":
            norms.update({"pre_feedforward_layernorm": self.hidden, "post_feedforward_layernorm": self.hidden})
        if self.family in ("qwen3", "gemma3"):
            norms.update({"self_attn.q_norm": self.head_dim, "self_attn.k_norm": self.head_dim})
        for layer in range(self.layers):
            for name, shape in matrices.items():
                w[f"model.layers.{layer}.{name}.weight"] = normal(*shape)
                if self.all_bias or self.qkv_bias and name[-6:] in ("q_proj", "k_proj", "v_proj"):
                    w[f"model.layers.{layer}.{name}.bias"] = normal(shape[0])
            for name, size in norms.items():
                w[f"model.layers.{layer}.{name}.weight"] = normal(size) + norm_centre


FAMILIES: Dict[str, Tiny] = {
    "llama": Tiny(),
    "llama with a head of its own and biases": Tiny(tied=False, all_bias=True, seed=2),
    "llama, one key head for each query head": Tiny(kv_heads=4, theta=500000.0, seed=3),
    "qwen2": Tiny("qwen2", qkv_bias=True, theta=1e6, eps=1e-6, seed=4),
    "qwen3, heads wider than hidden": Tiny("qwen3", head_dim=32, tied=False, theta=1e6, seed=5),
    "gemma3, past its window": Tiny("gemma3", layers=7, head_dim=32, heads=4, kv_heads=1, theta=1e6, eps=1e-6, seed=6),
    "llama stretched linearly": Tiny(rope_scaling={"rope_type": "linear", "factor": 4.0}, seed=7),
    # an original context as short as the test, so that slow, fast and middling pairs are all there
    "llama stretched as Llama 3.1": Tiny(theta=500.0, rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                       "original_max_position_embeddings": 24}, seed=8),
}
