"""Pages in Chromium: opened in one tab, driven, measured, and looked through by axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, Request
from programs import PROGRAMS
from recordings import diverged, hostile, lesson, of_batches, on_gpu, page_of

from graphview.model.recording import Recording

Size = tuple[int, int]

WIDE, NARROW, LAPTOP = (1400, 900), (390, 844), (1280, 900)
# In px, of a text on the screen.
LEAST_TEXT = 9
LESSONS: dict[str, Callable[[], Recording]] = {
    "good": lesson,
    "one epoch": lambda: lesson(epochs=1),
    "diverged": diverged,
    "hostile": hostile,
    "on a GPU": on_gpu,
}
PAGES = {
    **LESSONS,
    "three epochs": lambda: lesson(epochs=3),
    "batches": of_batches,
    **PROGRAMS,
}
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
# How bright red, green and blue look.
WEIGHTS = (0.2126, 0.7152, 0.0722)


class Pages:
    """All pages, each written when it is first asked for, in one tab with scripts and one without.

    To load another page into a tab is many times quicker than to open a new one.
    """

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.noise: list[str] = []
        self._browser, self._folder = browser, folder
        self._tabs: dict[bool, Page] = {}
        # What the tabs show, if nobody has touched it since it was loaded.
        self._untouched: dict[bool, str] = {}

    def open(
        self,
        which: str = "good",
        size: Size = WIDE,
        fragment: str = "",
        *,
        scripted: bool = True,
        color_scheme: Any = "light",
        reduced_motion: Any = "no-preference",
    ) -> Page:
        """A page as it has just been loaded."""
        self._untouched.pop(scripted, None)
        page = self._tab(scripted)
        # Else an address that differs in its fragment only would load nothing.
        page.goto("about:blank")
        page.emulate_media(media="null", color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.mouse.move(0, 0)
        page.goto(self.file(which).as_uri() + fragment)
        return page

    def look_at(
        self, which: str, size: Size = WIDE, *, scripted: bool = True, color_scheme: Any = "light"
    ) -> Page:
        """A page for a test that only looks: it is not loaded anew for the next one."""
        if self._untouched.get(scripted) != which:
            self.open(which, size, scripted=scripted, color_scheme=color_scheme)
            self._untouched[scripted] = which
        page = self._tab(scripted)
        page.emulate_media(media="null", color_scheme=color_scheme, reduced_motion="no-preference")
        page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    def file(self, which: str) -> Path:
        file = self._folder / f"{which}.html"
        if not file.exists():
            file.write_text(page_of(PAGES[which]()), encoding="utf-8")
        return file

    def _tab(self, scripted: bool) -> Page:
        if scripted not in self._tabs:
            page = self._browser.new_page(java_script_enabled=scripted)
            page.on("console", lambda message: self.noise.append(message.text))
            page.on("pageerror", lambda error: self.noise.append(str(error)))
            page.on("request", self._note)
            page.on("dialog", self._dismiss)
            self._tabs[scripted] = page
        return self._tabs[scripted]

    def _note(self, request: Request) -> None:
        own = request.url.startswith(self._folder.as_uri()) and request.is_navigation_request()
        if not own and not request.url.startswith(("data:", "about:")):
            self.noise.append(f"asked for {request.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.noise.append(f"said {dialog.message}")
        dialog.dismiss()


def faults_found_by_axe(
    page: Page, context: str | dict[str, Any] | None = None, *, colours: bool = True
) -> list[str]:
    """What axe finds; to compare the colours of all texts takes it longer than all the rest."""
    rules = {"color-contrast": {"enabled": colours}}
    options = {"resultTypes": ["violations"], "rules": rules}
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[float]) -> float:
    shares = [value / 255 for value in colour[:3]]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(part * weight for part, weight in zip(linear, WEIGHTS, strict=True))
