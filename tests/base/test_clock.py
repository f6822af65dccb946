"""Instants and their text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.clock import END, FIRST, iso, parse_us


@given(st.integers(FIRST, END - 1))
def test_text_and_instant_are_each_others_inverse(us: int) -> None:
    assert parse_us(iso(us)) == us


def test_the_years_that_can_be_written() -> None:
    assert iso(FIRST) == "0001-01-01T00:00:00Z"
    assert iso(END - 1) == "9999-12-31T23:59:59.999999Z"
    assert parse_us("1000-01-01T00:00:00+01:00") == parse_us("0999-12-31T23:00:00Z")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "999-12-31T23:59:59Z"])
def test_what_a_zone_leads_out_of_the_years_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside the years|is not a date"):
        parse_us(text)
