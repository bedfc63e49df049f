"""The architectures once more, in plain numpy and float64, for the tests to compare exported graphs with.

Written from the papers and Hugging Face's tensor names, sharing nothing with the exporter: every token attends to all
tokens before it by a full score matrix, no cache, no fused operator.
"""

from __future__ import annotations

import math
from typing import Dict, List

import numpy as np

from tiny import Tiny


def logits(model: Tiny, ids: List[int]) -> np.ndarray:
    """[tokens, vocabulary] for one text."""
    w = {name: array.astype(np.float64) for name, array in model.weights.items()}
    one = 1.0 if model.family == "gemma3" else 0.0  # Gemma adds it to every norm's weight
    x = w["model.embed_tokens.weight"][ids]
    if model.family == "gemma3":
        x = x * math.sqrt(model.hidden)
    for layer in range(model.layers):
        p = f"model.layers.{layer}."
        attended = _attention(model, w, layer, _norm(x, w[p + "input_layernorm.weight"] + one, model.eps))
        if model.family == "gemma3":
            x = x + _norm(attended, w[p + "post_attention_layernorm.weight"] + 1, model.eps)
            fed = _feed_forward(model, w, p, _norm(x, w[p + "pre_feedforward_layernorm.weight"] + 1, model.eps))
            x = x + _norm(fed, w[p + "post_feedforward_layernorm.weight"] + 1, model.eps)
        else:
            x = x + attended
            x = x + _feed_forward(model, w, p, _norm(x, w[p + "post_attention_layernorm.weight"], model.eps))
    x = _norm(x, w["model.norm.weight"] + one, model.eps)
    return x @ w["model.embed_tokens.weight" if model.tied else "lm_head.weight"].T


def _norm(x: np.ndarray, weight: np.ndarray, eps: float) -> np.ndarray:
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * weight


def _linear(w: Dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0.0)


def _attention(model: Tiny, w: Dict[str, np.ndarray], layer: int, x: np.ndarray) -> np.ndarray:
    p, tokens = f"model.layers.{layer}.self_attn.", len(x)
    q = _linear(w, p + "q_proj", x).reshape(tokens, model.heads, model.head_dim)
    k = _linear(w, p + "k_proj", x).reshape(tokens, model.kv_heads, model.head_dim)
    v = _linear(w, p + "v_proj", x).reshape(tokens, model.kv_heads, model.head_dim)
    if p + "q_norm.weight" in w:
        one = 1.0 if model.family == "gemma3" else 0.0
        q, k = _norm(q, w[p + "q_norm.weight"] + one, model.eps), _norm(k, w[p + "k_norm.weight"] + one, model.eps)
    local = model.family == "gemma3" and (layer + 1) % 6 != 0
    frequencies = _frequencies(model, local)
    q, k = _rotate(q, frequencies), _rotate(k, frequencies)
    out = np.empty_like(q)
    for head in range(model.heads):
        shared = head // (model.heads // model.kv_heads)
        scores = q[:, head] @ k[:, shared].T / math.sqrt(model.head_dim)
        for token in range(tokens):
            first = max(0, token - model.window + 1) if local else 0
            seen = scores[token, first:token + 1]
            share = np.exp(seen - seen.max())
            out[token, head] = share / share.sum() @ v[first:token + 1, shared]
    return _linear(w, p + "o_proj", out.reshape(tokens, -1))


def _frequencies(model: Tiny, local: bool) -> np.ndarray:
    half = model.head_dim // 2
    plain = [(10000.0 if local else model.theta) ** (-i / half) for i in range(half)]
    scaling = model.rope_scaling or {}
    if local or not scaling:
        return np.array(plain)
    if scaling["rope_type"] == "linear":
        return np.array(plain) / scaling["factor"]
    result = []
    for frequency in plain:  # Llama 3.1: by wavelength
        wavelength, original = 2 * math.pi / frequency, scaling["original_max_position_embeddings"]
        if wavelength < original / scaling["high_freq_factor"]:
            result.append(frequency)
        elif wavelength > original / scaling["low_freq_factor"]:
            result.append(frequency / scaling["factor"])
        else:
            smooth = (original / wavelength - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
            result.append((1 - smooth) * frequency / scaling["factor"] + smooth * frequency)
    return np.array(result)


def _rotate(x: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    angles = np.arange(len(x))[:, None, None] * frequencies
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * np.cos(angles) - second * np.sin(angles), second * np.cos(angles) + first * np.sin(angles)], axis=-1)


def _feed_forward(model: Tiny, w: Dict[str, np.ndarray], p: str, x: np.ndarray) -> np.ndarray:
    gate, up = _linear(w, p + "mlp.gate_proj", x), _linear(w, p + "mlp.up_proj", x)
    if model.family == "gemma3":
        gate = 0.5 * gate * (1 + np.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate ** 3)))
    else:
        gate = gate / (1 + np.exp(-gate))
    return _linear(w, p + "mlp.down_proj", gate * up)
