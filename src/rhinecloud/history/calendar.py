"""Days and months of a time zone, as ranges of microseconds: the pieces that the past is cut into.

A local day has 23, 24 or 25 hours; nothing here counts hours. What was observed before 1970 is one piece of its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base.clock import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEGINNING = -(2**62)
"""Earlier than any instant that can be written down, µs."""


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of time, [from_us, to_us), and its name: 2026-11-22, 2026-11 or 1969 (all before 1970)."""

    from_us: int
    to_us: int
    name: str

    def __contains__(self, us: int) -> bool:
        return self.from_us <= us < self.to_us


class Calendar:
    """Cuts time into local days and months of one zone."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
        self._start = lru_cache(maxsize=4096)(self._midnight)
        self._first = self._start(date(1970, 1, 1))

    def day(self, us: int) -> Span:
        """The local day that holds `us`."""
        if us < self._first:
            return Span(BEGINNING, self._first, "1969")
        today = self._date(us)
        return Span(self._start(today), self._start(today + timedelta(days=1)), today.isoformat())

    def month(self, us: int) -> Span:
        """The local month that holds `us`."""
        if us < self._first:
            return self.day(us)
        first = self._date(us).replace(day=1)
        return Span(self._start(first), self._start((first + timedelta(days=32)).replace(day=1)), first.isoformat()[:7])

    def _date(self, us: int) -> date:
        return (_EPOCH + timedelta(microseconds=us)).astimezone(self.zone).date()

    def _midnight(self, day: date) -> int:
        # fold=0: where midnight happens twice, the first; where it is skipped, the instant the clock jumps.
        local = datetime.combine(day, time(), tzinfo=self.zone)
        return int((local.astimezone(UTC) - _EPOCH).total_seconds()) * SECOND
