"""Numbers and sizes as people read them."""

from __future__ import annotations

import math

UNITS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def number(value: float) -> str:
    """Four decimals where they say something, else three digits: `1.0235`, `5.48e-07`."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "∞", "-inf": "−∞"}[str(value)]
    plain = value == 0 or 1e-3 <= abs(value) < 1e5
    text = f"{value:.4f}" if plain else f"{value:.2e}"
    return text.replace("-", "−")


def exactly(value: float) -> str:
    """Six decimals, for numbers that differ late: `0.008045`."""
    return f"{value:.6f}".replace("-", "−") if 1e-3 <= abs(value) < 1e5 else number(value)


def size(count: int) -> str:
    """Bytes: `320 bytes`, `1.5 KiB`."""
    for unit, factor in UNITS:
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return "1 byte" if count == 1 else f"{count:,} bytes"


def seconds(value: float) -> str:
    """A duration: `98 µs`, `1.4 ms`, `2.3 s`, `1,234 s`."""
    if not math.isfinite(value):
        return "unknown"
    for unit, factor in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        # 0.9996 s is 1 s, not 1000 ms.
        count = float(f"{value / factor:.3g}")
        if count >= 1:
            return f"{value / factor:,.0f} {unit}" if count >= 1000 else f"{count:g} {unit}"
    return "0 s"


def percent(share: float) -> str:
    """`12 %`; never 0 or 100 where that is not so."""
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
