"""Recordings of programs that are no lesson, made by hand around graphs that are real."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import torch
from foldable import Writer, linear
from recordings import HOSTILE
from torch import nn

from graphview import capture, watch_nodes
from graphview.draw.boxes import drawing_of
from graphview.draw.drawing import to_dot
from graphview.model.graph import Graph, Source, TensorInfo
from graphview.model.journal import Ending, Journal, Series, Site
from graphview.model.measures import Measures
from graphview.model.missing import Link, Missing
from graphview.model.recording import Environment, Recording
from graphview.model.step import Excerpt, Failure

STEPS = 200
ENVIRONMENT = Environment(
    graphview="0.1.0",
    python="3.11.9",
    platform="Linux",
    torch="2.13.0",
    device="cpu",
    device_name="A processor",
    recorded_at="2026-01-01T12:00:00+00:00",
    command="graphview report train.py",
)
CODE = (
    "def forward(self, x):",
    "    code = torch.relu(self.encoder(x))",
    "    kept = code.detach()",
    "    return self.decoder(kept)",
)
TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 41, in <module>
    train(model, loader)
  File "train.py", line 33, in train
    loss = criterion(model(x), y)
ValueError: Expected input batch_size (32) to match target batch_size (31).
"""


def falling(name: str, start: float = 2.3, steps: int = STEPS, every: int = 1) -> Series:
    """A loss that falls, with some noise that is the same each time."""
    places = tuple(range(0, steps, every))
    noise = (1 + 0.2 * math.sin(place * 12.9898) for place in places)
    values = (
        start * math.exp(-4 * p / steps) * n + 0.05 for p, n in zip(places, noise, strict=True)
    )
    return Series(name, places, tuple(values))


def level(name: str, value: float, steps: int = STEPS) -> Series:
    return Series(name, tuple(range(steps)), (value,) * steps)


def place(line: int, expression: str | None = None, file: str = "train.py") -> Source:
    return Source(file, line, line, 4, 20, "train", expression, None)


@cache
def graph_of(layers: int = 2, width: int = 8, name: str = "loss") -> Graph:
    """A loss of so many linear layers, each followed by a ReLU."""
    torch.manual_seed(0)
    blocks = [module for _ in range(layers) for module in (nn.Linear(width, width), nn.ReLU())]
    model = nn.Sequential(*blocks)
    with watch_nodes():
        loss = model(torch.randn(4, width)).square().mean()
    return capture({name: loss}, params=model)


@cache
def long_graph(operations: int = 8_000) -> Graph:
    """A chain of operations with six leaves, as an unrolled network has."""
    torch.manual_seed(0)
    weights = {f"cell.weight_{place}": torch.randn(8, requires_grad=True) for place in range(6)}
    state = torch.zeros(8)
    for step in range(operations // 2):
        state = torch.tanh(state + list(weights.values())[step % 6])
    return capture({"loss": state.sum()}, params=weights)


def site(
    name: str, graph: str | None, calls: int = STEPS, line: int = 35, **others: object
) -> Site:
    plain = Site(
        name=name,
        call="backward",
        roots=(name,),
        source=place(line, f"{name}.backward()"),
        calls=calls,
        graph=graph,
        kept=0 if graph else None,
        loss=falling(name, steps=calls),
        nodes=level("nodes", 14.0, calls),
    )
    return replace(plain, **others)  # type: ignore[arg-type]


def journal(*sites: Site, **others: object) -> Journal:
    steps = sum(one.calls for one in sites)
    plain = Journal(
        sites=sites,
        steps=steps,
        updates=steps,
        ending=Ending("finished"),
        optimizers=("SGD of 4 parameters",),
        learning_rates=(level("SGD", 0.01, steps),),
        gradient_norms=tuple(falling(n, s, steps) for n, s in NORMS),
        parameter_norms=tuple(level(n, s, steps) for n, s in NORMS),
        seconds=Series(
            "seconds", tuple(range(1, steps)), tuple(1e-3 + 1e-5 * (p % 7) for p in range(1, steps))
        ),
        memory=Series("memory", (0, 1, steps - 1), (2.0e8, 2.5e8, 2.6e8)),
        memory_of="whole process",
        watched=12.3,
        watching=0.492,
    )
    return replace(plain, **others)  # type: ignore[arg-type]


NORMS = (
    ("SGD", 3.0),
    ("0.weight", 2.0),
    ("2.weight", 1.5),
    ("0.bias", 0.7),
    ("2.bias", 0.3),
)


def recording(graphs: dict[str, Graph], told: Journal | None, **others: object) -> Recording:
    drawn = {name: graph for name, graph in graphs.items() if len(graph.nodes) <= 1_500}
    plain = Recording(
        subject="train.py",
        graphs=graphs,
        drawings={name: to_dot(drawing_of(graph)) for name, graph in drawn.items()},
        environment=ENVIRONMENT,
        about="Backward was started 200 times, and optimizers took 200 steps.",
        code=(Excerpt("train.py", 20, CODE),),
        journal=told,
    )
    return replace(plain, **others)  # type: ignore[arg-type]


@cache
def healthy() -> Recording:
    """A script that trained well, with validation every ten steps."""
    validation = (falling("val_loss", 2.4, every=10),)
    graphs = {"loss": graph_of()}
    return recording(
        graphs, journal(site("loss", "loss"), validation=validation), code=_code(graphs)
    )


def _code(graphs: dict[str, Graph]) -> tuple[Excerpt, ...]:
    """This file's own lines: they made the graphs."""
    files = {source.file: source.line for graph in graphs.values() for source in graph.sources}
    lines = (
        "    with watch_nodes():",
        "        loss = model(torch.randn(4, width)).square().mean()",
    )
    return tuple(Excerpt(file, line - 1, lines) for file, line in files.items())


def missing(name: str, reason: str, **others: object) -> Missing:
    plain = Missing(name, "parameter", TensorInfo((8, 8), "float32", "cpu"), reason)  # type: ignore[arg-type]
    return replace(plain, **others)  # type: ignore[arg-type]


DETACHED = {
    "by": "detach",
    "source": place(22, "code.detach()", "model.py"),
    "trail": (
        Link("AddmmBackward0", place(21, "self.encoder(x)", "model.py")),
        Link("ReluBackward0", place(21, "torch.relu(self.encoder(x))", "model.py")),
    ),
    "joins": place(23, "self.decoder(kept)", "model.py"),
}


@cache
def cut() -> Recording:
    """A script in which two parameters were cut off, and others got none for each other reason."""
    lost = (
        missing("encoder.weight", "cut", **DETACHED),
        missing("encoder.bias", "cut", **DETACHED, also=(Link("argmax", place(50)),)),
        missing("head.weight", "unused"),
        missing("scale", "left", by="item", source=place(27, "self.scale.item()", "model.py")),
        missing("gate", "no_grad", by="no_grad", source=place(28, "x * self.gate", "model.py")),
        missing("side.weight", "dead end", source=place(30, "self.side(x)", "model.py")),
        missing("odd", "nothing"),
        *(missing(f"embedding.{number}", "frozen") for number in range(24)),
    )
    return replace(healthy(), missing=lost)


@cache
def raised() -> Recording:
    """A script that ended with an exception after 37 steps."""
    failure = Failure("ValueError", TRACEBACK.splitlines()[-1].partition(": ")[2], 33, TRACEBACK)
    told = journal(site("loss", "loss", 37), ending=Ending("raised", failure=failure))
    return recording({"loss": graph_of()}, told)


@cache
def nothing() -> Recording:
    """A script that never called backward: its loss needs no gradient."""
    told = journal(steps=0, updates=0, watched=0.2, watching=0.001, **NO_SERIES)
    lost = missing("loss", "no_grad", kind="root", by="no_grad", source=place(12, "loss_of(x)"))
    return recording({}, told, missing=(lost,))


NO_SERIES = {
    "learning_rates": (),
    "gradient_norms": (),
    "parameter_norms": (),
    "seconds": Series("seconds"),
    "memory": Series("memory"),
}


@cache
def long_run(steps: int = 100_000) -> Recording:
    """A hundred thousand steps, thinned as the recorder thins them, ending in NaN; it grows."""
    points = (*range(0, steps, 50), steps - 1)
    values = (*(2.0 + math.sin(p / 900) + 3e4 / (p + 1e4) for p in points[:-1]), math.nan)
    one = site(
        "loss",
        "loss",
        steps,
        loss=Series("loss", points, values),
        nodes=Series("nodes", points, tuple(14.0 + 7 * p for p in points)),
    )
    rates = Series("Adam", points, tuple(1e-3 * 0.5 ** (p // 20_000) for p in points))
    thin = {
        name: tuple(Series(n, points, (s,) * len(points)) for n, s in NORMS)
        for name in ("gradient_norms", "parameter_norms")
    }
    seconds = Series("seconds", points, tuple(2e-3 + 1e-7 * p for p in points))
    return recording(
        {"loss": graph_of()},
        Journal(
            sites=(one,),
            steps=steps,
            updates=steps,
            ending=Ending("stopped"),
            optimizers=("Adam of 4 parameters",),
            learning_rates=(rates,),
            gradient_norms=thin["gradient_norms"],
            parameter_norms=thin["parameter_norms"],
            seconds=seconds,
            watched=250.0,
            watching=2.0,
            notes=("Source lines were watched for the first 30 steps.",),
        ),
    )


@cache
def several() -> Recording:
    """Five places from which backward starts, as in a GAN with penalties; one graph is larger."""
    names = ("loss_d", "loss_g", "penalty", "aux", "total")
    graphs = {name: graph_of(1 + place_, name=name) for place_, name in enumerate(names[:4])}
    graphs["total"] = graph_of(14, name="total")
    sites = [
        site(name, name, 40, 30 + place_, loss=falling(name, 1.0 + place_, 40))
        for place_, name in enumerate(names)
    ]
    sites[2] = replace(sites[2], call="grad", loss=Series("penalty"))
    return recording(graphs, journal(*sites), code=_code(graphs))


LINES = range(1, 9)


@cache
def graph_of_blocks() -> Graph:
    """A net of six blocks that differ in their number of layers, each called in a line of its own.

    Of all these layers a picture shows few. The last block is called twice; three heads beside one
    another make the picture wider than a phone.
    """
    writer = Writer()
    data = writer.op("Embedding", writer.leaf("tokens.weight"), line=1)
    for block in (*range(6), 5):
        writer.enter("Block", f"blocks.{block}")
        for layer in range(block + 2):
            wide = linear(writer, f"blocks.{block}.{layer}", data)
            data = writer.op("Relu", wide, line=block + 2)
        writer.leave()
    heads = [writer.op(name, data, line=8) for name in ("LogSoftmax", "Sigmoid", "Softplus")]
    return writer.graph(loss=writer.op("Cat", *heads, line=8))


@cache
def folded() -> Recording:
    """A graph whose picture has folded boxes, and nodes few enough for a card each."""
    code = tuple(f"data=self.blocks[{line}](data).relu().dropout(p={line}e-05)" for line in LINES)
    graphs = {"loss": graph_of_blocks()}
    return recording(graphs, journal(site("loss", "loss")), code=(Excerpt("model.py", 1, code),))


@cache
def long_code() -> Recording:
    """More code than its frame shows."""
    (block,) = folded().code
    return replace(folded(), code=(replace(block, lines=block.lines * 8),))


@cache
def large() -> Recording:
    """A graph of 8,000 operations."""
    graph = long_graph()
    return recording({"loss": graph}, journal(site("loss", "loss", 20)))


def measures_of(graph: Graph, broken: int | None = None, zero: int | None = None) -> Measures:
    """Measures of each node, that of node `broken` and those before it NaN, that of `zero` zero."""
    count = len(graph.nodes)

    def column(value: Callable[[int], float]) -> tuple[float, ...]:
        return tuple(map(value, range(count)))

    return Measures(
        forward=column(lambda i: 1e-6 * (i + 2)),
        backward=column(lambda i: 3e-6 * (i + 1)),
        norm=column(lambda i: 0.0 if i == zero else 0.31 + 0.01 * i),
        zeros=column(lambda i: 1.0 if i == zero else 0.12),
        nan=column(lambda i: 0.25 if broken is not None and i <= broken else 0.0),
        inf=column(lambda i: 0.5 if i == broken else 0.0),
        cost=0.4,
    )


@cache
def measured(broken: int | None = 4, zero: int | None = None) -> Recording:
    """The healthy script with times and gradients of its nodes."""
    graph = healthy().graphs["loss"]
    return replace(healthy(), measures={"loss": measures_of(graph, broken, zero)})


@cache
def spoilt() -> Recording:
    """Every text of a program is one that would break out of careless markup."""
    bad = HOSTILE
    graph = replace(
        graph_of(),
        roots=tuple(replace(root, name=bad[0]) for root in graph_of().roots),
        leaves=tuple(
            replace(leaf, name=text) for leaf, text in zip(graph_of().leaves, bad, strict=False)
        ),
    )
    source = Source(bad[0], 3, 3, 0, 9, bad[1], bad[5], bad[6])
    lost = tuple(
        Missing(
            text,
            "parameter",
            TensorInfo((1,), bad[0], bad[1]),
            "cut",
            by=text,
            source=replace(source, file=text),
            trail=(Link(text, source),) * 20,
            joins=source,
            also=(Link(text, source),),
        )
        for text in bad
    )
    series = tuple(Series(text, (0, 1, 2), (1.0, math.inf, 0.5)) for text in bad)
    failure = Failure(bad[0], bad[5], 1, "\n".join(bad))
    told = Journal(
        sites=tuple(
            Site(
                text, "backward", (text,), source, 3, bad[0], 0, replace(one, name=text), one
            )
            for text, one in zip(bad, series, strict=True)
        ),
        steps=3,
        updates=3,
        ending=Ending("raised", failure=failure),
        optimizers=bad,
        learning_rates=series,
        gradient_norms=series,
        parameter_norms=series,
        validation=series,
        seconds=series[0],
        memory=series[0],
        memory_of=bad[0],
        watched=1.0,
        watching=0.01,
        notes=bad,
    )  # fmt: skip
    return Recording(
        subject=bad[0],
        graphs={bad[0]: graph},
        drawings={bad[0]: to_dot(drawing_of(graph))},
        environment=replace(ENVIRONMENT, device=bad[0], device_name=bad[1], command=bad[5]),
        about=bad[6],
        code=tuple(Excerpt(text, 1, bad) for text in bad),
        journal=told,
        missing=lost,
        measures={bad[0]: measures_of(graph, broken=3)},
    )


PROGRAMS: dict[str, Callable[[], Recording]] = {
    "healthy": healthy,
    "cut": cut,
    "raised": raised,
    "nothing": nothing,
    "long run": long_run,
    "several": several,
    "folded": folded,
    "long code": long_code,
    "large": large,
    "measured": measured,
    "spoilt": spoilt,
}


def texts(spans: Sequence[object]) -> str:
    """The text of a paragraph of spans."""
    return "".join(span.text for span in spans)  # type: ignore[attr-defined]
