"""Takes the intervals of one incident from the stamps that are there: of its life, its assignments, its units' radio.

An interval is expected when what it measures has begun; one that was expected and has no end, or no beginning, is
given with None there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.operations import assignments, journal, radio, things, units
from rhinecloud.operations.declare import Assignment, Incident, IncidentType, Unit, UnitKind
from rhinecloud.operations.tables import Shelf

from .declare import Measured
from .intervals import INTERVALS, ON_TARGETS, STRENGTHS


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that was alerted, with what its radio said."""

    held: Assignment
    unit: Unit
    left_us: int | None  # status 3
    there_us: int | None  # status 4


def measure(shelf: Shelf, incident: Incident) -> list[Measured]:
    """All intervals of an incident that are expected, in their order."""
    kind = things.every(shelf, IncidentType).get(incident.type)
    sent = list(_sent(shelf, incident))
    made = [*_of_incident(shelf, incident, kind, sent), *_of_units(incident, kind, sent)]
    order = list(INTERVALS)
    return sorted(made, key=lambda m: (order.index(m.interval), m.unit))


def _sent(shelf: Shelf, incident: Incident) -> Iterator[Sent]:
    kinds = things.every(shelf, UnitKind)
    for held in assignments.of_incident(shelf, incident.id):
        if held.alerted_us is None:
            continue
        unit = units.get(shelf, held.unit)
        kind = kinds.get(unit.kind)
        steps = {s.digit: s.step for s in kind.statuses} if kind else {}
        until = held.closed_us or 2**62
        stamps: dict[str, int] = {}
        for report in reversed(radio.reports(shelf, unit.id, since_us=held.alerted_us)):
            step = steps.get(report.digit, "")
            if step and report.at_us <= until:
                stamps.setdefault(step, report.at_us)
        yield Sent(held=held, unit=unit, left_us=stamps.get("under-way"), there_us=stamps.get("on-scene"))


def _of_units(incident: Incident, kind: IncidentType | None, sent: Sequence[Sent]) -> Iterator[Measured]:
    accept_s = kind.accept_s if kind else None
    for one in sent:
        held, name = one.held, one.unit.id
        alerted = held.alerted_us
        yield Measured(
            interval="accept", unit=name, started_us=alerted, ended_us=held.answered_us, target_s=accept_s or None
        )
        came = one.left_us is not None or one.there_us is not None
        if held.state in ("declined", "expired") or (held.state == "withdrawn" and not came):
            continue  # it was not to go
        yield Measured(interval="turnout", unit=name, started_us=alerted, ended_us=one.left_us)
        if one.there_us is not None or (one.left_us is not None and held.state != "withdrawn"):
            yield Measured(interval="travel", unit=name, started_us=one.left_us, ended_us=one.there_us)
        yield Measured(interval="bound", unit=name, started_us=alerted, ended_us=held.closed_us)


def _of_incident(
    shelf: Shelf, incident: Incident, kind: IncidentType | None, sent: Sequence[Sent]
) -> Iterator[Measured]:
    targets = {t.end: t.within_s for t in kind.targets if t.start == "reported"} if kind else {}
    target = {name: targets.get(end) for name, end in ON_TARGETS.items()}
    reported = incident.times.get("reported", incident.reported_us)
    if not incident.source.startswith(("alert:", "cap:", "system:")):
        yield Measured(interval="answer", started_us=None, ended_us=reported)  # no telephone tells us when it rang
    if not sent:
        return
    first = min(s.held.alerted_us for s in sent if s.held.alerted_us is not None)
    yield Measured(interval="decide", started_us=reported, ended_us=first, target_s=target["decide"])
    coming = [s for s in sent if s.held.state not in ("declined", "expired", "withdrawn") or s.there_us is not None]
    there = [s.there_us for s in sent if s.there_us is not None]
    if not coming:
        return
    arrived = min(there, default=None)
    yield Measured(interval="reach", started_us=reported, ended_us=arrived, target_s=target["reach"])
    for persons, within_s in STRENGTHS.get(incident.type, {}).items():
        if sum(s.unit.crew for s in coming) >= persons:
            ended = _people(sent, persons)
            yield Measured(interval=f"reach-{persons}", started_us=reported, ended_us=ended, target_s=within_s)
    if arrived is not None:
        yield Measured(interval="act", started_us=arrived, ended_us=_first_measure(shelf, incident, arrived))


def _people(sent: Sequence[Sent], wanted: int) -> int | None:
    """When so many people were on scene."""
    count = 0
    for at_us, crew in sorted((s.there_us, s.unit.crew) for s in sent if s.there_us is not None):
        count += crew
        if count >= wanted:
            return at_us
    return None


def _first_measure(shelf: Shelf, incident: Incident, since_us: int) -> int | None:
    told = (
        parse_us(e.header["happened_at"])
        for e in journal.read(shelf, incident.id)
        if e.header is not None and e.header["kind"] == "measure"
    )
    return min((us for us in told if us >= since_us), default=None)
