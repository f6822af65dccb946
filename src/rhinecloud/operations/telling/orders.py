"""What units are told of their assignments: the order, that it moved, that it is called off, and that they may speak.

It follows the news, each of which is told once by its key: an alarm that somebody gave before a crash is told after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.declare import Label
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import assignments, incidents, things, units
from rhinecloud.operations.declare import Assignment, Incident, IncidentType, News, Unit
from rhinecloud.operations.tables import Work

from . import outbox
from .declare import Priority, Tell, Text
from .marking import ORDER

URGENT: Final[dict[str, Priority]] = {"immediate": "flash", "soon": "immediate", "later": "routine"}
LANGUAGES: Final = ("de", "en")


def follow(work: Work, news: Sequence[News], zone: ZoneInfo) -> None:
    """Hands over what units have to be told of a stretch of the news."""
    for item in news:
        if handle := _HANDLERS.get(item.what):
            try:
                handle(work, item, zone)
            except ResourceNotFound:  # a unit or an incident that is gone since; nobody is left to be told
                continue


def _alerted(work: Work, item: News, zone: ZoneInfo) -> None:
    found = assignments.get(work, int(item.subject))
    if found.state not in assignments.WAITING:
        return
    incident, unit = incidents.get(work, found.incident), units.get(work, found.unit)
    outbox.tell(
        work,
        Tell(
            key=_key(found),
            about=ORDER,
            to=(f"unit:{unit.id}",),
            text={language: _order(work, found, incident, zone, language) for language in LANGUAGES},
            data={"kind": ORDER, **_data(work, found, incident)},
            priority=URGENT[incident.urgency],
            subject=str(found.id),
            incident=incident.id,
            wanted="accepted",
            agencies=_knowing(incident, unit),
            path="/my-unit",
        ),
    )


def _moved(work: Work, item: News, zone: ZoneInfo) -> None:
    """Units that work for another incident since two were made one, or one two."""
    found = assignments.get(work, int(item.subject))
    if found.alerted_us is None or found.closed_us is not None:
        return
    incident, unit = incidents.get(work, found.incident), units.get(work, found.unit)
    outbox.tell(
        work,
        Tell(
            key=f"assignment:{found.id}:moved:{item.number}",
            about="moved",
            to=(f"unit:{unit.id}",),
            text={
                language: _order(work, found, incident, zone, language, _SAID["moved"][language])
                for language in LANGUAGES
            },
            data={"kind": "moved", **_data(work, found, incident)},
            priority="immediate",
            subject=str(found.id),
            incident=incident.id,
            agencies=_knowing(incident, unit),
            path="/my-unit",
        ),
    )


def _over(work: Work, item: News, _zone: ZoneInfo) -> None:
    """Called back, or not answered in time: the order is not told any more, and who has it is told so."""
    found = assignments.get(work, int(item.subject))
    if found.alerted_us is None:
        return
    order = outbox.of_key(work, _key(found))
    if order is not None:
        outbox.stop(work, order.id, item.what.partition(".")[2])
    incident, unit = incidents.get(work, found.incident), units.get(work, found.unit)
    words = _SAID["recalled" if item.what == "assignment.withdrawn" else "expired"]
    reason = str(item.detail.get("reason", ""))
    outbox.tell(
        work,
        Tell(
            key=f"assignment:{found.id}:{item.what.partition('.')[2]}",
            about="recall",
            to=(f"unit:{unit.id}",),
            text={
                language: Text(f"{words[language]}: {incident.title}"[:300], f"{incident.number}\n{reason}".strip())
                for language in LANGUAGES
            },
            data={"kind": "recall", "reason": reason, **_data(work, found, incident)},
            priority="immediate",
            subject=str(found.id),
            incident=incident.id,
            agencies=_knowing(incident, unit),
            path="/my-unit",
        ),
    )


def _answered(work: Work, item: News, _zone: ZoneInfo) -> None:
    """However it was answered (by hand, by its status): nothing more goes out, and nothing climbs."""
    order = outbox.of_key(work, f"assignment:{item.subject}:order")
    if order is not None and order.ended_us is None:
        outbox.stop(work, order.id, "answered")


def _speak(work: Work, item: News, _zone: ZoneInfo) -> None:
    """Somebody has taken the wish to speak (J)."""
    unit = units.get(work, item.subject)
    outbox.tell(
        work,
        Tell(
            key=f"speech:{item.detail.get('speech', item.number)}",
            about="speak",
            to=(f"unit:{unit.id}",),
            text={language: Text(_SAID["speak"][language]) for language in LANGUAGES},
            data={"kind": "speak", "unit": unit.id, "letter": "J"},
            priority="immediate",
            subject=unit.id,
            agencies=(unit.agency,),
            path="/my-unit",
        ),
    )


_HANDLERS: Final[dict[str, Callable[[Work, News, ZoneInfo], None]]] = {
    "assignment.alerted": _alerted,
    "assignment.moved": _moved,
    "assignment.withdrawn": _over,
    "assignment.expired": _over,
    "assignment.accepted": _answered,
    "assignment.declined": _answered,
    "unit.answered": _speak,
}
TOLD: Final = frozenset(_HANDLERS)
_SAID: Final = {
    "moved": Label(de="Einsatz geändert", en="Incident changed"),
    "recalled": Label(de="Einsatz abgebrochen", en="Called off"),
    "expired": Label(de="Alarm abgelaufen", en="Alarm expired"),
    "speak": Label(de="J – Sprechen Sie", en="J – Speak now"),
    "until": Label(de="Bitte annehmen bis", en="Please accept by"),
    "section": Label(de="Abschnitt", en="Section"),
}


def _key(found: Assignment) -> str:
    return f"assignment:{found.id}:order"


def _knowing(incident: Incident, unit: Unit) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*incident.agencies, unit.agency)))


def _order(work: Work, found: Assignment, incident: Incident, zone: ZoneInfo, language: str, head: str = "") -> Text:
    kind = things.get(work, IncidentType, incident.type).title[language]
    place = incident.place.address or incident.title
    lines = [incident.number, incident.title]
    if incident.place.address:
        lines.append(incident.place.address)
    if incident.place.location is not None:
        lon, lat = incident.place.location
        lines.append(f"{lat:.5f}, {lon:.5f}")
    if section := _section(incident, found.section):
        lines.append(f"{_SAID['section'][language]}: {section}")
    if incident.text:
        lines += ["", incident.text]
    if found.due_us is not None:
        until = datetime.fromtimestamp(found.due_us / SECOND, zone)
        lines += ["", f"{_SAID['until'][language]} {until:%H:%M:%S}"]
    subject = f"{head + ': ' if head else ''}{kind}, {place}".replace("\n", " ")
    return Text(subject[:300], "\n".join(lines))


def _section(incident: Incident, section: str) -> str:
    return next((s.title for s in incident.sections if s.id == section), "")


def _data(work: Work, found: Assignment, incident: Incident) -> dict[str, Any]:
    return {
        "assignment": found.id,
        "unit": found.unit,
        "acceptBy": iso(found.due_us) if found.due_us else None,
        "section": _section(incident, found.section),
        "incident": {
            "id": incident.id,
            "number": incident.number,
            "type": incident.type,
            "title": incident.title,
            "text": incident.text,
            "severity": incident.severity,
            "urgency": incident.urgency,
            "exercise": incident.exercise,
            "address": incident.place.address,
            "location": incident.place.location,
        },
    }
