"""WORK/fiction-gan.pt to models/fiction-gan: generator and unrolled greedy decoder in one graph.

Run as `python3 export_gan.py WORK`. Each step's logits follow from the likeliest token of the step before, so the
text that the graph means is the likeliest token of every position.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import List

import numpy as np
import torch
from onnx import TensorProto

import cells
import folder
import latent_gan
from fiction_tokenizer import BOS, EOS, SIZE
from graph import Graph, array
from sentence_model import Decoder, SentenceModel
from train_gan import LENGTH, NOISE, SHAPE

NAME = "fiction-gan"

# Added to the end token's logit once the text is over; far above any logit.
OVER = 100.0


def code(graph: Graph, model: latent_gan.Generator, noise: str) -> str:
    """The generator's three layers, as [batch, 1, latent]."""
    value = noise
    layers = [model.first, model.second, model.third]
    for number, layer in enumerate(layers, 1):
        weight = graph.weight(f"generator.{number}.weight", array(layer.weight))
        bias = graph.plain(f"generator.{number}.bias", array(layer.bias))
        value = graph.linear(value, weight, bias, f"generator.{number}")
        if number < len(layers):
            value = graph.node("Relu", [value], f"generator.{number}.relu")
    return graph.node("Unsqueeze", [value, graph.whole("middle", 1)], "code")


def first_token(graph: Graph, noise: str) -> str:
    """The start token for every row of the noise."""
    batch = graph.node("Shape", [noise], "batch", start=0, end=1)
    shape = graph.node("Concat", [batch, graph.whole("one", 1)], "first.shape", axis=0)
    return graph.node("Expand", [graph.whole("start", BOS), shape], "first")


def steps(graph: Graph, model: Decoder, noise: str, latent: str) -> List[str]:
    """The logits of each position as [batch, 1, vocabulary]."""
    table = graph.weight("embedding", array(model.embedding.weight))
    projection = graph.weight("projection", array(model.projection.weight))
    projection_bias = graph.plain("projection.bias", array(model.projection.bias))
    head_bias = graph.plain("head.bias", array(model.bias))
    end = np.zeros((1, 1, SIZE), dtype=np.float32)
    end[..., EOS] = OVER
    over, eos, last = graph.plain("over", end), graph.whole("eos", EOS), graph.whole("last", -1)
    made = cells.cell(graph, model.cell, "cell")
    token, states, found = first_token(graph, noise), [], []
    for number in range(LENGTH):
        at = f"step{number}"
        embedded = graph.node("Gather", [table, token], f"{at}.embedded", axis=0)
        joined = graph.node("Concat", [embedded, latent], f"{at}.joined", axis=-1)
        seen, states = cells.run(graph, made, joined, states, at)
        both = graph.node("Concat", [seen, latent], f"{at}.both", axis=-1)
        projected = graph.linear(both, projection, projection_bias, f"{at}.projected")
        logits = graph.linear(projected, table, head_bias, f"{at}.head")
        if number:
            ended = graph.node("Equal", [token, eos], f"{at}.ended")
            flag = graph.node("Cast", [ended], f"{at}.flag", to=TensorProto.FLOAT)
            column = graph.node("Unsqueeze", [flag, last], f"{at}.column")
            forced = graph.node("Mul", [column, over], f"{at}.forced")
            logits = graph.node("Add", [logits, forced], f"{at}.logits")
        token = graph.node("ArgMax", [logits], f"{at}.token", axis=-1, keepdims=0)
        found.append(logits)
    return found


def export(work: Path) -> None:
    saved = torch.load(work / f"{NAME}.pt")
    model = SentenceModel(SHAPE).eval()
    model.load_state_dict(saved["autoencoder"])
    generator = latent_gan.Generator(NOISE, SHAPE.latent)
    generator.load_state_dict(saved["generator"])
    target = folder.begin(NAME)
    graph = Graph()
    noise = graph.takes("noise", ["batch", NOISE])
    found = steps(graph, model.decoder, noise, code(graph, generator, noise))
    logits = graph.node("Concat", found, "all", axis=1)
    graph.gives(logits, "logits", ["batch", LENGTH, SIZE])
    graph.save(target / "model.onnx", NAME)
    # The decoder in the graph has chosen already: drawing anew at each position would only spoil its words.
    folder.finish(target, work, "one_shot", {"temperature": 0.1, "top_p": 0.5}, NOISE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    export(parser.parse_args().work)
