"""The small files beside the weights: `config.json` in Hugging Face's keys, and the chat template as it is.

The end of a turn is the token the chat template closes a message with. GGUF calls it `eos_token_id`, and so does
an instruct model's config.json.
"""

from __future__ import annotations

import json

from gguf_source import Source
from refusal import Refusal


def config(source: Source) -> bytes:
    shape = source.shape
    eos = int(source.meta("tokenizer.ggml.eos_token_id"))
    document = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": shape.hidden, "intermediate_size": shape.ffn, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_dim,
        "vocab_size": shape.vocab, "max_position_embeddings": shape.context, "hidden_act": "silu",
        "rope_theta": shape.rope_theta, "rms_norm_eps": shape.norm_eps, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": int(source.meta("tokenizer.ggml.bos_token_id", eos)), "eos_token_id": eos,
        "pad_token_id": int(source.meta("tokenizer.ggml.padding_token_id", eos)),
        "tie_word_embeddings": not source.has("output.weight"),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def chat_template(source: Source) -> bytes:
    template = source.meta("tokenizer.chat_template", required=False)
    if not template:
        raise Refusal("the model has no chat template", f"{source.path}, key tokenizer.chat_template", "an instruct model",
                      "base models complete text but do not follow a brief")
    return template.encode()
