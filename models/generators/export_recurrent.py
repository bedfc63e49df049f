"""WORK/fiction-lstm.pt to models/fiction-lstm: `python3 export_recurrent.py WORK fiction-lstm`, or fiction-gru."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from onnx import TensorProto

import cells
import folder
from fiction_tokenizer import SIZE
from graph import Graph, array
from recurrent import SHAPES, Recurrent


def export(work: Path, name: str) -> None:
    model = Recurrent(name).eval()
    model.load_state_dict(torch.load(work / f"{name}.pt"))
    target = folder.begin(name)
    graph = Graph()
    states = ["h", "c"] if isinstance(model.cell, torch.nn.LSTM) else ["h"]
    shape = [1, "batch", model.cell.hidden_size]
    ids = graph.takes("input_ids", ["batch", "sequence"], TensorProto.INT64)
    given = [graph.takes(f"past_{state}", shape) for state in states]
    table = graph.weight("embedding", array(model.embedding.weight))
    embedded = graph.node("Gather", [table, ids], "embedded", axis=0)
    made = cells.cell(graph, model.cell, "cell")
    seen, kept = cells.run(graph, made, embedded, given, "run")
    projection = graph.weight("projection", array(model.projection.weight))
    bias = graph.plain("projection.bias", array(model.projection.bias))
    projected = graph.linear(seen, projection, bias, "projected")
    head = graph.linear(projected, table, graph.plain("head.bias", array(model.bias)), "head")
    graph.gives(head, "logits", ["batch", "sequence", SIZE])
    for state, value in zip(states, kept):
        graph.gives(value, f"present_{state}", shape)
    graph.save(target / "model.onnx", name)
    folder.finish(target, work, "recurrent", {"temperature": 0.7, "top_p": 0.95})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("name", choices=sorted(SHAPES))
    given = parser.parse_args()
    export(given.work, given.name)
