"""Capture the graph of a model of your own, with the line that made each node."""

import torch
from torch import nn

import graphview

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
x, y = torch.randn(16, 4), torch.randn(16, 1)

with graphview.watch_nodes():
    prediction = model(x)
    loss = ((prediction - y) ** 2).mean()

graph = graphview.capture({"loss": loss}, params=model)

print(graph)
for node in reversed(graph.operations):
    source = graph.source_of(node)
    where = f"line {source.line}: {source.expression}" if source else "unknown"
    print(f"{node.name:16} {graph.operator_of(node).op:18} {where}")
print("leaves:", ", ".join(str(leaf.name) for leaf in graph.leaves))
print("kept for backward:", graph.saved_bytes, "bytes")
