"""The files beside the graphs: configuration, tokenizer and how to draw, and the limit on a folder's size."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, Optional

from fiction_tokenizer import BOS, EOS, PAD, SIZE, SPECIALS

MODELS = Path(__file__).resolve().parent.parent
LIMIT = 1024 * 1024


def write_json(path: Path, content: Dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def begin(name: str) -> Path:
    folder = MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def finish(
    folder: Path, work: Path, kind: str, drawing: Dict[str, float], latent: Optional[int] = None
) -> None:
    """Writes what is not a graph, and refuses a folder of more than one MiB."""
    shutil.copyfile(work / "tokenizer.json", folder / "tokenizer.json")
    ids = {"bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD}
    nightdesk: Dict[str, Any] = {"kind": kind}
    if latent is not None:
        nightdesk["latent"] = latent
    config = {"model_type": folder.name, "nightdesk": nightdesk, "vocab_size": SIZE, **ids}
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", {"do_sample": True, **drawing, **ids})
    roles = dict(zip(["pad_token", "bos_token", "eos_token"], SPECIALS))
    plain = {"normalized": False, "lstrip": False, "rstrip": False, "single_word": False}
    added = {
        str(number): {"content": token, "special": True, **plain} for number, token in enumerate(SPECIALS)
    }
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    write_json(folder / "tokenizer_config.json", {**settings, **roles, "added_tokens_decoder": added})
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder.name}: {size} bytes")
    if size > LIMIT:
        raise SystemExit(f"{folder.name} is larger than {LIMIT} bytes")
