"""Quality figures: for each source and hour, how complete, timely, valid and plausible its observations were.

Fed with what each commit changed; kept in memory and written in batches. A **reading** is one entity at one moment
(however many attributes it has); an **observation** one attribute of it. How many readings are expected follows from
the declared interval of each entity that the source reports on.

    completeness    readings / expected readings
    timeliness      share of observations that came in time
    validity        … that are of the declared kind and unit
    plausibility    … in range, neither stuck nor jumping nor from the future
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Change, Changes, Flag

from .devices import SILENT_AFTER
from .tables import Tables

HOUR_US: Final = 3600 * SECOND
OBSERVERS: Final = ("device:", "feed:", "file:")
"""How the sources begin that observe; what people and programs write is not measured."""
_LATE: Final = int(Flag.LATE)
_INVALID: Final = int(Flag.TYPE | Flag.UNKNOWN)
_IMPLAUSIBLE: Final = int(Flag.RANGE | Flag.STUCK | Flag.JUMP | Flag.FUTURE)
_DUPLICATE: Final = int(Flag.DUPLICATE)


class Figure(NamedTuple):
    """Of one source in a span of time. Shares are 0 to 1; None where there is nothing to judge by."""

    source: str
    since_us: int
    until_us: int
    readings: int
    observations: int
    expected: float
    late: int
    invalid: int
    implausible: int
    duplicate: int

    @property
    def completeness(self) -> float | None:
        return min(1.0, self.readings / self.expected) if self.expected >= 1 else None

    @property
    def timeliness(self) -> float | None:
        return self._without(self.late)

    @property
    def validity(self) -> float | None:
        return self._without(self.invalid)

    @property
    def plausibility(self) -> float | None:
        return self._without(self.implausible)

    def _without(self, bad: int) -> float | None:
        return 1 - bad / self.observations if self.observations else None


class Silent(NamedTuple):
    """An entity of a source from which nothing came for more than three intervals."""

    source: str
    entity: str
    interval_s: float
    last_us: int


class _Tally:
    __slots__ = ("duplicate", "implausible", "invalid", "late", "observations", "readings")

    def __init__(self) -> None:
        self.readings = self.observations = self.late = self.invalid = self.implausible = self.duplicate = 0

    def add(self, flags: int, count: int) -> None:
        """`count` observations with these flags."""
        self.observations += count
        if flags:
            self.late += count * bool(flags & _LATE)
            self.invalid += count * bool(flags & _INVALID)
            self.implausible += count * bool(flags & _IMPLAUSIBLE)
            self.duplicate += count * bool(flags & _DUPLICATE)


class _Reporter(NamedTuple):
    interval_s: float | None
    first_us: int
    last_us: int


IntervalOf = Callable[[str, str], float | None]
"""(tenant, source) → how often that source speaks, s; None: as the entity's type says."""


class Figures:
    """Of all tenants; every call names its tenant."""

    def __init__(
        self,
        tables: Tables,
        *,
        model: Model,
        clock: Clock = now_us,
        interval_of: IntervalOf = lambda tenant, source: None,
    ) -> None:
        self._tables, self._clock, self._interval_of = tables, clock, interval_of
        self.model = model
        self._lock = threading.Lock()
        self._tallies: dict[str, dict[tuple[str, int], _Tally]] = {}  # tenant → (source, hour) → counts not yet written
        self._reporters: dict[str, dict[tuple[str, str], _Reporter]] = {}  # tenant → (source, entity)
        self._heard: dict[str, set[tuple[str, str]]] = {}  # changed since the last writing

    def feed(self, changes: Changes) -> None:
        """Counts what one commit changed; only what a device, feed or file observed."""
        if not any(source.startswith(OBSERVERS) for source in set(changes.source)):
            return
        columns = (
            changes.source,
            changes.entity,
            changes.observed_us,
            changes.received_us,
            changes.flags,
            changes.type,
        )
        chosen = zip(changes.attr, changes.change, strict=True)
        observed = [
            row
            for row, (attr, change) in zip(zip(*columns, strict=True), chosen, strict=True)
            if attr and change != Change.DELETED and row[2] is not None and row[0].startswith(OBSERVERS)
        ]
        if not observed:
            return
        counts = Counter([(source, received // HOUR_US, flags) for source, _, _, received, flags, _ in observed])
        readings = {(source, entity, at): (received, kind) for source, entity, at, received, _, kind in observed}
        with self._lock:
            tallies = self._tallies.setdefault(changes.tenant, {})
            for (source, hour, flags), count in counts.items():
                tallies.setdefault((source, hour), _Tally()).add(flags, count)
            reporters = self._known(changes.tenant)
            for (source, entity, _), (received, kind) in readings.items():
                tallies[source, received // HOUR_US].readings += 1
                self._hear(changes.tenant, reporters, source, entity, kind, received)

    def _hear(
        self, tenant: str, reporters: dict[tuple[str, str], _Reporter], source: str, entity: str, types: str, at_us: int
    ) -> None:
        known = reporters.get((source, entity))
        if known is None:
            known = _Reporter(self._interval(tenant, source, types), at_us, at_us)
        reporters[source, entity] = known._replace(last_us=max(known.last_us, at_us))
        self._heard.setdefault(tenant, set()).add((source, entity))

    def _interval(self, tenant: str, source: str, types: str) -> float | None:
        """The device's own interval, else the type's; a file is read once and is never silent."""
        if source.startswith("file:"):
            return None
        declared = (t.interval_s for name in types.split(" ") if (t := self.model.types.get(name)) is not None)
        return self._interval_of(tenant, source) or next(declared, None)

    def _known(self, tenant: str) -> dict[tuple[str, str], _Reporter]:
        if tenant not in self._reporters:
            shelf = self._tables.shelf(tenant)
            with shelf.lock:
                rows = shelf.db.execute("SELECT source, entity, interval_s, first_us, last_us FROM reporter").fetchall()
            self._reporters[tenant] = {(s, e): _Reporter(i, f, u) for s, e, i, f, u in rows}
        return self._reporters[tenant]

    def flush(self) -> None:
        """Writes what was counted since the last time, one transaction a tenant."""
        for tenant in set(self._tallies) | set(self._heard):
            with self._lock:
                tallies, self._tallies[tenant] = self._tallies.get(tenant, {}), {}
                heard = self._heard.pop(tenant, set())
                reporters = self._reporters.get(tenant, {})
                rows = [(s, e, *reporters[s, e]) for s, e in heard]
                hours = [
                    (s, h, t, self._expected(tenant, s, h * HOUR_US, (h + 1) * HOUR_US))
                    for (s, h), t in tallies.items()
                ]
            if not (rows or hours):
                continue
            with self._tables.shelf(tenant).transaction() as db:
                db.executemany("INSERT OR REPLACE INTO reporter VALUES (?, ?, ?, ?, ?)", rows)
                db.executemany(
                    "INSERT INTO figure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, hour) DO UPDATE SET"
                    " readings = readings + excluded.readings, observations = observations + excluded.observations,"
                    " late = late + excluded.late, invalid = invalid + excluded.invalid,"
                    " implausible = implausible + excluded.implausible, duplicate = duplicate + excluded.duplicate,"
                    " expected = max(expected, excluded.expected)",
                    [
                        (s, h, t.readings, t.observations, t.late, t.invalid, t.implausible, t.duplicate, x)
                        for s, h, t, x in hours
                    ],
                )

    def _expected(self, tenant: str, source: str, since_us: int, until_us: int) -> float:
        """Readings that the source's entities should have given, from when each was first heard."""
        total = 0.0
        for (name, _), known in self._reporters.get(tenant, {}).items():
            if name == source and known.interval_s:
                total += max(0, until_us - max(since_us, known.first_us)) / SECOND / known.interval_s
        return total

    def sources(self, tenant: str, *, since_us: int = 0, until_us: int | None = None) -> list[Figure]:
        """One figure a source over the whole span (whole hours), the worst completeness first."""
        self.flush()
        until = self._clock() if until_us is None else until_us
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            rows = shelf.db.execute(
                "SELECT source, min(hour), sum(readings), sum(observations), sum(late),"
                " sum(invalid), sum(implausible), sum(duplicate)"
                " FROM figure WHERE hour >= ? AND hour * ? < ? GROUP BY source",
                (since_us // HOUR_US, HOUR_US, until),
            ).fetchall()
        found = []
        with self._lock:
            self._known(tenant)
            for source, first, readings, observations, late, invalid, implausible, duplicate in rows:
                since = max(since_us, first * HOUR_US)
                expected = self._expected(tenant, source, since, until)
                found.append(
                    Figure(
                        source, since, until, readings, observations, expected, late, invalid, implausible, duplicate
                    )
                )
        return sorted(found, key=lambda f: (f.completeness is None, f.completeness or 0.0, f.source))

    def hours(self, tenant: str, source: str, *, since_us: int = 0, until_us: int | None = None) -> list[Figure]:
        """The source's figures hour by hour; hours in which nothing came are there too."""
        self.flush()
        until = self._clock() if until_us is None else until_us
        shelf = self._tables.shelf(tenant)
        with shelf.lock:
            rows = shelf.db.execute(
                "SELECT hour, readings, observations, late, invalid, implausible, duplicate FROM figure"
                " WHERE source = ? AND hour >= ? AND hour * ? < ? ORDER BY hour",
                (source, since_us // HOUR_US, HOUR_US, until),
            ).fetchall()
        if not rows:
            return []
        counted = {row[0]: row[1:] for row in rows}
        found = []
        with self._lock:
            self._known(tenant)
            for hour in range(rows[0][0], min((until - 1) // HOUR_US, rows[0][0] + 24 * 400) + 1):
                readings, observations, late, invalid, implausible, duplicate = counted.get(hour, (0,) * 6)
                since, end = hour * HOUR_US, min((hour + 1) * HOUR_US, until)
                expected = self._expected(tenant, source, since, end)
                found.append(
                    Figure(source, since, end, readings, observations, expected, late, invalid, implausible, duplicate)
                )
        return found

    def silent(self, tenant: str) -> list[Silent]:
        """What has been silent for more than three intervals, the longest first."""
        now = self._clock()
        with self._lock:
            known = [(s, e, r) for (s, e), r in self._known(tenant).items()]
        late = [
            Silent(s, e, r.interval_s, r.last_us)
            for s, e, r in known
            if r.interval_s and now - r.last_us > SILENT_AFTER * r.interval_s * SECOND
        ]
        return sorted(late, key=lambda silent: silent.last_us)

    def close(self, tenant: str) -> None:
        """Writes and forgets what is in memory of a tenant."""
        self.flush()
        for held in (self._tallies, self._reporters, self._heard):
            held.pop(tenant, None)
