"""The lesson's steps as they are written: `steps.yaml` and the code in `cells/`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from graphview.errors import SubjectError


@dataclass(frozen=True, slots=True)
class Sight:
    """A graph to keep: that of `root`, at the step's end or just before backward `before`."""

    root: str
    before: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step before it runs; steps.yaml says what each field means."""

    key: str
    part: str
    title: str
    code: str
    needs: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fails: str | None = None
    only: str | None = None
    cpu: tuple[str, ...] = ()
    gpu: tuple[str, ...] = ()
    run: str | None = None
    sights: tuple[Sight, ...] = ()
    results: bool = False
    follows: str | None = None


@cache
def steps() -> tuple[PlannedStep, ...]:
    """All steps, in the order of the lesson."""
    folder, part, found = files("graphview.lesson"), "", []
    for entry in yaml.safe_load(folder.joinpath("steps.yaml").read_text(encoding="utf-8")):
        part = entry.pop("part", part)
        code = folder.joinpath("cells", f"{entry['key']}.py").read_text(encoding="utf-8")
        sights = tuple(map(_sight, entry.pop("graphs", ())))
        lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
        found.append(PlannedStep(**entry | lists, part=part, code=code, sights=sights))
    return tuple(found)


def _sight(text: str) -> Sight:
    root, _, before = text.partition("@")
    return Sight(root, int(before) if before else None)


def chosen(keys: Collection[str], kind: str) -> list[tuple[PlannedStep, bool]]:
    """The steps to run on a device of this kind (`cpu`, `gpu`), each with whether to tell it.

    Those that the chosen ones need run as well, untold. No keys: all of them. Errors: SubjectError
    for a key that no step has.
    """
    possible = [step for step in steps() if step.only in (None, kind)]
    known = [step.key for step in steps()]
    for key in keys:
        if key not in known:
            raise SubjectError(f"the lesson has no step {key!r}; its steps are {', '.join(known)}.")
    told = [step.key for step in possible if not keys or step.key in keys]
    if not told:
        raise SubjectError(f"on a {kind} the lesson has nothing to tell of {', '.join(keys)}.")
    running = set(_with_needs(told, possible))
    return [(step, step.key in told) for step in possible if step.key in running]


def _with_needs(keys: Sequence[str], possible: Sequence[PlannedStep]) -> Iterator[str]:
    by_key = {step.key: step for step in possible}
    waiting, seen = list(keys), set[str]()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += by_key[key].needs
            yield key
