"""The model families this exporter knows, and how one differs from a plain Llama.

Everything is a pre-norm decoder with rotary positions, grouped queries and a gated feed-forward. A family is one
line: which extra norms it has, what gates its feed-forward, whether some layers see only a window. `Shape` holds one
model's numbers. Tensors are called by their GGUF names throughout; `tensors` lists them with the shapes they must have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Optional, Tuple

from refusal import Refusal
from rope import Rope


@dataclass(frozen=True)
class Architecture:
    """One family. `name` is both GGUF's general.architecture and the key of the families below."""

    name: str
    model_type: str  # config.json's
    model_class: str
    qkv_bias: bool = False  # q, k and v must have biases
    qk_norm: bool = False  # every head of q and k is normed before it is rotated
    sandwich: bool = False  # norms behind attention and feed-forward too
    gelu: bool = False  # the gate is GELU (tanh form), not SiLU
    scaled_embedding: bool = False  # embeddings are multiplied by √hidden
    local: Optional["Local"] = None


@dataclass(frozen=True)
class Local:
    """Layers that see a window of tokens: all but every `every`-th, with a rotary base of their own."""

    every: int
    theta: float


FAMILIES: Dict[str, Architecture] = {
    family.name: family for family in (
        Architecture("llama", "llama", "LlamaForCausalLM"),
        Architecture("qwen2", "qwen2", "Qwen2ForCausalLM", qkv_bias=True),
        Architecture("qwen3", "qwen3", "Qwen3ForCausalLM", qk_norm=True),
        Architecture("gemma3", "gemma3_text", "Gemma3ForCausalLM", qk_norm=True, sandwich=True, gelu=True, scaled_embedding=True,
                     local=Local(every=6, theta=10000.0)),
    )
}


@dataclass(frozen=True)
class Shape:
    """The numbers that fix one model's graph."""

    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    context: int
    rope: Rope
    norm_eps: float
    tied: bool
    scale: float  # of the scores before softmax
    window: Optional[int] = None  # tokens a local layer sees, its own included
    local_rope: Optional[Rope] = None

    def is_local(self, layer: int, family: Architecture) -> bool:
        return family.local is not None and self.window is not None and (layer + 1) % family.local.every != 0


def family_of(name: str, where: str, key: str) -> Architecture:
    """The family with this `key` (`name` in GGUF, `model_type` in config.json), or a refusal that lists those there are."""
    for family in FAMILIES.values():
        if getattr(family, key) == name:
            return family
    known = ", ".join(getattr(family, key) for family in FAMILIES.values())
    hint = "models of experts are not supported" if "moe" in name or "mixtral" in name else "models/README.md says what a new one needs"
    raise Refusal(f"the architecture {name!r} is not supported", where, known, hint)


def tensors(family: Architecture, shape: Shape) -> Dict[str, Tuple[int, ...]]:
    """Every tensor the graph needs, with its shape [out, in]."""
    q, kv = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    needed: Dict[str, Tuple[int, ...]] = {"token_embd.weight": (shape.vocab, shape.hidden), "output_norm.weight": (shape.hidden,)}
    if not shape.tied:
        needed["output.weight"] = (shape.vocab, shape.hidden)
    for layer in range(shape.layers):
        one: Dict[str, Tuple[int, ...]] = {
            "attn_norm.weight": (shape.hidden,), "attn_q.weight": (q, shape.hidden), "attn_k.weight": (kv, shape.hidden), "attn_v.weight": (kv, shape.hidden),
            "attn_output.weight": (shape.hidden, q), "ffn_norm.weight": (shape.hidden,), "ffn_gate.weight": (shape.ffn, shape.hidden),
            "ffn_up.weight": (shape.ffn, shape.hidden), "ffn_down.weight": (shape.hidden, shape.ffn),
        }
        if family.qkv_bias:
            one.update({"attn_q.bias": (q,), "attn_k.bias": (kv,), "attn_v.bias": (kv,)})
        if family.qk_norm:
            one.update({"attn_q_norm.weight": (shape.head_dim,), "attn_k_norm.weight": (shape.head_dim,)})
        if family.sandwich:
            one.update({"post_attention_norm.weight": (shape.hidden,), "post_ffw_norm.weight": (shape.hidden,)})
        needed.update({f"blk.{layer}.{name}": size for name, size in one.items()})
    return needed


def check_tensors(family: Architecture, shape: Shape, found: Dict[str, Tuple[int, ...]], where: str) -> None:
    """Refuses a missing tensor, one of another shape, and one the graph has no place for, before anything is written."""
    needed = tensors(family, shape)
    for name, size in needed.items():
        if name not in found:
            raise Refusal(f"the tensor {name} is missing", where, f"every weight of a {family.name} model", "is this an adapter, or one part of a split model?")
        if found[name] != size:
            raise Refusal(f"the tensor {name} is {_by(found[name])}", where, _by(size), "the file and its settings do not belong together")
    for name, size in found.items():
        # a bias may stand beside any matrix; its length is the matrix's outputs
        matrix = needed.get(f"{name[:-len('.bias')]}.weight") if name.startswith("blk.") and name.endswith(".bias") else None
        if name not in needed and (matrix is None or len(matrix) != 2):
            hint = "models of experts are not supported" if "_exps" in name or "_inp" in name or "expert" in name else None
            raise Refusal(f"the tensor {name} has no place in a {family.name} graph", where, "only tensors the graph computes with", hint)
        if matrix is not None and size != matrix[:1]:
            raise Refusal(f"the tensor {name} is {_by(size)}", where, _by(matrix[:1]), "the file and its settings do not belong together")


def check_sizes(shape: Shape, where: str) -> None:
    """What ONNX Runtime's kernels and blocks of 32 ask for."""
    if shape.heads % shape.kv_heads:
        raise Refusal(f"{shape.heads} query heads cannot share {shape.kv_heads} key heads", where, "a whole number of query heads for each key head")
    if shape.head_dim % 16 or shape.hidden % 32 or shape.ffn % 32 or shape.heads * shape.head_dim % 32:
        raise Refusal("the model's sizes do not fit blocks of 32", where, "head size a multiple of 16; hidden, feed-forward and heads × head size multiples of 32",
                      f"head size {shape.head_dim}, hidden {shape.hidden}, feed-forward {shape.ffn}, {shape.heads} heads")


def _by(size: Iterable[int]) -> str:
    return " × ".join(map(str, size))
