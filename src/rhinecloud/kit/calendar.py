"""The days of a city in North Rhine-Westphalia: working days, public holidays, school holidays, home matches.

Public holidays follow from Easter; school holidays are printed by the ministry year by year and are a table here, with
the usual weeks for the years that it does not have.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

_ZONE = ZoneInfo("Europe/Berlin")
_FIXED = ((1, 1), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26))
_FROM_EASTER = (-2, 1, 39, 50, 60)  # Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi

# First and last day. Source: Kultusministerkonferenz, Ferienregelung, Nordrhein-Westfalen 2024 to 2028.
_SCHOOL_HOLIDAYS = tuple(
    (date.fromisoformat(first), date.fromisoformat(last))
    for first, last in (
        ("2024-12-23", "2025-01-06"),
        ("2025-04-14", "2025-04-26"),
        ("2025-07-14", "2025-08-26"),
        ("2025-10-13", "2025-10-25"),
        ("2025-12-22", "2026-01-06"),
        ("2026-03-30", "2026-04-11"),
        ("2026-07-20", "2026-09-01"),
        ("2026-10-17", "2026-10-31"),
        ("2026-12-23", "2027-01-06"),
        ("2027-03-22", "2027-04-03"),
        ("2027-07-19", "2027-08-31"),
        ("2027-10-23", "2027-11-06"),
        ("2027-12-24", "2028-01-08"),
    )
)
_USUAL = (
    ((12, 23), (1, 6)),
    ((4, 1), (4, 14)),
    ((7, 15), (8, 27)),
    ((10, 12), (10, 25)),
)  # (month, day) to (month, day)


class Kind(StrEnum):
    WORK = "work"
    SATURDAY = "saturday"
    SUNDAY = "sunday"  # and public holidays


class Day(msgspec.Struct, frozen=True):
    """A local day."""

    number: int  # proleptic Gregorian ordinal, as `date.toordinal`
    weekday: int  # Monday 0 to Sunday 6
    of_year: int  # 1 to 366
    kind: Kind
    school: bool  # lessons are held
    match: bool  # the city's club plays at home


class Moment(msgspec.Struct, frozen=True):
    """An instant as people in the city have it."""

    hour: float  # local, with its fraction, 0 ≤ hour < 24
    day: Day


@lru_cache(maxsize=64)
def _offset_s(quarter: int) -> int:
    """Seconds of local time ahead of UTC in a quarter of an hour, counted from 1970."""
    offset = datetime.fromtimestamp(quarter * 900, UTC).astimezone(_ZONE).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def moment(at_s: float) -> Moment:
    """Local hour and day of an instant (seconds since 1970 UTC)."""
    number, rest = divmod(at_s + _offset_s(int(at_s // 900)), 86_400.0)
    return Moment(rest / 3600.0, day(int(number)))


@lru_cache(maxsize=1024)
def day(number: int) -> Day:
    """The local day that is `number` days after 1970-01-01."""
    when = date(1970, 1, 1) + timedelta(number)
    weekday = when.weekday()
    free = is_holiday(when)
    kind = Kind.SUNDAY if weekday == 6 or free else Kind.SATURDAY if weekday == 5 else Kind.WORK
    return Day(
        when.toordinal(),
        weekday,
        when.timetuple().tm_yday,
        kind,
        kind is Kind.WORK and not is_school_holiday(when),
        is_match_day(when),
    )


def easter(year: int) -> date:
    """Easter Sunday. Source: the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, g = b // 4, b % 4, (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, rest = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, rest + 1)


def is_holiday(when: date) -> bool:
    """A public holiday in North Rhine-Westphalia. Source: Feiertagsgesetz NW, § 2."""
    return (when.month, when.day) in _FIXED or (when - easter(when.year)).days in _FROM_EASTER


def is_school_holiday(when: date) -> bool:
    if _SCHOOL_HOLIDAYS[0][0] <= when <= _SCHOOL_HOLIDAYS[-1][1]:
        return any(first <= when <= last for first, last in _SCHOOL_HOLIDAYS)
    today = (when.month, when.day)
    return any(first <= today <= last if first < last else today >= first or today <= last for first, last in _USUAL)


def is_match_day(when: date) -> bool:
    """Every other Saturday of the season a home match is kicked off at two; made up, but as the league plays."""
    today = when.month, when.day
    pause = (6, 1) <= today <= (7, 25) or today >= (12, 18) or when.month == 1
    return when.weekday() == 5 and not pause and when.toordinal() // 7 % 2 == 0
