"""Print the path of a Chromium or Chrome, installing Chromium when there is none.

Everything but the path goes to standard error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "GRAPHVIEW_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "~/Applications/Chromium.app/Contents/MacOS/Chromium",
    "$PROGRAMFILES/Google/Chrome/Application/chrome.exe",
    "$LOCALAPPDATA/Google/Chrome/Application/chrome.exe",
    "$LOCALAPPDATA/Chromium/Application/chrome.exe",
)
PLAYWRIGHT_FOLDERS = (
    "$PLAYWRIGHT_BROWSERS_PATH",
    "~/.cache/ms-playwright",
    "~/Library/Caches/ms-playwright",
    "$LOCALAPPDATA/ms-playwright",
)
PLAYWRIGHT_FILES = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)
ANSWER_SECONDS = 30
INSTALL_SECONDS = 300


class NoBrowser(Exception):
    """No browser was found; the message says what to do."""


def find() -> str:
    """Look a browser up, installing nothing. Errors: NoBrowser."""
    named = os.environ.get(VARIABLE)
    if named:
        if path := shutil.which(named):
            return path
        raise NoBrowser(f"{VARIABLE} is {named!r}, which is no program; correct or unset it.")
    for path in _candidates():
        if _answers(path):
            return path
    raise NoBrowser(f"no Chromium was found; install one, or name it with {VARIABLE}=/path/to/it.")


def find_or_install() -> str:
    """Look a browser up, and install one when there is none. Errors: NoBrowser."""
    try:
        return find()
    except NoBrowser:
        if os.environ.get(VARIABLE):
            raise
    for commands in _installations():
        if all(_run(command) for command in commands):
            try:
                return find()
            except NoBrowser:
                continue
    return find()


def _candidates() -> Iterator[str]:
    for name in NAMES:
        if path := shutil.which(name):
            yield path
    for text in APPLICATIONS:
        if (application := _expanded(text)) and application.is_file():
            yield str(application)
    for text in PLAYWRIGHT_FOLDERS:
        if folder := _expanded(text):
            for pattern in PLAYWRIGHT_FILES:
                yield from sorted(map(str, folder.glob(pattern)), reverse=True)


def _expanded(text: str) -> Path | None:
    path = os.path.expandvars(text)
    return None if "$" in path else Path(path).expanduser()


def _answers(path: str) -> bool:
    # A name can be a stub that asks for a snap, or a browser without its libraries.
    if sys.platform == "win32":
        # There, `--version` opens a window.
        return True
    return _run([path, "--version"], seconds=ANSWER_SECONDS, quiet=True)


def _installations() -> Iterator[list[list[str]]]:
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        yield [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]


def _run(command: list[str], *, seconds: int = INSTALL_SECONDS, quiet: bool = False) -> bool:
    if not quiet:
        print("No browser yet; trying:", *command, file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(find_or_install())
    except NoBrowser as reason:
        sys.exit(f"find_browser: {reason}")
