"""What a link shows: the units, incidents and drawings that its agency may see, as events.

Each has an identity that never changes, and goes stale by itself after three times the interval in which it is renewed.
What belongs to a drill carries the word in its callsign, and goes over links for exercises alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rhinecloud.base.clock import SECOND
from rhinecloud.operations import assignments, incidents, picture, things, units
from rhinecloud.operations.declare import Incident, Position, Unit, UnitKind
from rhinecloud.operations.drawings import KINDS, Drawing
from rhinecloud.operations.searching import Asked, search
from rhinecloud.operations.tables import Shelf

from .event import UNKNOWN, Event
from .links import Link

RENEW_S: Final = 60.0
PREFIX: Final = "rhinecloud."
WORD: Final = "ÜBUNG"
_TYPES: Final = {
    "fire": "a-f-G-E-V",
    "ambulance": "a-f-G-E-V-M",
    "police": "a-f-G-U-C",
    "works": "a-f-G-E-V",
}
_FALLBACK: Final = "a-f-G-U-C"
INCIDENT: Final = "b-m-p-s-p-i"
POINT: Final = "b-m-p-s-p-loc"
SHAPE: Final = "u-d-f"
DELETE: Final = "t-x-d-d"
_GROUPS: Final = {"fire": "Red", "ambulance": "White", "police": "Blue", "works": "Orange"}
Places = Mapping[str, tuple[Position, int]]
"""Where units are live, and since when, by their ids."""


def events(shelf: Shelf, tenant: str, link: Link, places: Places, now: int) -> dict[str, Event]:
    """Everything that a link shows now, by identity."""
    sees = None if not link.agency else frozenset((link.agency,))
    made: dict[str, Event] = {}
    shown = search(shelf, Asked(states=("active",), exercise=link.exercise, limit=1000), sees)
    drills = _drilling(shelf)
    for incident in shown:
        if incident.place.location is not None:
            made |= _one(_incident(tenant, incident, now))
        for drawing in picture.standing(shelf, incident.id):
            if drawing.shared or sees is None or drawing.agency in sees:
                made |= _one(_drawing(tenant, drawing, incident, now))
    kinds = things.every(shelf, UnitKind)
    for unit in units.every(shelf, sees):
        if (unit.id in drills) == link.exercise and (event := _unit(tenant, unit, kinds, places, now, link)):
            made |= _one(event)
    return made


def deleted(uid: str, now: int) -> Event:
    """Takes away what was shown."""
    return Event(
        uid=f"{uid}.deleted",
        type=DELETE,
        how="h-g-i-g-o",
        time_us=now,
        start_us=now,
        stale_us=now + round(RENEW_S) * SECOND,
        lon=0.0,
        lat=0.0,
        deletes=uid,
    )


def _one(event: Event) -> dict[str, Event]:
    return {event.uid: event}


def _drilling(shelf: Shelf) -> frozenset[str]:
    """Units that work in a drill: real ones are not shown over links for exercises, nor the other way round."""
    return frozenset(
        unit for unit, held in assignments.every_open(shelf).items() if incidents.get(shelf, held.incident).exercise
    )


def _times(now: int, of: int | None = None) -> dict[str, Any]:
    at = now if of is None else min(of, now)
    return {"time_us": now, "start_us": at, "stale_us": now + round(3 * RENEW_S) * SECOND}


def _said(exercise: bool, text: str) -> str:
    return f"{WORD} {text}" if exercise else text


def _unit(tenant: str, unit: Unit, kinds: dict[str, UnitKind], places: Places, now: int, link: Link) -> Event | None:
    live = places.get(unit.id)
    place, of = live if live else (unit.position or unit.station, unit.position_us)
    if place is None:
        return None
    status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
    said = f"Status {unit.status} {status.label.de}" if status else ""
    return Event(
        uid=f"{PREFIX}{tenant}.unit.{unit.id}",
        type=_TYPES.get(unit.kind, _FALLBACK),
        how="m-g" if live else "h-e",
        lon=place[0],
        lat=place[1],
        ce=UNKNOWN,
        callsign=_said(link.exercise, unit.name),
        remarks=said,
        group=_GROUPS.get(unit.kind, "Cyan"),
        **_times(now, of),
    )


def _incident(tenant: str, incident: Incident, now: int) -> Event:
    assert incident.place.location is not None
    lon, lat = incident.place.location
    return Event(
        uid=f"{PREFIX}{tenant}.incident.{incident.id}",
        type=INCIDENT,
        how="h-g-i-g-o",
        lon=lon,
        lat=lat,
        callsign=_said(incident.exercise, f"{incident.number} {incident.title}")[:120],
        remarks=f"{incident.state}, {incident.severity}. {incident.place.address}".strip(),
        **_times(now, incident.reported_us),
    )


def _drawing(tenant: str, drawing: Drawing, incident: Incident, now: int) -> Event:
    geometry: dict[str, Any] = drawing.geometry
    kind, flat = geometry["type"], geometry["coordinates"]
    ring = [] if kind == "Point" else flat if kind == "LineString" else flat[0]
    lon, lat = flat[:2] if kind == "Point" else ring[0][:2]
    name = drawing.label or KINDS[drawing.kind].label.de
    return Event(
        uid=f"{PREFIX}{tenant}.drawing.{drawing.id}",
        type=POINT if kind == "Point" else SHAPE,
        how="h-g-i-g-o",
        lon=lon,
        lat=lat,
        callsign=_said(incident.exercise, name),
        remarks=" · ".join(t for t in (KINDS[drawing.kind].label.de, incident.number, drawing.text) if t),
        points=tuple((p[0], p[1]) for p in ring),
        **_times(now, drawing.at_us),
    )
