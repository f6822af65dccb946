"""Incidents as they are kept: made, changed, moved through their life.

Everything takes a `Work`, an open transaction, or a `Shelf` for reading. Who changes an incident names the version that
they saw; when it is another by now they are told who changed what, and nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound

from . import journal, life, searching, things
from .declare import SEVERITIES, URGENCIES, By, Incident, IncidentType, Place, Section, Severity, Urgency
from .likeness import Likeness, likely
from .tables import Shelf, Work

CHANGEABLE: Final = frozenset(
    ("type", "title", "text", "severity", "urgency", "place", "entities", "sections", "agencies")
)
RECENT_US: Final = 24 * 3600 * SECOND
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Incident).decode


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reports; severity and urgency are those of the type where none is given."""

    type: str
    title: str
    text: str = ""
    place: Place = Place()
    severity: Severity | None = None
    urgency: Urgency | None = None
    entities: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()  # beside those of the type and of who reports
    exercise: bool = False
    source: str = ""
    reported_us: int | None = None  # None: now


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an incident's life, as it was taken."""

    step: str
    before: str
    after: str
    at_us: int
    who: str
    reason: str


def new_id(now: int) -> str:
    """A name in the form of a ULID: sorts by time, and cannot be guessed."""
    number = (max(now, 0) // 1000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


# ── making and changing ──────────────────────────────────────────────────────────────────────────────────────────────


def report(work: Work, given: Report) -> Incident:
    """A new incident, with its log begun.

    Raises:
        BadRequestData: it cannot be as it is. ResourceNotFound: there is no such type.
    """
    kind = things.get(work, IncidentType, given.type)
    at = work.now if given.reported_us is None else given.reported_us
    if at > work.now + 60 * SECOND:
        raise BadRequestData("An incident cannot be reported from the future")
    agencies = dict.fromkeys((*kind.agencies, *given.agencies, *((work.by.agency,) if work.by.agency else ())))
    exercise = given.exercise or work.is_for_drills()
    made = Incident(
        id=new_id(at),
        number=_number(work, exercise),
        type=kind.id,
        title=given.title.strip(),
        text=given.text.strip(),
        severity=given.severity or kind.severity,
        urgency=given.urgency or kind.urgency,
        place=given.place,
        entities=tuple(dict.fromkeys(given.entities)),
        alerts=tuple(dict.fromkeys(given.alerts)),
        agencies=tuple(agencies),
        exercise=exercise,
        source=given.source or work.by.who,
        restricted=kind.restricted,
        reported_us=at,
        updated_us=work.now,
        times={"reported": at},
    )
    check(work, made)
    work.run(
        "INSERT INTO incident"
        " (id, number, version, type, state, is_over, severity, exercise, parent, reported_us, body)"
        " VALUES (?, ?, 1, '', '', 0, 0, 0, '', 0, '')",
        *(made.id, made.number),
    )
    _write(work, made)
    for alert in made.alerts:
        link_alert(work, made.id, alert)
    journal.note(work, made.id, "reported", type=made.type, title=made.title, source=made.source, number=made.number)
    work.tell("incident.reported", made.id, made.id, made.agencies, state=made.state)
    return made


def change(work: Work, incident_id: str, version: int | None, fields: Mapping[str, Any]) -> Incident:
    """Changes fields of an incident; what stays the same is no change.

    Args:
        version: that the person saw; None: operations itself, whatever it is.
    Raises:
        Conflict: it is of another version by now; says who changed what. BadRequestData. ResourceNotFound.
    """
    if unknown := set(fields) - CHANGEABLE:
        raise BadRequestData(f"Of an incident {', '.join(sorted(CHANGEABLE))} can be changed, not {sorted(unknown)[0]}")
    incident = get(work, incident_id)
    demand(work, incident, version, fields)
    different = {name: value for name, value in fields.items() if getattr(incident, name) != value}
    if not different:
        return incident
    if "type" in different:
        different["restricted"] = things.get(work, IncidentType, different["type"]).restricted
    changed = msgspec.structs.replace(incident, **different)
    check(work, changed)
    keep(work, changed, different)
    journal.note(work, incident.id, "changed", fields=msgspec.to_builtins(different))
    work.tell("incident.changed", incident.id, incident.id, changed.agencies, fields=sorted(different))
    return get(work, incident_id)


def check(work: Work, incident: Incident) -> None:
    """Raises: BadRequestData: the incident cannot be as it is; the message says why."""
    if not incident.title:
        raise BadRequestData("An incident needs a title")
    if len(incident.title) > 200 or len(incident.text) > 20_000:
        raise BadRequestData("A title has at most 200 characters, a text 20,000")
    if incident.severity not in SEVERITIES or incident.urgency not in URGENCIES:
        raise BadRequestData(f"Severities are {', '.join(SEVERITIES)}; urgencies are {', '.join(URGENCIES)}")
    if incident.place.location is not None:
        geo.point(*incident.place.location)
    if incident.place.area is not None:
        geo.check(incident.place.area)
    _check_sections(incident.sections)


def _check_sections(sections: Sequence[Section]) -> None:
    above = {s.id: s.above for s in sections}
    if len(above) != len(sections) or "" in above:
        raise BadRequestData("Each section has an id of its own")
    for section in sections:
        seen, at = set(), section.id
        while at:
            if at in seen or at not in above:
                raise BadRequestData(f"Section {section.id} lies in one that does not exist, or in itself")
            seen.add(at)
            at = above[at]


def demand(work: Work, incident: Incident, version: int | None, fields: Collection[str] = ()) -> None:
    """Raises: Conflict: the incident is of another version; `changes` tells who made what of it since, and
    `overlapping` which of `fields` are among that.
    """
    if version is None or version == incident.version:
        return
    rows = work.rows(
        "SELECT version, at_us, who, name, fields FROM incident_change WHERE incident = ? AND version > ?"
        " ORDER BY version",
        *(incident.id, version),
    )
    changes = [
        {"version": v, "at_us": at, "who": who, "name": name, "fields": msgspec.json.decode(body)}
        for v, at, who, name, body in rows
    ]
    if not changes:
        raise BadRequestData(f"Incident {incident.number} never had version {version}")
    touched = sorted({field for c in changes for field in c["fields"]})
    names = ", ".join(dict.fromkeys(c["name"] or c["who"] for c in changes))
    raise Conflict(
        f"{names} changed {', '.join(touched)} of {incident.number} in the meantime",
        version=incident.version,
        changes=changes,
        overlapping=sorted(set(touched) & set(fields)),
    )


def keep(work: Work, incident: Incident, different: Mapping[str, Any]) -> None:
    """Writes an incident as its next version, and what is different of it."""
    incident.version += 1
    incident.updated_us = work.now
    work.run(
        "INSERT INTO incident_change VALUES (?, ?, ?, ?, ?, ?)",
        *(incident.id, incident.version, work.now, work.by.who, work.by.name, _encode(dict(different))),
    )
    _write(work, incident)


def _write(work: Work, incident: Incident) -> None:
    lon, lat = incident.place.location or (None, None)
    work.run(
        "UPDATE incident SET version = ?, type = ?, state = ?, is_over = ?, severity = ?, exercise = ?, parent = ?,"
        " reported_us = ?, lon = ?, lat = ?, body = ? WHERE id = ?",
        incident.version,
        incident.type,
        incident.state,
        incident.state in life.OVER,
        SEVERITIES.index(incident.severity),
        incident.exercise,
        incident.parent,
        incident.reported_us,
        lon,
        lat,
        _encode(incident),
        incident.id,
    )
    ((num,),) = work.rows("SELECT num FROM incident WHERE id = ?", incident.id)
    searching.index(work, num, incident, incident.state in life.OVER)
    work.run("DELETE FROM participant WHERE incident = ?", incident.id)
    for agency in incident.agencies:
        work.run("INSERT INTO participant VALUES (?, ?)", agency, incident.id)


def _number(work: Work, exercise: bool) -> str:
    """The next number for people, by year; drills have a series of their own."""
    year = datetime.fromtimestamp(work.now / SECOND, UTC).year
    key = f"{'drill-' if exercise else ''}{year}"
    row = work.row("SELECT value FROM meta WHERE key = ?", f"number.{key}")
    number = (row[0] if row else 0) + 1
    work.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", f"number.{key}", number)
    return f"{key}-{number:06d}"


def link_alert(work: Work, incident_id: str, alert: str) -> None:
    work.run("INSERT OR IGNORE INTO incident_alert VALUES (?, ?)", alert, incident_id)
    work.tell("incident.alert", alert, incident_id)


# ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def move(
    work: Work, incident: Incident, name: str, *, reason: str = "", other: str = "", at_us: int | None = None
) -> Incident:
    """Takes one step and writes it down; who calls it has seen to versions and to units.

    Raises:
        Conflict: not from this state. BadRequestData: a reason is missing.
    """
    step = life.take(incident.state, name, reason=reason, other=other)
    before, at = incident.state, work.now if at_us is None else at_us
    incident.state = step.after
    different: dict[str, Any] = {"state": step.after}
    if step.after not in incident.times:
        incident.times = incident.times | {step.after: at}
    if step.other:
        incident.other = different["other"] = other
    if step.name == "reopen":
        incident.other = ""
    work.run(
        "INSERT INTO incident_step (incident, step, before, after, at_us, who, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(incident.id, name, before, step.after, at, work.by.who, reason.strip()),
    )
    keep(work, incident, different)
    journal.note(work, incident.id, "moved", step=name, before=before, after=step.after, reason=reason.strip())
    work.tell("incident.moved", incident.id, incident.id, incident.agencies, step=name, state=step.after)
    return incident


def advance(work: Work, incident_id: str, wanted: str, at_us: int) -> None:
    """What a unit reports takes the incident on, where it is not further already."""
    incident = get(work, incident_id)
    for name in _WAYS[wanted]:
        if incident.state in life.STEPS[name].before and incident.state != wanted:
            incident = move(work, incident, name, at_us=at_us)


_WAYS: Final = {
    "assigned": ("triage", "assign"),
    "under-way": ("triage", "assign", "depart"),
    "on-scene": ("triage", "assign", "arrive"),
}


def moves(asked: Work | Shelf, incident_id: str) -> list[Move]:
    rows = asked.rows(
        "SELECT step, before, after, at_us, who, reason FROM incident_step WHERE incident = ? ORDER BY id", incident_id
    )
    names = ("step", "before", "after", "at_us", "who", "reason")
    return [Move(**dict(zip(names, row, strict=True))) for row in rows]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(asked: Work | Shelf, incident_id: str, sees: frozenset[str] | None = None) -> Incident:
    """The incident, by id or number. Raises: ResourceNotFound: it is not there, or not for these agencies."""
    rows = asked.rows("SELECT body FROM incident WHERE id = ? OR number = ?", incident_id, incident_id)
    incident = _decode(rows[0][0]) if rows else None
    if incident is None or (sees is not None and not sees & set(incident.agencies)):
        raise ResourceNotFound(f"Incident {incident_id[:40]} does not exist")
    return incident


def of_alert(shelf: Shelf, alert: str, sees: frozenset[str] | None) -> list[Incident]:
    """The incidents that an alert led to."""
    ids = shelf.rows("SELECT incident FROM incident_alert WHERE alert = ? ORDER BY incident", alert)
    found = [get(shelf, incident) for (incident,) in ids]
    return [i for i in found if sees is None or sees & set(i.agencies)]


def duplicates(asked: Work | Shelf, incident: Incident, sees: frozenset[str] | None) -> list[Likeness]:
    """Incidents of the last day, around that time, that may be the same one; also some that are over."""
    rows = asked.rows(
        "SELECT body FROM incident WHERE reported_us BETWEEN ? AND ? AND state NOT IN ('merged', 'split', 'duplicate')"
        " AND (lon IS NULL OR ? IS NULL OR (abs(lat - ?) < 0.01 AND abs(lon - ?) < 0.02))"
        " ORDER BY reported_us DESC LIMIT 2000",
        incident.reported_us - RECENT_US,
        incident.reported_us + RECENT_US,
        *((lon := (incident.place.location or (None, None))[0]), (incident.place.location or (None, None))[1], lon),
    )
    others = (_decode(body) for (body,) in rows)
    return likely(incident, (o for o in others if sees is None or sees & set(o.agencies)))


SYSTEM: Final = By("system:operations", "operations")
