"""WORK/fiction-vae.pt to models/fiction-vae, a decoder and an encoder: `python3 export_vae.py WORK`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from onnx import TensorProto

import cells
import folder
from fiction_tokenizer import SIZE
from graph import Graph, array
from sentence_model import Decoder, Encoder, SentenceModel
from train_vae import SHAPE

NAME = "fiction-vae"


def decoder(model: Decoder) -> Graph:
    graph = Graph()
    state = [1, "batch", SHAPE.decoder_hidden]
    ids = graph.takes("input_ids", ["batch", "sequence"], TensorProto.INT64)
    latent = graph.takes("latent", ["batch", SHAPE.latent])
    past = graph.takes("past_h", state)
    table = graph.weight("embedding", array(model.embedding.weight))
    embedded = graph.node("Gather", [table, ids], "embedded", axis=0)
    # The latent beside every step: [batch, 1, latent] spread to [batch, sequence, latent].
    row = graph.node("Unsqueeze", [latent, graph.whole("latent.axis", 1)], "latent.row")
    shape = graph.node("Shape", [ids], "shape")
    spread = graph.node("Concat", [shape, graph.whole("one", 1)], "spread", axis=0)
    beside = graph.node("Expand", [row, spread], "beside")
    joined = graph.node("Concat", [embedded, beside], "joined", axis=-1)
    made = cells.cell(graph, model.cell, "cell")
    seen, kept = cells.run(graph, made, joined, [past], "run")
    both = graph.node("Concat", [seen, beside], "both", axis=-1)
    projection = graph.weight("projection", array(model.projection.weight))
    bias = graph.plain("projection.bias", array(model.projection.bias))
    projected = graph.linear(both, projection, bias, "projected")
    head = graph.linear(projected, table, graph.plain("head.bias", array(model.bias)), "head")
    graph.gives(head, "logits", ["batch", "sequence", SIZE])
    graph.gives(kept[0], "present_h", state)
    return graph


def encoder(model: Encoder) -> Graph:
    graph = Graph()
    ids = graph.takes("input_ids", ["batch", "sequence"], TensorProto.INT64)
    mask = graph.takes("attention_mask", ["batch", "sequence"], TensorProto.INT64)
    table = graph.weight("embedding", array(model.embedding.weight))
    embedded = graph.node("Gather", [table, ids], "embedded", axis=0)
    seen, _ = cells.run(graph, cells.cell(graph, model.cell, "cell"), embedded, [], "run")
    steps, features = graph.whole("steps", 1), graph.whole("features", 2)
    real = graph.node("Cast", [mask], "real", to=TensorProto.FLOAT)
    column = graph.node("Unsqueeze", [real, features], "column")
    shown = graph.node("Mul", [seen, column], "shown")
    total = graph.node("ReduceSum", [shown, steps], "total", keepdims=0)
    count = graph.node("ReduceSum", [column, steps], "count", keepdims=0)
    average = graph.node("Div", [total, count], "average")
    for name, layer in (("mean", model.mean), ("log_variance", model.log_variance)):
        weight = graph.weight(f"{name}.weight", array(layer.weight))
        made = graph.linear(average, weight, graph.plain(f"{name}.bias", array(layer.bias)), f"{name}.made")
        graph.gives(made, name, ["batch", SHAPE.latent])
    return graph


def export(work: Path) -> None:
    model = SentenceModel(SHAPE).eval()
    model.load_state_dict(torch.load(work / f"{NAME}.pt"))
    target = folder.begin(NAME)
    decoder(model.decoder).save(target / "model.onnx", NAME)
    encoder(model.encoder).save(target / "encoder.onnx", f"{NAME}-encoder")
    folder.finish(target, work, "vae", {"temperature": 0.6, "top_p": 0.9}, SHAPE.latent)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    export(parser.parse_args().work)
