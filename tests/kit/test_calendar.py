"""Working days, holidays and match days of a city in North Rhine-Westphalia."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rhinecloud.kit import Kind, moment
from rhinecloud.kit.calendar import easter, is_holiday, is_match_day, is_school_holiday


def _day(text: str) -> Kind:
    return moment(
        datetime.fromisoformat(f"{text}T12:00").replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    ).day.kind


@pytest.mark.parametrize(
    ("year", "text"), [(2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2038, "2038-04-25")]
)
def test_easter_is_when_it_is(year: int, text: str) -> None:
    assert easter(year).isoformat() == text


def test_2026_has_its_eleven_holidays() -> None:
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert [d.strftime("%m-%d") for d in days if is_holiday(d)] == [
        *("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "06-04", "10-03", "11-01", "12-25", "12-26")
    ]


def test_kinds_of_days() -> None:
    assert _day("2026-11-20") is Kind.WORK
    assert _day("2026-11-21") is Kind.SATURDAY
    assert _day("2026-11-22") is Kind.SUNDAY
    assert _day("2026-06-04") is Kind.SUNDAY  # Corpus Christi, a Thursday


def test_school_holidays_as_printed_and_as_usual_beyond() -> None:
    assert is_school_holiday(date(2026, 10, 20))
    assert not is_school_holiday(date(2026, 11, 20))
    assert is_school_holiday(date(2031, 8, 1))
    assert is_school_holiday(date(2031, 1, 2))


def test_match_days_are_every_other_saturday_of_the_season() -> None:
    days = [date(2026, 9, 1).toordinal() + n for n in range(60)]
    matches = [n for n in days if is_match_day(date.fromordinal(n))]
    assert {date.fromordinal(n).weekday() for n in matches} == {5}
    assert {b - a for a, b in pairwise(matches)} == {14}
    assert not any(is_match_day(date(2026, 6, d)) for d in range(1, 31))


def test_a_moment_is_local_also_around_the_change_of_time() -> None:
    assert moment(1_774_745_999).hour == pytest.approx(1.9997, abs=1e-3)  # 2026-03-29T00:59:59Z
    assert moment(1_774_746_000).hour == 3.0
