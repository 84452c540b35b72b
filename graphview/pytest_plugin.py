"""The pytest plugin: graphs of tests, held against baselines that are kept beside them.

pytest loads this in every run where graphview is installed. Nothing else of graphview's, let alone
torch, is imported before a test asks for a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from graphview.testing.baselines import GraphBaseline
    from graphview.testing.capturing import Capture
    from graphview.testing.run import Run

OPTION = "--graphview-update"
RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--graphview-update`."""
    group = parser.getgroup("graphview", "autograd graphs held against baselines (graphview)")
    group.addoption(
        OPTION,
        action="store_true",
        dest="graphview_update",
        help="Write the baselines of graphs that are new or changed, and remove unused ones.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note what baselines are for. Errors: UsageError where CI would write some."""
    from graphview.testing.run import Run

    update = config.getoption("graphview_update")
    if update and _is_ci():
        raise pytest.UsageError(
            f"{OPTION} is refused where CI is set: a baseline is written where somebody looks at "
            "it, and committed with the code."
        )
    config.stash[RUN] = Run(config, update=update)
    config.pluginmanager.register(config.stash[RUN], "graphview-run")


def _is_ci() -> bool:
    from graphview.compare.baseline import is_ci

    return is_ci()


@pytest.fixture(name="graphview_capture")
def _graphview_capture() -> Iterator[Capture]:
    """Captures the graph behind a tensor: `graph = graphview_capture(loss, model=model)`.

    While the fixture is there, operations remember their source lines and modules, and it is seen
    where gradients are cut.
    """
    from graphview.testing.capturing import watched

    with watched() as capture:
        yield capture


@pytest.fixture(name="graph_baseline")
def _graph_baseline(request: pytest.FixtureRequest) -> Iterator[GraphBaseline]:
    """The graph as it was: `assert graph == graph_baseline`, or `graph_baseline.check(graph)`.

    It lies beside the test in `__graphs__`, and is written by `pytest --graphview-update`.
    """
    from graphview.testing.baselines import GraphBaseline
    from graphview.testing.capturing import watched

    run = request.config.stash[RUN]
    with watched():
        yield GraphBaseline(run.home_of(request.node.nodeid), run)


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """What differs, where a graph was compared with a baseline."""
    baselines: Any = sys.modules.get("graphview.testing.baselines")
    lines: list[str] | None = None
    if baselines is not None and op == "==":
        lines = baselines.explanation(left, right)
    return lines
