"""What is made of events that come over a link: positions of known units, emergencies as incidents, drawings on the
agency's layer, chat as a message of the incident that its room names.

Everything is done for the link's agency: it sees and changes what that agency may, and no more. The same event again
changes nothing. What is not taken is kept with the reason, and nobody else's events are lost by it.
"""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base import geo
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.operations import assignments, incidents, journal, picture, units
from rhinecloud.operations.declare import By, Incident, Place
from rhinecloud.operations.life import OVER
from rhinecloud.operations.searching import Asked, search
from rhinecloud.operations.tables import Shelf, Work

from . import links
from .event import Event, decode
from .links import Link
from .showing import DELETE, PREFIX

NEAR_M: Final = 10_000.0
"""A drawing without a name belongs to the nearest incident within this."""
_SHAPES: Final = ("u-d-", "b-m-p-", "b-m-r")


class Taker:
    """Takes the events of one link; blocking."""

    def __init__(self, shelf: Shelf, link: Link) -> None:
        self._shelf, self._link = shelf, link
        self._by = By(f"cot:{link.id}", link.title, link.agency)
        self._sees = None if not link.agency else frozenset((link.agency,))

    def take(self, data: bytes) -> str:
        """What became of it: "unit", "incident", "cancelled", "drawing", "message", "" nothing, "refused"."""
        try:
            event = decode(data)
            return self._take(event)
        except RhineError as refused:
            with self._shelf.work(self._by) as work:
                links.refuse(work, self._link.id, refused.detail, data)
            return "refused"

    def _take(self, event: Event) -> str:
        if event.uid.startswith(PREFIX) or (event.type.startswith("t-") and event.type != DELETE):
            return ""  # our own, come back; pings
        if event.type == DELETE:
            return self._delete(event)
        if event.type.startswith("b-a-o"):
            return self._emergency(event)
        if event.type.startswith("b-t-f"):
            return self._message(event)
        if event.type.startswith(_SHAPES):
            return self._drawn(event)
        if event.type.startswith("a-"):
            return self._placed(event)
        raise BadRequestData(f"Events of type {event.type[:40]} are not taken")

    # ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _placed(self, event: Event) -> str:
        """Somebody of theirs is somewhere: a unit of ours, where its call sign says so; any other is nothing to us."""
        name = " ".join(event.callsign.casefold().split())
        known = units.every(self._shelf, self._sees) if name else []
        found = next((u for u in known if u.name.casefold() == name), None)
        if found is None:  # most of what comes: it waits for no transaction
            return ""
        with self._shelf.work(self._by) as work:
            if self._sees is not None and found.agency not in self._sees:
                raise BadRequestData(f"Unit {found.name} does not belong to {self._link.agency}")
            held = assignments.open_of(work, found.id)
            if held is not None and incidents.get(work, held.incident).exercise != self._link.exercise:
                raise BadRequestData(f"Unit {found.name} works where this link does not reach (exercise or real)")
            at = min(event.time_us, work.now + 60 * SECOND)
            units.place(work, found.id, (event.lon, event.lat), at)
        return "unit"

    # ── emergencies ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _emergency(self, event: Event) -> str:
        """Repeated until it is cancelled; one incident."""
        uid = event.uid.removesuffix("-9-1-1")
        with self._shelf.work(self._by) as work:
            known = links.known(work, self._link.id, uid)
            open_one = known and self._open(work, known[1])
            if event.type == "b-a-o-can":
                if open_one:
                    journal.note(work, open_one.id, "cot-cancelled", link=self._link.title, callsign=event.callsign)
                    work.tell("incident.signal", open_one.id, open_one.id, cancelled=True)
                    links.forget(work, self._link.id, uid)
                return "cancelled" if open_one else ""
            if open_one:
                return ""
            report = incidents.Report(
                type=self._link.incident_type,
                title=f"Notruf {event.callsign or uid}"[:200],
                text=event.remarks,
                place=Place(location=(event.lon, event.lat)),
                severity="critical",
                urgency="immediate",
                exercise=self._link.exercise,
                source=f"cot:{self._link.id}",
            )
            made = incidents.report(work, report)
            links.remember(work, self._link.id, uid, "incident", made.id)
        return "incident"

    def _open(self, work: Work, incident_id: str) -> Incident | None:
        try:
            found = incidents.get(work, incident_id)
        except RhineError:
            return None
        return None if found.state in OVER else found

    # ── drawings, words ──────────────────────────────────────────────────────────────────────────────────────────────

    def _drawn(self, event: Event) -> str:
        geometry = _geometry(event)
        with self._shelf.work(self._by) as work:
            known = links.known(work, self._link.id, event.uid)
            if known is not None and known[0] == "drawing":
                row = work.row("SELECT body FROM drawing WHERE id = ?", known[1])
                if row is not None:
                    return "drawing" if picture.put(work, row[0], _fields(event, geometry)) else ""
            incident = self._meant(event)
            made = picture.new(
                work,
                incident,
                picture.Draft(kind=_kind(geometry), geometry=geometry, **_words(event)),
            )
            links.remember(work, self._link.id, event.uid, "drawing", made.id)
        return "drawing"

    def _delete(self, event: Event) -> str:
        with self._shelf.work(self._by) as work:
            known = links.known(work, self._link.id, event.deletes or event.uid)
            if known is None or known[0] != "drawing":
                return ""
            row = work.row("SELECT body FROM drawing WHERE id = ?", known[1])
            links.forget(work, self._link.id, event.deletes or event.uid)
            return "drawing" if row is not None and picture.put(work, row[0], {"removed": True}) else ""

    def _message(self, event: Event) -> str:
        from rhinecloud.operations.collaboration import Draft, messages

        if not event.remarks:
            raise BadRequestData("The chat message says nothing")
        incident = next(
            (i for i in self._mine() if i.number in (event.chat, event.remarks.split(" ")[0].strip(":"))), None
        )
        if incident is None:
            raise BadRequestData(f"No incident is called as the chat room {event.chat[:60]!r}; name its number")
        with self._shelf.work(self._by) as work:
            draft = Draft(text=event.remarks, sender=event.callsign or event.uid, means="system")
            messages.take(work, incident.id, draft, (), key=f"cot:{self._link.id}:{event.uid}:{event.time_us}")
        return "message"

    def _mine(self) -> list[Incident]:
        asked = Asked(states=("active",), exercise=self._link.exercise, limit=500)
        return search(self._shelf, asked, self._sees)

    def _meant(self, event: Event) -> Incident:
        """The incident that a drawing is for: the one it names, else the nearest."""
        mine = self._mine()
        named = next((i for i in mine if i.number in event.callsign or i.number in event.remarks), None)
        if named is not None:
            return named
        near = [
            (geo.distance_m(i.place.location, (event.lon, event.lat)), i) for i in mine if i.place.location is not None
        ]
        found = min(near, key=lambda pair: pair[0], default=None)
        if found is None or found[0] > NEAR_M:
            raise BadRequestData("No incident is worked on within 10 km of it; name its number in the remarks")
        return found[1]


def _geometry(event: Event) -> dict[str, Any]:
    points = [list(p) for p in event.points]
    if len(points) < 2:
        return {"type": "Point", "coordinates": [event.lon, event.lat]}
    if len(points) > 3 and points[0] == points[-1]:
        return {"type": "Polygon", "coordinates": [points]}
    return {"type": "LineString", "coordinates": points}


def _kind(geometry: dict[str, Any]) -> str:
    return {"Point": "note", "LineString": "route", "Polygon": "area"}[geometry["type"]]


def _words(event: Event) -> dict[str, Any]:
    return {"label": (event.callsign or event.uid)[:120], "text": event.remarks[:2_000]}


def _fields(event: Event, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"geometry": geometry, "kind": _kind(geometry), "removed": False, **_words(event)}
