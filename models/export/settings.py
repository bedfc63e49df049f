"""The small files beside the weights: `config.json` in Hugging Face's keys, and the chat template.

The end of a turn is the token the chat template closes a message with; `eos_token_id` is a list where several do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

from refusal import Refusal
from source import Source


def config(source: Source) -> bytes:
    shape, family = source.shape, source.family
    document: Dict[str, Any] = {
        "architectures": [family.model_class], "model_type": family.model_type,
        "hidden_size": shape.hidden, "intermediate_size": shape.ffn, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_dim,
        "vocab_size": shape.vocab, "max_position_embeddings": shape.context, "hidden_act": "gelu_pytorch_tanh" if family.gelu else "silu",
        "rope_theta": shape.rope.theta, "rms_norm_eps": shape.norm_eps,
        "attention_bias": source.has("blk.0.attn_q.bias"), "mlp_bias": source.has("blk.0.ffn_up.bias"),
        **source.special_tokens().settings(),
        "tie_word_embeddings": shape.tied,
    }
    if shape.rope.scaling:
        document["rope_scaling"] = dict(shape.rope.scaling)
    if shape.window and shape.local_rope:
        document.update({"sliding_window": shape.window, "rope_local_base_freq": shape.local_rope.theta,
                         "layer_types": ["sliding_attention" if shape.is_local(layer, family) else "full_attention" for layer in range(shape.layers)]})
    return (json.dumps(document, indent=2) + "\n").encode()


def chat_template(source: Source, given: Optional[Path] = None) -> bytes:
    """The file `given`, else the model's own."""
    if given is not None:
        try:
            return given.read_bytes()
        except OSError as error:
            raise Refusal("the chat template cannot be read", str(given), "a Jinja file", error.strerror) from error
    template = source.chat_template()
    if not template:
        raise Refusal("the model has no chat template", str(source.path), "an instruct model",
                      "base models complete text but do not follow a brief; if this one does, give its template with --chat-template FILE")
    return template.encode()
