"""graphview starts quickly: what it takes seconds to import is imported when it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import graphview
from graphview.cli import COMMANDS

PUBLIC = {
    "capture",
    "Graph",
    "GraphviewError",
    "record",
    "Recording",
    "__version__",
    "watch_nodes",
}
HEAVY = {"IPython", "jinja2", "msgspec", "numpy", "rich", "torch", "torchviz", "wasmtime", "yaml"}

RUN_THEN_LIST_MODULES = """
import sys
from graphview.cli import run
code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
IMPORT_THEN_LIST_MODULES = """
import sys
import graphview
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)],
    ids=" ".join,
)
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    done = _python(RUN_THEN_LIST_MODULES, *arguments)
    assert done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_help_loads_no_command_and_a_command_no_other() -> None:
    done = _python(RUN_THEN_LIST_MODULES, "--help")
    assert not _commands(done)
    assert all(name in done.stdout for name in COMMANDS)
    assert _commands(_python(RUN_THEN_LIST_MODULES, "explain", "--help")) == {"explain"}


def _commands(done: subprocess.CompletedProcess[str]) -> set[str]:
    loaded = set(done.stderr.split())
    return {name for name in COMMANDS if f"graphview.commands.{name}" in loaded}


def test_version_is_the_packages() -> None:
    assert graphview.__version__ in _python(RUN_THEN_LIST_MODULES, "--version").stdout


def test_importing_graphview_loads_nothing_heavy() -> None:
    assert not HEAVY & set(_python(IMPORT_THEN_LIST_MODULES).stderr.split())


def test_public_names_are_these() -> None:
    assert set(graphview.__all__) == PUBLIC
    assert set(dir(graphview)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_name_resolves(name: str) -> None:
    assert getattr(graphview, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        _ = graphview.nothing_of_ours


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
