"""`tokenizer_config.json`: how transformers and onnxruntime-genai are to use tokenizer.json.

In both the tokenizer is what tokenizer.json says; this file names the class that takes it as it is, and spells the
special tokens. The chat template is not repeated: both look for chat_template.jinja.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from source import Source

# Known to onnxruntime-genai, and to transformers before and after its fifth version, which calls it TokenizersBackend.
READS_THE_FILE = "PreTrainedTokenizerFast"
# Gemma's own: under the other name onnxruntime-genai cuts runs of spaces into single ones.
GEMMA = "GemmaTokenizer"
SPACE = "▁"


def tokenizer_config(source: Source, tokenizer_json: bytes) -> bytes:
    """The texts of the special tokens are the source's own, else as the vocabulary spells their ids."""
    tokenizer = json.loads(tokenizer_json)
    special, spelled = source.special_tokens(), _spelled(tokenizer)
    ids = {"bos_token": special.bos, "eos_token": special.eos[0], "pad_token": special.settings()["pad_token_id"]}
    named: Dict[str, Optional[str]] = {name: spelled[id] for name, id in ids.items() if id in spelled}
    if isinstance(tokenizer["model"].get("unk_token"), str):
        named["unk_token"] = tokenizer["model"]["unk_token"]
    named.update(source.named_tokens())
    around = _around(tokenizer.get("post_processor"))
    document: Dict[str, Any] = {
        "tokenizer_class": GEMMA if source.family.model_type == "gemma3_text" and _is_gemmas(tokenizer) else READS_THE_FILE, **named,
        # tokenizer.json's post-processor does it whatever is said here; said for programs that look here only
        "add_bos_token": named.get("bos_token") in around, "add_eos_token": named.get("eos_token") in around,
        "clean_up_tokenization_spaces": False, "model_max_length": source.shape.context,
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _spelled(tokenizer: Dict[str, Any]) -> Dict[int, str]:
    texts = {id: text for text, id in tokenizer["model"]["vocab"].items()}
    texts.update({token["id"]: token["content"] for token in tokenizer.get("added_tokens", []) if "content" in token})
    return texts


def _is_gemmas(tokenizer: Dict[str, Any]) -> bool:
    """Spaces are written as ▁ and none is put in front of a text: what transformers takes for granted under that class."""
    steps = ((tokenizer.get("decoder") or {}).get("decoders") or [])
    return {"type": "Replace", "pattern": {"String": SPACE}, "content": " "} in steps and all(step.get("type") != "Strip" for step in steps)


def _around(post_processor: Any) -> List[str]:
    """Tokens that tokenizer.json puts around every text: every text of a name within its post-processor."""
    if isinstance(post_processor, dict):
        return [text for value in post_processor.values() for text in _around(value)]
    if isinstance(post_processor, list):
        return [text for value in post_processor for text in _around(value)]
    return [post_processor] if isinstance(post_processor, str) else []
