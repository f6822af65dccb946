"""What is known of an incident, as the parts of a report: from its log, its picture, its units, its open points.

Only what all that take part may read goes in: entries, drawings and requests that are for some alone stay out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.declare import Label
from rhinecloud.operations import assignments, incidents, journal, picture, things, units
from rhinecloud.operations.collaboration import Decision, Request, RoomDesk, Task
from rhinecloud.operations.declare import Agency, Incident, IncidentType, Unit, UnitKind
from rhinecloud.operations.drawings import KINDS, Drawing
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf

from .declare import PERSONS, Content, Figure, Line, Part, Typed
from .words import PARTS, SEVERITY, STATES, clock, said

MOST: Final = 40
"""Lines of measures in one report: the newest."""
_SHOWN: Final = ("hazard", "damage", "evacuation", "staging", "collection", "cordon", "section")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is drafted with beside the incident."""

    language: str
    city: str
    zone: str
    number: int
    author: str
    titles: dict[str, str] = {}  # of agencies, by id
    figures: tuple[Figure, ...] = ()
    since_seq: int = 0  # the last report covered the log up to here; measures and orders after it are told
    typed: Typed = Typed()


def draft(seat: Seat, incident_id: str, given: Given, now: int) -> Content:
    """The report as it would be released now. Raises: ResourceNotFound."""
    incident, shelf, language = seat.incident(incident_id), seat.shelf, given.language
    entries = [e for e in journal.read(shelf, incident.id) if e.header is not None and not e.header["readers"]]
    room = RoomDesk(seat)
    kind = things.every(shelf, IncidentType).get(incident.type)
    whole = shelf.rows("SELECT seq, hash FROM log_head WHERE incident = ?", incident.id)
    about = _About(given, now, {a.id: a.title for a in things.every(shelf, Agency).values()})
    open_lines = (*_requests(room, incident, about), *_tasks(room, incident, about))
    parts = (
        _part(
            "situation",
            language,
            _situation_text(incident, given),
            (*_figures(given, now), *_assessments(entries, about)),
        ),
        _part("damage", language, given.typed.damage, _drawings(shelf, incident, about)),
        _part("persons", language, "", _persons(given)),
        _part("forces", language, given.typed.forces, _forces(shelf, incident, about)),
        _part("measures", language, "", _told(entries, ("measure", "order"), about, after=given.since_seq)),
        _part("decisions", language, "", _decisions(room, incident, entries, about)),
        _part("open", language, "", (*_gaps(shelf, incident, about), *open_lines)),
        _part("expected", language, "", _expected(given)),
        _part("remarks", language, given.typed.remarks, ()),
    )
    return Content(
        language=language,
        city=given.city,
        zone=given.zone,
        number=given.number,
        at_us=now,
        incident=incident.number,
        title=incident.title,
        kind=kind.title[language] if kind else incident.type,
        state=STATES[incident.state][language],
        severity=SEVERITY[incident.severity][language],
        place=_place(incident),
        reported_us=incident.reported_us,
        agencies=tuple(about.title(a) for a in incident.agencies),
        author=given.author,
        exercise=incident.exercise,
        head=whole[0][1] if whole else "",
        entries=whole[0][0] if whole else 0,
        parts=tuple(p for p in parts if p.key not in ("remarks",) or p.text),
        next_us=given.typed.next_us,
    )


class _About:
    """Language, moment, titles: what every part is written with."""

    def __init__(self, given: Given, now: int, agencies: dict[str, Label]) -> None:
        self.given, self.now, self.language = given, now, given.language
        self._agencies = agencies

    def title(self, agency: str) -> str:
        if agency in self.given.titles:
            return self.given.titles[agency]
        return self._agencies[agency][self.language] if agency in self._agencies else agency

    def say(self, key: str) -> str:
        return said(key, self.language)

    def clock(self, us: int) -> str:
        return clock(us, self.given.zone, self.now)


def _part(key: str, language: str, text: str, lines: Sequence[Line]) -> Part:
    return Part(key=key, title=PARTS[key][language], text=text.strip(), lines=tuple(lines))


def _place(incident: Incident) -> str:
    at = incident.place.location
    where = f"{at[1]:.5f}, {at[0]:.5f}" if at else ""
    return " · ".join(p for p in (incident.place.address, where) if p)


# ── from the log ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _situation_text(incident: Incident, given: Given) -> str:
    weather = f"{said('weather', given.language)}: {given.typed.weather}" if given.typed.weather else ""
    return "\n".join(t for t in (given.typed.situation or incident.text, weather) if t.strip())


def _figures(given: Given, now: int) -> list[Line]:
    return [Line(text=f"{f.name}: {f.value}", at_us=f.at_us) for f in given.figures]


def _assessments(entries: Sequence[Entry], about: _About) -> list[Line]:
    return _told(entries, ("assessment",), about)[-6:]


def _told(entries: Sequence[Entry], kinds: tuple[str, ...], about: _About, *, after: int = 0) -> list[Line]:
    """Entries of these kinds by their own words; what was corrected stands as it was corrected."""
    corrections = {e.seq: e for e in entries if e.header and e.header["kind"] == "correction"}
    made = []
    for entry in entries:
        header = entry.header or {}
        if header.get("kind") not in kinds or entry.seq <= after:
            continue
        newest = corrections.get(entry.corrected_by, entry)
        text = _words(newest.content)
        if text:
            refs = (entry.seq, newest.seq) if newest is not entry else (entry.seq,)
            function = f" ({header['function']})" if header.get("function") else ""
            made.append(Line(text=text + function, at_us=parse_us(header["happened_at"]), refs=refs))
    return made[-MOST:]


def _words(content: dict[str, Any] | None) -> str:
    return str((content or {}).get("text", "")).strip()


def _decisions(room: RoomDesk, incident: Incident, entries: Sequence[Entry], about: _About) -> list[Line]:
    known: list[Decision] = [d for d in room.decisions(incident.id) if not d.readers and not d.replaced_by and d.text]
    seqs = {d.seq for d in known}
    by_hand = [
        line
        for line in _told(entries, ("decision",), about)
        if not seqs.intersection(line.refs) and not _replaced(room, incident, line)
    ]
    lines = [
        Line(
            text=d.text + (f" ({about.say('reasons')}: {d.reasons})" if d.reasons else ""),
            at_us=d.made_us,
            refs=(d.seq,),
        )
        for d in known
    ]
    return sorted((*lines, *by_hand), key=lambda line: line.at_us or 0)[-MOST:]


def _replaced(room: RoomDesk, incident: Incident, line: Line) -> bool:
    return any(d.replaced_by and d.seq in line.refs for d in room.decisions(incident.id))


# ── from picture, units, open points ─────────────────────────────────────────────────────────────────────────────────


def _drawings(shelf: Shelf, incident: Incident, about: _About) -> list[Line]:
    return [
        Line(text=_drawn(d, about), at_us=d.at_us)
        for d in picture.standing(shelf, incident.id)
        if d.shared and (d.kind in _SHOWN or d.sign)
    ]


def _drawn(drawing: Drawing, about: _About) -> str:
    from rhinecloud.operations import signs

    named = drawing.sign and drawing.kind == "sign"
    what = (signs.label(drawing.sign) if named else KINDS[drawing.kind].label)[about.language]
    size = _size(drawing.geometry, about.language)
    words = ": ".join(w for w in (what, drawing.label) if w)
    tail = [size, about.say("planned") if drawing.planned else "", drawing.text]
    return " · ".join(w for w in (words, *tail) if w)


def _size(geometry: dict[str, Any], language: str) -> str:
    """Length or area, as one reads it: "1.2 km", "3.4 ha"."""
    if geometry["type"] == "Point":
        return ""
    import shapely
    from pyproj import Geod

    shape = shapely.geometry.shape(geometry)
    globe = Geod(ellps="WGS84")
    if geometry["type"] == "LineString":
        metres = globe.geometry_length(shape)
        text = f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
    else:
        area = abs(globe.geometry_area_perimeter(shape)[0])
        text = f"{area / 10_000:.1f} ha" if area < 1e6 else f"{area / 1e6:.1f} km²"
    return text.replace(".", ",") if language == "de" else text


def _persons(given: Given) -> list[Line]:
    counts = given.typed.persons
    return [Line(text=PERSONS[k][given.language], mark=str(counts[k])) for k in PERSONS if counts.get(k)]


def _forces(shelf: Shelf, incident: Incident, about: _About) -> list[Line]:
    working = [a for a in assignments.of_incident(shelf, incident.id) if a.closed_us is None and a.state != "reserved"]
    kinds = things.every(shelf, UnitKind)
    known = {a.id: units.get(shelf, a.unit) for a in working}
    if not working:
        return [Line(text=about.say("none"))]
    lines = []
    sections = [(s.id, s.title, s.leader) for s in incident.sections] + [("", about.say("reserve"), "")]
    for section, title, leader in sections:
        here = [known[a.id] for a in working if a.section == section]
        if here:
            people = sum(u.crew for u in here)
            led = f", {about.say('leader')} {leader}" if leader else ""
            said_units = ", ".join(_unit(u, kinds, about) for u in here)
            strength = f" · {people} {about.say('people')}" if people else ""
            lines.append(Line(text=f"{title}{led}: {said_units}{strength}", mark=str(len(here))))
    everyone = [known[a.id] for a in working]
    total = f"{len(everyone)} {about.say('units')}, {sum(u.crew for u in everyone)} {about.say('people')}"
    return [Line(text=f"{about.say('strength')}: {total}"), *lines]


def _unit(unit: Unit, kinds: dict[str, UnitKind], about: _About) -> str:
    status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
    word = f" {status.label[about.language]}" if status else ""
    return f"{unit.name} ({unit.status or '–'}{word})"


def _gaps(shelf: Shelf, incident: Incident, about: _About) -> list[Line]:
    return [
        Line(text=f"{need.count - need.filled} × {need.capability}", at_us=need.made_us, mark=about.say("missing"))
        for need in assignments.needs(shelf, incident.id)
        if need.filled < need.count
    ]


def _requests(room: RoomDesk, incident: Incident, about: _About) -> list[Line]:
    found: list[Request] = [r for r in room.requests(incident.id, only_open=True) if not r.readers and r.text]
    return [
        Line(
            text=f"{r.text}: {about.title(r.asking)} → {about.title(r.asked)}{_until(r.due_us, about)}",
            at_us=r.made_us,
            refs=(r.seq,),
            mark=about.say("late") if r.late else "",
        )
        for r in found
    ]


def _tasks(room: RoomDesk, incident: Incident, about: _About) -> list[Line]:
    found: list[Task] = [t for t in room.tasks(incident.id, only_open=True) if not t.readers and t.text]
    return [
        Line(
            text=f"{about.say('task')}: {t.text} ({t.owner}{_until(t.due_us, about)})",
            at_us=t.made_us,
            refs=(t.seq,),
            mark=about.say("late") if t.late else "",
        )
        for t in found
    ]


def _until(due_us: int | None, about: _About) -> str:
    return f", {about.say('due')} {about.clock(due_us)}" if due_us else ""


def _expected(given: Given) -> list[Line]:
    typed = given.typed
    hours = (("2", typed.expected_2h), ("6", typed.expected_6h), ("24", typed.expected_24h))
    return [Line(text=text, mark=said("in", given.language) % hour) for hour, text in hours if text.strip()]


def last_seq(shelf: Shelf, incident_id: str) -> int:
    """The newest entry of an incident's log."""
    rows = shelf.rows("SELECT seq FROM log_head WHERE incident = ?", incidents.get(shelf, incident_id).id)
    return int(rows[0][0]) if rows else 0
