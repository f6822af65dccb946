"""What the common picture of an incident shows, as data for its island: drawings, units, incidents; now or then."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import RhineError
from rhinecloud.operations import Asked, Desk, Incident, Unit, UnitKind, picture, signs

from .incident_tabs import OVER, Heads, Opened, address
from .incident_words import STATES
from .language import words
from .rooms import Rooms
from .sentence import SEVERITY, STATE
from .things import LOCATION

SECOND_MS: Final = 1000
MOST_INCIDENTS: Final = 200


class Layer(msgspec.Struct, kw_only=True):
    """The drawings of an agency."""

    agency: str
    title: str
    mine: bool  # what I draw lies here


class ShownDrawing(msgspec.Struct, kw_only=True, rename="camel"):
    id: str
    version: int
    agency: str
    layer: str  # the agency's title
    kind: str
    kind_label: str
    geometry: dict[str, Any]
    label: str
    text: str
    sign: str
    sign_label: str
    section: str
    section_title: str
    planned: bool
    shared: bool
    mine: bool  # I may change it
    ms: int
    name: str


class ShownUnit(msgspec.Struct, kw_only=True, rename="camel"):
    """A unit on the picture; `work` is how it stands to this incident, "" it does not work for it."""

    id: str
    name: str
    agency: str
    sign: str
    status: str
    status_label: str
    means: str
    unusual: bool
    work: str
    section: str
    lon: float | None
    lat: float | None
    ms: int | None  # of the position
    status_ms: int
    source: str  # where the position is from: "live", "told", "station", ""


class ShownIncident(msgspec.Struct, kw_only=True, rename="camel"):
    id: str
    path: str
    number: str
    title: str
    state: str
    severity: int
    severity_word: str
    lon: float
    lat: float
    exercise: bool
    this: bool


class Picture(msgspec.Struct, kw_only=True, rename="camel"):
    ms: int
    may_draw: bool
    layers: list[Layer]
    drawings: list[ShownDrawing]
    units: list[ShownUnit]
    incidents: list[ShownIncident]
    area: dict[str, Any] | None  # the incident's own, as it was reported


class PictureData:
    """Gathers it."""

    def __init__(self, rooms: Rooms, heads: Heads) -> None:
        self._rooms, self._heads = rooms, heads

    def desk(self, opened: Opened) -> picture.PictureDesk:
        return picture.PictureDesk(opened.desk.seat)

    async def picture(self, opened: Opened, at_us: int | None = None) -> Picture:
        """All of it; at a moment of the past: what stood then, and where the units were."""
        titles = await asyncio.to_thread(self._heads.agencies, opened.visit)
        places = await self._places(opened, at_us)
        return await asyncio.to_thread(self._gather, opened, at_us, titles, places)

    async def positions(self, opened: Opened) -> dict[str, tuple[float, float]]:
        """Where units are now, by their ids; those of which that is told live."""
        places = await self._places(opened, None)
        units = await asyncio.to_thread(opened.desk.units)
        return {u.id: places[u.entity][:2] for u in units if u.entity in places}

    def _gather(
        self, opened: Opened, at_us: int | None, titles: dict[str, str], places: dict[str, tuple[float, float, int]]
    ) -> Picture:
        visit, desk, incident = opened.visit, opened.desk, opened.incident
        drawings = self.desk(opened).drawings(incident.id, at_us)
        mine = desk.seat.agencies("incidents.manage")
        may = (mine is None or bool(mine)) and at_us is None and incident.state not in OVER
        own = desk.by.agency
        layers = dict.fromkeys([*([own] if may else []), *(d.agency for d in drawings)])
        sections = {s.id: s.title for s in incident.sections}
        city = words(visit.language)("City")
        return Picture(
            ms=(at_us or self._rooms.clock()) // SECOND_MS,
            may_draw=may,
            layers=[Layer(agency=a, title=titles.get(a, a) or city, mine=may and a == own) for a in layers],
            drawings=[
                _drawing(
                    d,
                    visit.language,
                    titles.get(d.agency, d.agency) or city,
                    sections,
                    may and (mine is None or d.agency in mine),
                )
                for d in drawings
            ],
            units=self._units(opened, at_us, places),
            incidents=self._incidents(opened) if at_us is None else [],
            area=incident.place.area,
        )

    def _incidents(self, opened: Opened) -> list[ShownIncident]:
        say = words(opened.visit.language)
        found = opened.desk.incidents(
            Asked(states=("active",), exercise=opened.incident.exercise, limit=MOST_INCIDENTS)
        )
        if all(i.id != opened.incident.id for i in found):
            found.append(opened.incident)
        return [_incident(i, say, i.id == opened.incident.id) for i in found if i.place.location is not None]

    def _units(self, opened: Opened, at_us: int | None, places: dict[str, tuple[float, float, int]]) -> list[ShownUnit]:
        desk, language = opened.desk, opened.visit.language
        kinds = desk.things(UnitKind)
        work = {
            a.unit: a
            for a in desk.assignments(opened.incident.id)
            if (a.closed_us is None if at_us is None else a.made_us <= at_us and (a.closed_us or at_us + 1) > at_us)
        }
        sections = {s.id: s.title for s in opened.incident.sections}
        made = []
        for known in desk.units():
            kind = kinds.get(known.kind)
            unit = known if at_us is None else _then(desk, known, kind, at_us)
            status = kind.status(unit.status) if kind else None
            lon, lat, ms, source = _place(unit, places)
            held = work.get(unit.id)
            made.append(
                ShownUnit(
                    id=unit.id,
                    name=unit.name,
                    agency=unit.agency,
                    sign=signs.of_unit(unit),
                    status=unit.status,
                    status_label=status.label[language] if status else "",
                    means=status.means if status else "",
                    unusual=unit.unusual,
                    work=held.state if held else "",
                    section=sections.get(held.section, "") if held else "",
                    lon=lon,
                    lat=lat,
                    ms=ms,
                    status_ms=unit.status_us // SECOND_MS,
                    source=source,
                )
            )
        return made

    async def _places(self, opened: Opened, at_us: int | None) -> dict[str, tuple[float, float, int]]:
        """Where the units' entities are, by entity: longitude, latitude, since when in milliseconds."""
        units = await asyncio.to_thread(opened.desk.units)
        ids = [u.entity for u in units if u.entity]
        if not ids:
            return {}
        try:
            if at_us is None:
                entities = self._rooms.presents.open(opened.visit.tenant).get_many(ids)
            elif self._rooms.histories is not None:
                entities = await self._rooms.histories.open(opened.visit.tenant).as_of(at_us, ids=ids)
            else:
                return {}
        except RhineError:
            return {}  # the picture is worth having without them; each unit says where its place is from
        return {e["id"]: place for e in entities if (place := _located(e)) is not None}


def _located(entity: Any) -> tuple[float, float, int] | None:
    for instance in entity.get("attrs", {}).get(LOCATION, ()):
        value = instance.get("value")
        if isinstance(value, dict) and value.get("type") == "Point":
            seen = instance.get("observedAt")
            at_us = parse_us(seen) if seen else int(instance.get("_m", 0))
            return value["coordinates"][0], value["coordinates"][1], at_us // SECOND_MS
    return None


def _place(
    unit: Unit, places: dict[str, tuple[float, float, int]]
) -> tuple[float | None, float | None, int | None, str]:
    """Position of a unit, since when, and where that is from."""
    if unit.entity in places:
        return *places[unit.entity], "live"
    if unit.position is not None:
        return *unit.position, (unit.position_us or 0) // SECOND_MS, "told"
    if unit.station is not None:
        return *unit.station, None, "station"
    return None, None, None, ""


def _then(desk: Desk, unit: Unit, kind: UnitKind | None, at_us: int) -> Unit:
    """A unit with the status it had at a moment."""
    was = desk.standing(unit.id, kind, at_us)
    if was is None:
        return msgspec.structs.replace(unit, status="", status_us=0, unusual=False)
    return msgspec.structs.replace(unit, status=was.digit, status_us=was.at_us, unusual=was.unusual)


def _drawing(drawing: picture.Drawing, language: str, layer: str, sections: dict[str, str], mine: bool) -> ShownDrawing:
    kind = picture.KINDS[drawing.kind]
    sign = drawing.sign or kind.sign
    return ShownDrawing(
        id=drawing.id,
        version=drawing.version,
        agency=drawing.agency,
        layer=layer,
        kind=drawing.kind,
        kind_label=kind.label[language],
        geometry=drawing.geometry,
        label=drawing.label,
        text=drawing.text,
        sign=sign,
        sign_label=signs.label(sign)[language] if sign else "",
        section=drawing.section,
        section_title=sections.get(drawing.section, ""),
        planned=drawing.planned,
        shared=drawing.shared,
        mine=mine,
        ms=drawing.at_us // SECOND_MS,
        name=drawing.name or drawing.by,
    )


def _incident(incident: Incident, say: Any, this: bool) -> ShownIncident:
    assert incident.place.location is not None
    lon, lat = incident.place.location
    return ShownIncident(
        id=incident.id,
        path=address(incident.id, "/picture"),
        number=incident.number,
        title=incident.title,
        state=say(STATES[incident.state]),
        severity=STATE[incident.severity],
        severity_word=say(SEVERITY[incident.severity]),
        lon=lon,
        lat=lat,
        exercise=incident.exercise,
        this=this,
    )
