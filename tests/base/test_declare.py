"""Declarations tell people what values mean, in both languages."""

from __future__ import annotations

from rhinecloud.base.declare import Attribute, Label

STATE = Attribute(
    name="levelState",
    label=Label(de="Lage", en="State"),
    kind="text",
    options=("high", "low"),
    words=(("high", Label(de="hoch", en="high")),),
)


def test_a_value_is_read_in_ones_own_language() -> None:
    assert STATE.word("high", "de") == "hoch"
    assert STATE.word("high", "en") == "high"


def test_a_value_without_a_word_stands_for_itself() -> None:
    assert STATE.word("low", "de") == "low"
    assert STATE.word("somewhat", "de") == "somewhat"
