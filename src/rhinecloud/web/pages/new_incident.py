"""*New incident*: what happened and where, in the order in which a caller tells it; beside it what may be the same."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Refused
from rhinecloud.operations import SEVERITIES, URGENCIES, BoardDesk, Desk, IncidentType, Place, Report
from rhinecloud.web.channel import shown
from rhinecloud.web.districts import districts
from rhinecloud.web.incident_tabs import address
from rhinecloud.web.incident_words import STATES
from rhinecloud.web.incident_words import URGENCIES as URGENCY_WORDS
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.live import Live
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY, STATE
from rhinecloud.web.strips import short
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .data import answer
from .forms import Form

SOURCES: Final = {
    "telephone": N_("by telephone"),
    "radio": N_("by radio"),
    "citizen": N_("by a citizen in writing"),
    "agency": N_("by another agency"),
    "own": N_("seen ourselves"),
}
PLACES: Final = 8
OF_A_KIND: Final = 3
FIELDS: Final = (
    *("type", "title", "text", "address", "position", "entity", "district"),
    *("severity", "urgency", "source", "exercise", "alert", "again"),
)


class PlaceFound(msgspec.Struct, kw_only=True, rename="camel"):
    """A place that a word may mean: a district, or a thing of the city."""

    label: str
    detail: str
    lon: float | None
    lat: float | None
    entity: str = ""
    district: str = ""


class Same(msgspec.Struct, kw_only=True):
    """An incident that may be the one that is being reported, and why."""

    id: str
    path: str
    number: str
    title: str
    state: str
    severity: int
    severity_word: str
    exercise: bool
    percent: int
    metres: float | None
    apart_us: int
    words: list[str]
    text: str


class NewPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    typed: dict[str, str]
    wrong: dict[str, str]
    conflict: tuple[str, str] | None  # (address, sentence) of the incident that has come of the alert already
    types: list[tuple[str, str, str, str]]  # id, title, severity and urgency that it usually has
    severities: dict[str, str]
    urgencies: dict[str, str]
    sources: dict[str, str]
    districts: list[str]
    same: list[Same]
    asked: bool  # whether anything was compared


class NewIncident:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> None:
        self._rooms, self._pages, self._visits, self._live = rooms, pages, visits, live

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The empty form; `?alert=` from an alert of the city, `?title=` with words of the command line."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        typed = {name: request.query_params.get(name, "")[:500] for name in FIELDS}
        page = await asyncio.to_thread(self._page, visit, self._begun(visit, typed), {}, None)
        return self._pages.render("pages/incident_new.html", page)

    async def like(self, request: AnyRequest, data: Form) -> Response[Any]:
        """What may be the same, while the form is filled in."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        page = await asyncio.to_thread(self._page, visit, dict(data), {}, None)
        return self._pages.render("parts/incident_same.html", page)

    async def places(self, request: AnyRequest) -> Response[bytes]:
        """Districts and things whose name has these words."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        wanted = request.query_params.get("q", "").casefold().split()[:6]
        if not wanted or len("".join(wanted)) < 2:
            return answer([])
        found = [_of_district(name) for name in districts() if all(w in name.casefold() for w in wanted)][:PLACES]
        board = await (await self._live.channel(visit.tenant)).board()
        readable = self._rooms.access.readable_types(visit.principal, visit.tenant)
        kinds, hidden = self._live.kinds(visit.tenant), self._live.unmapped(visit.tenant)
        each: dict[int, int] = {}
        for row in board.rows.values():
            if len(found) >= PLACES:
                break
            if each.get(row.kind, 0) >= OF_A_KIND:
                continue
            named = row.lon is not None and all(w in row.name.casefold() for w in wanted)
            if named and shown(kinds.list[row.kind].iri, readable, hidden):
                kind = kinds.shown(visit.language)[row.kind].label
                each[row.kind] = each.get(row.kind, 0) + 1
                found.append(PlaceFound(label=row.name, detail=kind, lon=row.lon, lat=row.lat, entity=row.id))
        return answer(found)

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Reports it. What is wrong stands beside its field, and what was typed stays."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        typed = dict(data)
        wrong = _wrong(typed, visit.language)
        conflict = None
        if not wrong:
            try:
                made = await asyncio.to_thread(self._report, visit, typed)
                suffix = "/dispatch" if self._visits.may(visit, "units.dispatch") else ""
                return Redirect(address(made, suffix), status_code=303)
            except Conflict as refusal:
                sentence = words(visit.language)("An incident has come of this alert already, and is worked on.")
                conflict = (address(str(refusal.extra.get("incident", ""))), sentence)
            except Refused as refusal:
                wrong = {"": told(refusal.detail, visit.language)}
        page = await asyncio.to_thread(self._page, visit, typed, wrong, conflict)
        return self._pages.render("pages/incident_new.html", page, status=409 if conflict else 400)

    async def note(self, request: AnyRequest, data: Form) -> Response[Any]:
        """It is the same: what was typed goes into the log of that one."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        typed = dict(data)
        text = "\n".join(part for part in (typed.get("text", "").strip(), typed.get("address", "").strip()) if part)

        def act() -> str:
            board = self._board(visit)
            title, source = typed.get("title", ""), typed.get("source", "")
            return board.note_report(typed.get("same", ""), title, text, source).id

        return Redirect(address(await asyncio.to_thread(act)), status_code=303)

    def _board(self, visit: Visit) -> BoardDesk:
        return BoardDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _begun(self, visit: Visit, typed: dict[str, str]) -> dict[str, str]:
        """What the form starts with: from the alert, or from the words of the command line."""
        typed = dict(typed)
        if typed["alert"] and self._rooms.insight is not None and self._visits.may(visit, "alerts.read"):
            alert = self._rooms.insight.alert(visit.tenant, typed["alert"])
            typed["title"] = typed["title"] or f"{alert.title[visit.language]}: {alert.entity_name}"[:200]
            typed["text"] = typed["text"] or alert.text[visit.language]
            typed["severity"], typed["entity"] = alert.severity, alert.entity
            if alert.location is not None:
                typed["position"] = f"{alert.location[1]:.5f}, {alert.location[0]:.5f}"
            typed["address"] = typed["address"] or alert.entity_name
        typed["type"] = typed["type"] or self._guess(visit, typed)
        return typed

    def _guess(self, visit: Visit, typed: dict[str, str]) -> str:
        """The type whose name stands in the words, or that deals with such things."""
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        text = typed["title"].casefold()
        for kind in desk.things(IncidentType).values():
            names = (kind.id, kind.title.de, kind.title.en)
            if any(name.casefold() in text for name in names if len(name) > 3):
                return kind.id
        return "flood" if ":WaterObserved:" in typed["entity"] else ""

    def _report(self, visit: Visit, typed: dict[str, str]) -> str:
        """The new incident's id."""
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        given = _given(typed, visit.principal.source)
        asked = tuple(agency.id for agency in desk.responsible(given.type, given.place.location))
        given = msgspec.structs.replace(given, agencies=asked)
        if not typed.get("alert", ""):
            return desk.report(given)[0].id
        alert = self._rooms.insight.alert(visit.tenant, typed["alert"])
        given = msgspec.structs.replace(given, alerts=(alert.id,), source=f"alert:{alert.id}")
        return self._board(visit).report_once(given, again=bool(typed.get("again"))).id

    def _page(
        self, visit: Visit, typed: dict[str, str], wrong: dict[str, str], conflict: tuple[str, str] | None
    ) -> NewPage:
        say, language, settings = words(visit.language), visit.language, self._rooms.settings
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        kinds = desk.things(IncidentType)
        compared = len(typed.get("title", "").strip()) > 2 or bool(typed.get("position", "").strip())
        return NewPage(
            frame=self._visits.frame(visit, "incidents", "New incident"),
            island=Island(
                language=language,
                timezone=settings.timezone,
                words=say.some(ISLAND_TEXTS),
                map_style=settings.map_style,
                pmtiles="/web/map.pmtiles" if settings.map_pmtiles else "",
                csrf=visit.csrf,
            ),
            typed={name: typed.get(name, "") for name in FIELDS},
            wrong=wrong,
            conflict=conflict,
            types=[
                (k.id, k.title[language], k.severity, k.urgency)
                for k in sorted(kinds.values(), key=lambda k: k.title[language])
            ],
            severities={s: say(SEVERITY[s]) for s in reversed(SEVERITIES)},
            urgencies={u: say(URGENCY_WORDS[u]) for u in reversed(URGENCIES)},
            sources={k: say(v) for k, v in SOURCES.items()},
            districts=list(districts()),
            same=self._same(visit, typed) if compared else [],
            asked=compared,
        )

    def _same(self, visit: Visit, typed: dict[str, str]) -> list[Same]:
        say, now = words(visit.language), self._rooms.clock()
        try:
            given = _given(typed, "")
        except BadRequestData:
            return []  # the form says what is wrong when it is sent
        return [
            Same(
                id=like.incident.id,
                path=address(like.incident.id),
                number=short(like.incident.number),
                title=like.incident.title,
                state=say(STATES[like.incident.state]),
                severity=STATE[like.incident.severity],
                severity_word=say(SEVERITY[like.incident.severity]),
                exercise=like.incident.exercise,
                percent=round(like.score * 100),
                metres=like.distance_m,
                apart_us=round(like.apart_s) * SECOND,
                words=list(like.words),
                text=like.incident.text[:240],
            )
            for like in self._board(visit).like(given, now)
        ]


def _given(typed: dict[str, str], who: str) -> Report:
    """What the form says. Raises: BadRequestData: the position is none."""
    district = districts().get(typed.get("district", ""))
    location = _position(typed.get("position", ""))
    source = typed.get("source", "")
    return Report(
        type=typed.get("type", ""),
        title=typed.get("title", "").strip(),
        text=typed.get("text", "").strip(),
        place=Place(
            location=location,
            address=typed.get("address", "").strip()[:300],
            entity=typed.get("entity", "").strip()[:300],
            area=district.geometry if district else None,
        ),
        severity=next((s for s in SEVERITIES if s == typed.get("severity")), None),
        urgency=next((u for u in URGENCIES if u == typed.get("urgency")), None),
        entities=(typed["entity"].strip()[:300],) if typed.get("entity", "").strip() else (),
        exercise=bool(typed.get("exercise")),
        source=f"{source}:{who}" if source in SOURCES else "",
    )


def _position(text: str) -> tuple[float, float] | None:
    """(lon, lat) of "51.4554, 6.7279" or "51,4554 6,7279": the latitude first, as people write it.

    Raises: BadRequestData.
    """
    if not text.strip():
        return None
    parts = text.replace(";", " ").replace(", ", " ").split()
    if len(parts) == 1:
        parts = text.split(",")
    try:
        lat, lon = (float(part.strip().rstrip(",").replace(",", ".")) for part in parts)
    except ValueError:
        raise BadRequestData("A position is a latitude and a longitude, as 51.4554, 6.7279") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadRequestData("A position is a latitude and a longitude, as 51.4554, 6.7279")
    return lon, lat


def _wrong(typed: dict[str, str], language: str) -> dict[str, str]:
    """What is wrong with the form, by field."""
    say, found = words(language), dict[str, str]()
    if not typed.get("type", ""):
        found["type"] = say("Choose what kind of incident it is.")
    if not typed.get("title", "").strip():
        found["title"] = say("Say in a few words what happened.")
    try:
        _position(typed.get("position", ""))
    except BadRequestData:
        found["position"] = say("Write latitude and longitude, as 51.4554, 6.7279, or click on the map.")
    return found


def _of_district(name: str) -> PlaceFound:
    import shapely

    middle = shapely.geometry.shape(districts()[name].geometry).representative_point()
    return PlaceFound(label=name, detail="", lon=round(middle.x, 5), lat=round(middle.y, 5), district=name)


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> list[Any]:
    page = NewIncident(rooms, pages, visits, live)
    return [
        get("/incidents/new")(page.show),
        post("/incidents/new")(page.save),
        post("/incidents/new/like", status_code=200)(page.like),
        post("/incidents/new/note")(page.note),
        get("/web/places")(page.places),
    ]
