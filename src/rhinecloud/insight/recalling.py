"""What came late: rules are applied to that stretch of the past too, so that the record of alerts has no holes.

A gateway that was away sends what it kept, a file is imported, a demo city brings its past: all of it lies behind the
present and raises nothing now. Once it has become quiet, the stretch is gone through with the evaluation of trials, at
leisure. What would have been an alert is kept as one that is over; one that is raised and turns out to have begun
earlier says so. Of silence what came late says nothing: an archive does not have the rhythm of the device.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.history import History

from . import alerts
from .declare import Alert
from .standing import Standing
from .trial import Past
from .watch import Watch

QUIET_S: Final = 20.0
"""So long nothing late has come before its stretch is gone through."""
FARTHEST_US: Final = 31 * DAY
LATE_US: Final = 120 * SECOND
"""An observation that is behind the present by less is left alone: two came in another order."""
AFTER_US: Final = DAY
"""So far behind the last of what came late it is gone on, to see how it ended."""
MOST: Final = 2_000
"""Alerts of the past that one stretch may add, the newest."""
PACE: Final = 1.0
KEPT: Final = 20

log = telemetry.logger("insight")


class Late:
    """Of one tenant: by types, which stretch has to be gone through, and when the last of it came."""

    def __init__(self) -> None:
        self._stretches: dict[str, tuple[int, int]] = {}
        self._heard_s: dict[str, float] = {}

    def note(self, types: str, since_us: int, until_us: int, received_us: int) -> None:
        """Observations that lie behind the present came."""
        if received_us - since_us > LATE_US:
            first, last = self._stretches.get(types, (since_us, until_us))
            self._stretches[types] = (min(first, since_us), max(last, until_us))
            self._heard_s[types] = time.monotonic()

    def ripe(self) -> bool:
        """Whether something has become quiet."""
        return any(time.monotonic() - heard >= QUIET_S for heard in self._heard_s.values())

    def due(self, quiet_s: float = QUIET_S) -> Iterator[tuple[str, int, int]]:
        """(type, since when, until when) of what has become quiet; it is no longer waited for."""
        for types in [t for t, heard in self._heard_s.items() if time.monotonic() - heard >= quiet_s]:
            del self._heard_s[types]
            since, until = self._stretches.pop(types)
            for name in types.split(" "):
                yield name, since, until


async def recall(
    watch: Watch, rules: Sequence[Standing], history: History, since_us: int, until_us: int
) -> list[Alert]:
    """The alerts of rules on one type in a stretch, as they would have been; `watch` is an empty one."""
    past = Past(watch, rules, history, since_us, until_us, pace=PACE)
    await past.run()
    found = past.alerts
    log.info("recalled", tenant=watch.tenant, type=rules[0].type, observations=past.observations, alerts=len(found))
    return found[-MOST:]


def stretch(since_us: int, until_us: int, now: int) -> tuple[int, int] | None:
    """What of a stretch is gone through; None: it is too long ago."""
    start, end = max(since_us, now - FARTHEST_US), min(until_us + AFTER_US, now)
    return (start, end) if start < end else None


def merge(
    db: sqlite3.Connection, found: Sequence[Alert], until_us: int, now: int
) -> tuple[list[Alert], list[Alert], int]:
    """Keeps, in the open transaction, what was not known.

    Args:
        until_us: the end of the stretch; what is raised there goes on.
    Returns:
        Alerts that are new, those that began earlier, and the number of the last change.
    """
    new: list[Alert] = []
    earlier: list[Alert] = []
    for alert in found:
        known = alerts.overlapping(db, alert, until_us)
        if known is None:
            if alert.state == "cleared":
                new.append(msgspec.structs.replace(alert, known_us=now, updated_us=now))
        elif alert.started_us < known.started_us:
            began = [e for e in alert.evidence if e not in known.evidence]
            earlier.append(
                msgspec.structs.replace(
                    known,
                    started_us=alert.started_us,
                    raised_us=min(alert.raised_us, known.raised_us),
                    evidence=(began + known.evidence)[:KEPT],
                    updated_us=now,
                )
            )
    return new, earlier, alerts.keep(db, [*new, *earlier])
