"""Where long code may be broken."""

from __future__ import annotations

import pytest
from markupsafe import escape

from graphview.report.breaks import breakable

BREAK = "<wbr>"


@pytest.mark.parametrize(
    ("code", "pieces"),
    [
        ("yhat = a + b * x_train_tensor", ["yhat = a + b * x_train_tensor"]),
        ("nn.Sequential(nn.Linear(4,32))", ["nn", ".Sequential(", "nn", ".Linear(", "4,", "32))"]),
        ("policy_loss+.5*value_loss", ["policy_loss+.5*", "value_loss"]),
        ("Adam(net.parameters(),lr=1e-05)", ["Adam(", "net", ".parameters(),", "lr=", "1e-05)"]),
        ("scaled=gradient**power//count", ["scaled=", "gradient**", "power//", "count"]),
        ("a_name_without_any_place_to_break", ["a_name_without_any_place_to_break"]),
    ],
)
def test_long_words_break_between_names_and_not_within(code: str, pieces: list[str]) -> None:
    assert str(breakable(code)).split(BREAK) == pieces


@pytest.mark.parametrize(
    "code",
    ["<script>alert('a_long_one')</script>", "x <b> & 'y'", "text(&amp;,&lt;script&gt;,&lt;)"],
)
def test_nothing_but_the_breaks_is_markup(code: str) -> None:
    assert str(breakable(code)).replace(BREAK, "") == str(escape(code))
