"""What all tests share: a browser, and how hypothesis behaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import find_browser
import pytest
import recordings
from hypothesis import settings

from graphview.model.store import to_json

if TYPE_CHECKING:
    from pages import Pages
    from playwright.sync_api import Browser

CI = bool(os.environ.get("CI"))
# Nothing but the page itself: no sandbox (containers), no calls home.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if CI else "here")


@pytest.fixture(scope="session", autouse=True)
def _shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        recordings.SHARED = tmp_path_factory.getbasetemp().parent


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")


LINES: list[str] = []


@pytest.fixture
def report_lines() -> Callable[[str], None]:
    """Says something at the end of the run, also when all tests pass."""
    return LINES.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LINES:
        terminalreporter.section("the notebook's numbers, compared")
        for line in LINES:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium's path; without one the test fails in CI and is skipped elsewhere."""
    try:
        return find_browser.find()
    except find_browser.NoBrowser as reason:
        if CI:
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    # Not above: that needs axe, which the tests of an old torch do without.
    from pages import Pages

    return Pages(browser, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def pages(_pages: Pages) -> Iterator[Pages]:
    """Opens pages; afterwards nothing may have been logged, raised or asked for."""
    _pages.noise.clear()
    yield _pages
    assert _pages.noise == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A recording's file, outside the working directory."""
    file = tmp_path / "recording.json"
    file.write_bytes(to_json(recordings.lesson(epochs=3)))
    return str(file)
