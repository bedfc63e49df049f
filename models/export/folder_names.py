"""Hugging Face's names of tensors in ours, which are GGUF's."""

from __future__ import annotations

import re
from typing import Dict, Optional

from architecture import Architecture

PARTS = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}
# In Gemma the norm behind attention is one of its own.
SANDWICH = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm"}
OUTER = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
LAYER = re.compile(r"^model\.layers\.(\d+)\.(.+)\.(weight|bias)$")
# Old checkpoints store the rotary frequencies, which follow from the settings.
COMPUTED = "rotary_emb.inv_freq"


def ours(name: str, family: Architecture) -> Optional[str]:
    """Our name for a tensor, the name itself where it has none; None for one that is not a weight."""
    if name.endswith(COMPUTED):
        return None
    layer = LAYER.match(name)
    if not layer:
        return OUTER.get(name, name)
    parts: Dict[str, str] = {**PARTS, **SANDWICH} if family.sandwich else PARTS
    part = parts.get(layer.group(2))
    return f"blk.{layer.group(1)}.{part}.{layer.group(3)}" if part else name
