"""Time. Inside, an instant is an integer of microseconds since 1970 UTC (`…_us`); text is RFC 3339 with a Z.

Integers, because an instant is compared and stored far more often than it is read by a person.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

Clock = Callable[[], int]
"""Gives the present instant in microseconds; tests and simulators hold their own."""

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
FIRST: Final = -62_135_596_800 * SECOND
END: Final = 253_402_300_800 * SECOND
"""From the first instant of the year 1 to behind the last of 9999: what RFC 3339 can write."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# RFC 3339 with a zone; Python 3.11 reads far more than that (week dates, no zone, no separators).
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)\Z")


def now_us() -> int:
    """The system's clock, µs since 1970 UTC."""
    return time.time_ns() // 1000


@lru_cache(maxsize=4096)
def parse_us(text: str) -> int:
    """The instant that RFC 3339 `text` names, µs since 1970 UTC.

    Raises:
        ValueError: not a date and time with a zone, no real date, or one outside the years 1 to 9999 UTC.
    """
    if not _INSTANT.match(text):
        raise ValueError(f"{text!r} is not a date and time with a zone, such as 2026-11-22T10:00:00Z")
    stamp = datetime.fromisoformat(text.upper().replace(",", "."))
    delta = stamp - _EPOCH
    us = (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds
    if not FIRST <= us < END:  # its zone leads out of the years that can be written
        raise ValueError(f"{text!r} is outside the years 1 to 9999")
    return us


def iso(us: int) -> str:
    """RFC 3339 text of an instant, with milliseconds where there are any and microseconds where there are those."""
    seconds, rest = divmod(us, SECOND)
    head = _head(seconds)
    if not rest:
        return head + "Z"
    return f"{head}.{rest // 1000:03d}Z" if rest % 1000 == 0 else f"{head}.{rest:06d}Z"


@lru_cache(maxsize=4096)
def _head(seconds: int) -> str:
    # Not fromtimestamp: that fails before 1970 on some platforms.
    from datetime import timedelta

    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]  # strftime writes the year 999 as 999
