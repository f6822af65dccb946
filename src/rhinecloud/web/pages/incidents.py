"""*Incidents*: the board of those that are worked on, and the list in which all are found."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
from litestar import Response, get
from markupsafe import Markup

from rhinecloud.operations import SEVERITIES, Asked, BoardDesk, Desk, Incident, IncidentType
from rhinecloud.web.incident_tabs import OVER, address
from rhinecloud.web.incident_words import STATE_ICONS, STATES
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.live import Live
from rhinecloud.web.live_boards import Boards
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY, STATE
from rhinecloud.web.strips import COLUMNS, speech_rows, strip_row, tile_row
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .alerts import day_of, midnight
from .forms import PAGE, is_part
from .forms import address as query_address

MOST: Final = 1000
"""How far the list counts; more are "more than 1000"."""
CHOICES: Final = {
    "active": N_("worked on"),
    "over": N_("over"),
    "all": N_("all"),
}
DRILLS: Final = {"": N_("real and drills"), "no": N_("real ones"), "yes": N_("drills")}


class Group(msgspec.Struct, kw_only=True):
    """A column, or an agency's units, as it is drawn."""

    key: str
    label: str
    icon: str
    html: Markup
    count: int


class BoardPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    mark: str  # of the live line
    columns: list[Group]
    units: list[Group]
    speech: Markup
    speaking: int
    total: int
    types: dict[str, str]
    may_manage: bool
    may_dispatch: bool


class ListRow(msgspec.Struct, kw_only=True):
    path: str
    number: str
    title: str
    kind: str
    place: str
    state: str
    state_word: str
    state_icon: str
    over: bool
    severity: int
    severity_word: str
    exercise: bool
    reported_us: int
    agencies: str


class ListPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    rows: list[ListRow]
    total: int
    most: int
    newer: str  # address; ""
    older: str
    search: str
    state: str
    states: dict[str, str]
    type: str
    types: dict[str, str]
    severity: str
    severities: dict[str, str]
    agency: str
    agencies: dict[str, str]
    drill: str
    drills: dict[str, str]
    first: str
    last: str
    may_manage: bool


class IncidentsScreen:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live, boards: Boards) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._live, self._boards = live, boards

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The board; `?view=list` the list."""
        visit = await self._visits.in_centre(request, "incidents.read")
        if request.query_params.get("view") == "list":
            return await self._list(request, visit)
        mark = (await self._live.channel(visit.tenant)).mark
        page = await asyncio.to_thread(self._board, visit, mark)
        return self._pages.render("pages/incidents.html", page)

    def _board(self, visit: Visit, mark: str) -> BoardPage:
        language, say = visit.language, words(visit.language)
        seat = self._rooms.operations.seat(visit.tenant, visit.principal)
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        board, kinds = BoardDesk(seat), desk.things(IncidentType)
        strips = board.strips(self._rooms.clock())
        self._boards.note(visit.tenant, strips, ())
        rows = [strip_row(s, kinds, language) for s in strips]
        columns = []
        for column in COLUMNS:
            mine = [self._boards.drawer.strip(r, language) for r in rows if r.column == column.key]
            columns.append(
                Group(
                    key=column.key,
                    label=say(column.label),
                    icon=column.icon,
                    html=Markup("".join(mine)),  # noqa: S704 - drawn by our own template
                    count=len(mine),
                )
            )
        units, waiting = unit_groups(self._boards, visit, board, desk)
        return BoardPage(
            frame=self._visits.frame(visit, "incidents", "Incidents"),
            island=Island(
                language=language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                csrf=visit.csrf,
            ),
            mark=mark,
            columns=columns,
            units=units,
            speech=waiting[0],
            speaking=waiting[1],
            total=sum(desk.counts().values()),
            types={k: v.title[language] for k, v in sorted(kinds.items(), key=lambda kv: kv[1].title[language])},
            may_manage=self._visits.may(visit, "incidents.manage"),
            may_dispatch=self._visits.may(visit, "units.dispatch"),
        )

    async def _list(self, request: AnyRequest, visit: Visit) -> Response[Any]:
        page = await asyncio.to_thread(self._listed, request, visit)
        template = "parts/incident_table.html" if is_part(request) else "pages/incident_list.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    def _listed(self, request: AnyRequest, visit: Visit) -> ListPage:
        say, language, query = words(visit.language), visit.language, request.query_params
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        timezone = self._rooms.settings.timezone
        kinds, titles = desk.things(IncidentType), self._boards.agencies(visit.tenant)
        asked = asked_of(query, kinds, timezone)
        found = desk.incidents(msgspec.structs.replace(asked, limit=PAGE + 1))
        shown, newer, older = _pages(found, asked)
        first, last = day_of(query.get("first", "")), day_of(query.get("last", ""))
        return ListPage(
            frame=self._visits.frame(visit, "incidents", "Incidents"),
            island=Island(language=language, timezone=timezone, words=say.some(ISLAND_TEXTS), csrf=visit.csrf),
            rows=[_row(i, kinds, titles, language) for i in shown],
            total=desk.total(asked, MOST),
            most=MOST,
            newer=query_address(request, after=shown[0].id, before="") if newer and shown else "",
            older=query_address(request, before=shown[-1].id, after="") if older and shown else "",
            search=query.get("q", "")[:200],
            state=query.get("state", "") if query.get("state", "") in {*CHOICES, *STATES} else "all",
            states={k: say(v) for k, v in (CHOICES | STATES).items()},
            type=query.get("type", "")[:80],
            types={k: v.title[language] for k, v in sorted(kinds.items(), key=lambda kv: kv[1].title[language])},
            severity=query.get("severity", ""),
            severities={s: say(SEVERITY[s]) for s in reversed(SEVERITIES)},
            agency=query.get("agency", "")[:80],
            agencies=titles,
            drill=query.get("drill", ""),
            drills={k: say(v) for k, v in DRILLS.items()},
            first=first.isoformat() if first else "",
            last=last.isoformat() if last else "",
            may_manage=self._visits.may(visit, "incidents.manage"),
        )


def unit_groups(boards: Boards, visit: Visit, board: BoardDesk, desk: Desk) -> tuple[list[Group], tuple[Markup, int]]:
    """The units by agency, and who waits to speak with how many they are. Blocking."""
    titles, language = boards.agencies(visit.tenant), visit.language
    tiles = board.tiles()
    boards.note(visit.tenant, (), tiles)
    waiting = speech_rows(desk.waiting(), {t.unit.id: t for t in tiles}, language)
    by_agency: dict[str, list[Any]] = {}
    for row in sorted((tile_row(t, titles, language) for t in tiles), key=lambda r: r.rank):
        by_agency.setdefault(row.agency, []).append(row)
    groups = [
        Group(
            key=agency,
            label=titles.get(agency, agency),
            icon="users",
            html=Markup("".join(boards.drawer.tile(r, language) for r in rows)),  # noqa: S704 - our own template
            count=len(rows),
        )
        for agency, rows in sorted(by_agency.items(), key=lambda kv: titles.get(kv[0], kv[0]))
    ]
    return groups, (Markup(boards.drawer.speech(waiting, language)), len(waiting))  # noqa: S704 - our own template


def asked_of(query: Any, kinds: Mapping[str, IncidentType], timezone: str) -> Asked:
    """What an address asks of the list; days are those of a time zone."""
    state, first, last = query.get("state", ""), day_of(query.get("first", "")), day_of(query.get("last", ""))
    return Asked(
        states=(state,) if state in ("active", "over") or state in STATES else (),
        types=(query["type"],) if query.get("type", "") in kinds else (),
        severities=(query["severity"],) if query.get("severity", "") in SEVERITIES else (),
        agencies=(query["agency"][:80],) if query.get("agency", "") else (),
        text=query.get("q", "")[:200],
        exercise={"yes": True, "no": False}.get(query.get("drill", "")),
        since_us=midnight(first, timezone) if first else None,
        until_us=midnight(last + timedelta(days=1), timezone) if last else None,
        before=(0, query["before"][:40]) if query.get("before", "") else None,
        after=(0, query["after"][:40]) if query.get("after", "") and not query.get("before", "") else None,
    )


def _pages(found: list[Incident], asked: Asked) -> tuple[list[Incident], bool, bool]:
    """The page of what was found with one more than fits, and whether there are newer and older ones."""
    more = len(found) > PAGE
    if asked.after is not None:
        return found[-PAGE:], more, True
    return found[:PAGE], asked.before is not None, more


def _row(incident: Incident, kinds: Mapping[str, IncidentType], titles: Mapping[str, str], language: str) -> ListRow:
    say, place = words(language), incident.place
    return ListRow(
        path=address(incident.id),
        number=incident.number,
        title=incident.title,
        kind=kinds[incident.type].title[language] if incident.type in kinds else incident.type,
        place=place.address or (f"{place.location[1]:.4f}, {place.location[0]:.4f}" if place.location else ""),
        state=incident.state,
        state_word=say(STATES[incident.state]),
        state_icon=STATE_ICONS[incident.state],
        over=incident.state in OVER,
        severity=STATE[incident.severity],
        severity_word=say(SEVERITY[incident.severity]),
        exercise=incident.exercise,
        reported_us=incident.reported_us,
        agencies=", ".join(titles.get(a, a) for a in incident.agencies),
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live, boards: Boards) -> list[Any]:
    screen = IncidentsScreen(rooms, pages, visits, live, boards)
    return [get("/incidents")(screen.show)]
