"""What changed, in short: chains of operations, sizes, places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from graphview.compare.changes import Altered, Change, Rewired, changed_part, masked
from graphview.compare.sketch import Op, Sketch

MOST_NAMED, MOST_PLACES = 4, 6
# Sizes in a shape; those in the name of a dtype stand behind a letter.
NUMBER = re.compile(r"\b(\d+)\b")


def spelled(names: Sequence[str]) -> str:
    """`a`, `b` and `c`; of many the first ones."""
    shown = [f"`{name}`" for name in names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMED:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def unreached(names: Sequence[str], new: Sketch) -> str:
    """`fc1` no longer reaches loss."""
    verb = "reaches" if len(names) == 1 else "reach"
    return f"{spelled(names)} no longer {verb} {', '.join(new.roots)}"


def listed(texts: Sequence[str]) -> str:
    """The first ones, and how many more there are."""
    more = f" and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more


def chain(ops: Sequence[Op]) -> str:
    """Families in order, equal ones that follow one another counted: `mul` × 2, `view`."""
    runs = ((family, len(list(run))) for family, run in groupby(op.family for op in ops))
    return listed([f"`{family}`" + (f" × {n}" if n > 1 else "") for family, n in runs])


def standing(came: Sequence[Op], rewired: Sequence[Rewired]) -> str:
    """What new operations stand between, where that is one edge."""
    users = [each for each in rewired if each.new in came]
    if len(users) != 1 or users[0].old is None:
        return ""
    [user] = users
    below = f"`{user.root}`" if user.op is None else f"`{user.op.family}`"
    above = f"`{user.old.family}`" if isinstance(user.old, Op) else ended(user.old)
    return f", between {above} and {below}"


def ended(end: Op | str | None) -> str:
    """What a link leads to."""
    return "no gradient" if end is None else f"`{end}`"


def module_of(op: Op | None) -> str | None:
    return None if op is None else op.frame.module or None


def resized(leaves: Sequence[Altered]) -> str:
    """`fc1` widened 8 → 16, where one number became another everywhere; else leaf by leaf."""
    modules = list(dict.fromkeys(each.new.rpartition(".")[0] for each in leaves))
    sizes = {pair for each in leaves for pair in _numbers_changed(each.was, each.now)}
    if len(sizes) == 1 and all(modules) and (0, 0) not in sizes:
        [(was, now)] = sizes
        named = spelled(list(dict.fromkeys(map(masked, modules))) if len(modules) > 2 else modules)
        return f"{named} {'widened' if now > was else 'narrowed'} {was} → {now}"
    told = dict.fromkeys(f"`{masked(each.new)}` {each.was} → {each.now}" for each in leaves)
    return listed(list(told))


def _numbers_changed(was: str, now: str) -> list[tuple[int, int]]:
    """Pairs of sizes that differ; (0, 0) where something else differs."""
    old, new = NUMBER.split(was), NUMBER.split(now)
    if old[::2] != new[::2]:
        return [(0, 0)]
    pairs = zip(old[1::2], new[1::2], strict=True)
    return [(int(one), int(other)) for one, other in pairs if one != other]


def renames(same: Sequence[Change]) -> list[tuple[str, str]]:
    """What is called otherwise, old and new; where many are, with the numbers left out."""
    leaves = [leaf for each in same for leaf in each.leaves if leaf.old != leaf.new]
    pairs = list(dict.fromkeys(changed_part(leaf.old, leaf.new) for leaf in leaves))
    short = list(dict.fromkeys((masked(old), masked(new)) for old, new in pairs))
    return short if all(old != new for old, new in short) else pairs


def places(same: Sequence[Change]) -> str:
    """The modules in which the same happened; of many the first two and the last."""
    keys = list(dict.fromkeys(filter(None, map(_place, same))))
    if not keys:
        return "outside of modules"
    return ", ".join(keys if len(keys) <= MOST_PLACES else [*keys[:2], "…", keys[-1]])


def _place(change: Change) -> str:
    op = place_of(change)
    if op is not None:
        return op.frame.key
    return next((each.new.rpartition(".")[0] for each in change.leaves), "")


def place_of(change: Change) -> Op | None:
    """The operation that tells best where a change is."""
    return next(_ops(change), None)


def _ops(change: Change) -> Iterator[Op]:
    yield from (each.op for each in change.cuts if each.op is not None)
    yield from change.came
    yield from change.gone
    yield from (each.op for each in change.rewired if each.op is not None)
    yield from (each.op for each in change.results if each.op is not None)
