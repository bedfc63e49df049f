"""Regenerates the greedy reference table: what these weights say when a program that is not ours runs them.

The GGUF's weights go into transformers' own Llama in float32, twenty chats are rendered with the model's template
by transformers, and each is continued greedily until the end of the turn or 48 tokens. Tests compare the exported
graph and Nightdesk's engine with this table. It needs requirements-reference.txt, which no other step installs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import torch
import transformers

from gguf_source import GgufSource
from reference_prompts import CHATS
from refusal import Refusal
from settings import chat_template, config

MAX_NEW_TOKENS = 48
# Two right programs may add in another order; a first choice that leads by less than this could flip for no fault.
SMALLEST_GAP = 1e-3

MATRICES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
VECTORS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}


def load_model(source: GgufSource) -> transformers.LlamaForCausalLM:
    settings = json.loads(config(source))
    theta = settings.pop("rope_theta")
    settings["rope_parameters"] = {"rope_type": "default", "rope_theta": theta}  # where transformers 5 looks
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings)).float().eval()
    state = {"model.embed_tokens.weight": source.matrix("token_embd.weight"), "model.norm.weight": source.vector("output_norm.weight")}
    state["lm_head.weight"] = source.matrix("output.weight") if source.has("output.weight") else state["model.embed_tokens.weight"]
    for layer in range(source.shape.layers):
        for theirs, ours in MATRICES.items():
            state[f"model.layers.{layer}.{theirs}.weight"] = source.matrix(f"blk.{layer}.{ours}.weight")
        for theirs, ours in VECTORS.items():
            state[f"model.layers.{layer}.{theirs}.weight"] = source.vector(f"blk.{layer}.{ours}.weight")
    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in state.items()})
    return model


def load_tokenizer(source: GgufSource) -> transformers.PreTrainedTokenizerFast:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_bytes(source.tokenizer_json())
        tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path))
    tokenizer.chat_template = chat_template(source).decode()
    return tokenizer


@torch.inference_mode()
def greedy(model: transformers.LlamaForCausalLM, ids: List[int], eos: int) -> Tuple[List[int], float]:
    """The continuation, its end of turn included, and the smallest lead any chosen token had."""
    output: List[int] = []
    feed, past, smallest = torch.tensor([ids]), None, float("inf")
    while len(output) < MAX_NEW_TOKENS and (not output or output[-1] != eos):
        step = model(feed, past_key_values=past, use_cache=True)
        best = torch.topk(step.logits[0, -1], 2)
        smallest = min(smallest, float(best.values[0] - best.values[1]))
        output.append(int(best.indices[0]))
        feed, past = torch.tensor([[output[-1]]]), step.past_key_values
    return output, smallest


def row(model: Any, tokenizer: Any, chat: List[Tuple[str, str]], eos: int) -> Dict[str, Any]:
    messages = [{"role": role, "content": content} for role, content in chat]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    output, gap = greedy(model, ids, eos)
    if gap < SMALLEST_GAP:
        raise Refusal(f"two tokens are {gap:.1e} apart at some step, too near to be a reference", f"the chat {messages[-1]['content'][:60]!r}",
                      f"a lead of at least {SMALLEST_GAP}", "put another chat into reference_prompts.py")
    return {"messages": messages, "prompt": prompt, "input_ids": ids, "output_ids": output, "min_gap": round(gap, 5)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 models/export/reference.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, required=True, metavar="FILE", help="the same file the model folder was exported from")
    parser.add_argument("--out", type=Path, required=True, metavar="JSON", help="tests/fixtures/greedy/smollm2-135m-instruct.json for the default model")
    parser.add_argument("--name", default="smollm2-135m-instruct", help="the model's name in the table")
    options = parser.parse_args()
    try:
        source = GgufSource(options.gguf)
        model, tokenizer = load_model(source), load_tokenizer(source)
        eos, rows = int(source.meta("tokenizer.ggml.eos_token_id")), []
        for number, chat in enumerate(CHATS, 1):
            rows.append(row(model, tokenizer, chat, eos))
            print(f"{number}/{len(CHATS)} {len(rows[-1]['input_ids'])} + {len(rows[-1]['output_ids'])} tokens, gap {rows[-1]['min_gap']}", file=sys.stderr)
    except Refusal as refusal:
        print(refusal.render(), file=sys.stderr)
        return 1
    table = {"model": options.name, "source_sha256": source.sha256(), "transformers": transformers.__version__,
             "torch": torch.__version__.split("+")[0], "max_new_tokens": MAX_NEW_TOKENS, "prompts": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(table, ensure_ascii=False, indent=None, separators=(",", ":")).replace('{"messages"', '\n{"messages"') + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
