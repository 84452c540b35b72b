"""A contract as plain data: what was asked of which graph, and where that is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphview.model.finding import Severity

if TYPE_CHECKING:
    from graphview.check.diagnoses import Diagnoses
    from graphview.check.rule import Rule


@dataclass(frozen=True, slots=True)
class Asked:
    """One key of a graph's contract: `spec` is what `rule` has read there."""

    rule: Rule
    spec: Any
    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class GraphContract:
    """What is asked of the graphs whose root's name is like `root`, which may be a glob.

    `on` has what is asked in place of that on a type of device, such as `cuda`.
    """

    root: str
    asked: tuple[Asked, ...] = ()
    on: dict[str, tuple[Asked, ...]] = field(default_factory=dict)
    line: int | None = None

    def for_device(self, device: str) -> tuple[Asked, ...]:
        """What is asked on this device, `cuda:0` or `cpu`: one for each key."""
        special = {each.rule.KEY: each for each in self.on.get(device.partition(":")[0], ())}
        usual = [special.pop(each.rule.KEY, each) for each in self.asked]
        return (*usual, *special.values())


@dataclass(frozen=True, slots=True)
class Target:
    """Something to run, and what its graphs must be; `subject` is None for the lesson.

    `device` is None for wherever the subject makes its tensors, `max_steps` for all of them.
    """

    name: str
    subject: str | None = None
    device: str | None = None
    seed: int = 0
    arguments: tuple[str, ...] = ()
    max_steps: int | None = None
    graphs: tuple[GraphContract, ...] = ()
    diagnoses: Diagnoses | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract file. `severities` are those of its `[rules]` by code, None for `off`."""

    file: str
    targets: tuple[Target, ...] = ()
    severities: dict[str, Severity | None] = field(default_factory=dict)
