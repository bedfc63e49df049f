"""The byte-level BPE tokenizer that all four models share, trained on the training text alone."""

from __future__ import annotations

from pathlib import Path
from typing import List

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import corpus

PAD, BOS, EOS = 0, 1, 2
SPECIALS = ["<pad>", "<s>", "</s>"]
SIZE = 1500


def start_in_front() -> processors.TemplateProcessing:
    """The start token in front of every text, as all four models were trained."""
    start = SPECIALS[BOS]
    return processors.TemplateProcessing(
        single=f"{start} $A", pair=f"{start} $A {start} $B", special_tokens=[(start, BOS)]
    )


def train(texts: List[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = start_in_front()
    return tokenizer


def load(work: Path) -> Tokenizer:
    """The tokenizer of WORK, trained if it is not there yet."""
    path = work / "tokenizer.json"
    if not path.exists():
        train(corpus.load(work)[0]).save(str(path), pretty=False)
    return Tokenizer.from_file(str(path))
