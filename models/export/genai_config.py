"""`genai_config.json`: what onnxruntime-genai needs to run the folder, in the words of its own builder.

Ports, sizes and special tokens are those of the graph and of config.json. `search` says only how the cache is kept:
how to draw is no business of an exporter, and Nightdesk would take what stood there for the model makers' wish.
"""

from __future__ import annotations

import json
from typing import Any, Dict

from source import Source


def genai_config(source: Source) -> bytes:
    shape = source.shape
    decoder: Dict[str, Any] = {
        "filename": "model.onnx", "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "hidden_size": shape.hidden, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "head_size": shape.head_dim,
        "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask", **_cache("past", "past_key_values")},
        "outputs": {"logits": "logits", **_cache("present", "present")},
    }
    document = {
        "model": {"type": source.family.model_type, "context_length": shape.context, "vocab_size": shape.vocab, **source.special_tokens().settings(), "decoder": decoder},
        # keys and values lie in one piece of memory for the whole text, which the graph writes in place
        "search": {"max_length": shape.context, "past_present_share_buffer": True},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _cache(role: str, ports: str) -> Dict[str, str]:
    """The names of the cache's ports; %d is the layer."""
    return {f"{role}_{part}_names": f"{ports}.%d.{part}" for part in ("key", "value")}
