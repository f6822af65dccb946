"""The room of one incident: its tabs, declared once, and the head that stands above each of them.

A page of a tab asks `Heads.open` who looks at which incident, and gives `Heads.head` to its template as `page.head`;
that template extends `incident_frame.html` and fills the block `tab`. A tab is offered when its page is built in and
the visit may do what it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.operations import Agency, Clock, Desk, Incident, IncidentType

from .incident_words import STATE_ICONS, STATES, TARGETS, URGENCIES
from .island import ISLAND_TEXTS, Island
from .language import N_, words
from .rooms import Rooms
from .sentence import SEVERITY, STATE
from .visits import AnyRequest, Frame, Visit, Visits

PATH: Final = "/incidents/{incident_id:str}"
READ_AGAIN_US: Final = 900 * SECOND
OVER: Final = frozenset(("closed", "reviewed", "cancelled", "duplicate", "merged", "split"))


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One tab. `label` is English; translated where it is shown."""

    key: str
    suffix: str  # after /incidents/{id}
    icon: str
    label: str
    action: str = "incidents.read"


TABS: Final = (
    Tab(key="room", suffix="", icon="layout-dashboard", label=N_("Room")),
    Tab(key="picture", suffix="/picture", icon="map", label=N_("Picture")),
    Tab(key="dispatch", suffix="/dispatch", icon="truck", label=N_("Units")),
    Tab(key="messages", suffix="/messages", icon="inbox", label=N_("Messages")),
    Tab(key="log", suffix="/log", icon="scroll-text", label=N_("Log")),
    Tab(key="tasks", suffix="/tasks", icon="list-checks", label=N_("Tasks")),
    Tab(key="playbooks", suffix="/playbooks", icon="book-open-check", label=N_("Playbooks")),
    Tab(key="warnings", suffix="/warnings", icon="megaphone", label=N_("Warnings")),
    Tab(key="sections", suffix="/sections", icon="network", label=N_("Sections")),
    Tab(key="staff", suffix="/staff", icon="users", label=N_("Staff")),
    Tab(key="handover", suffix="/handover", icon="replace", label=N_("Handover")),
    Tab(key="report", suffix="/report", icon="file-text", label=N_("Report")),
    Tab(key="review", suffix="/review", icon="target", label=N_("Review")),
)


class TabLink(msgspec.Struct, kw_only=True):
    """A tab as a page shows it."""

    key: str
    path: str
    icon: str
    label: str
    current: bool


class ClockFace(msgspec.Struct, kw_only=True):
    """A target that runs out, or ran out."""

    label: str  # what has to be reached
    state: str  # Clock.state
    due_us: int
    reached_us: int | None
    within_s: float


class Here(msgspec.Struct, kw_only=True):
    """Somebody who looks at the incident now."""

    name: str
    agency: str  # its title; "": none
    me: bool = False


class Head(msgspec.Struct, kw_only=True):
    """What stands above every tab of an incident."""

    id: str
    path: str  # /incidents/{id}
    tab: str  # key of the tab that is shown
    number: str
    version: int
    title: str
    kind: str  # title of its type
    state: str
    state_word: str
    state_icon: str
    over: bool
    severity: int  # place among the states
    severity_word: str
    urgency_word: str
    exercise: bool
    restricted: bool
    place: str
    reported_us: int
    agencies: list[str]  # titles of who takes part
    clocks: list[ClockFace]  # those that run, the first to run out in front
    here: list[Here]
    tabs: list[TabLink]
    may_manage: bool
    island: Island


class Opened(msgspec.Struct, kw_only=True):
    """An incident that somebody looks at, who may."""

    visit: Visit
    desk: Desk
    incident: Incident
    tab: str


class Heads:
    """Opens incidents for pages, and makes the heads above them."""

    def __init__(self, rooms: Rooms, visits: Visits) -> None:
        self._rooms, self._visits = rooms, visits
        self._read: dict[tuple[str, str, str], int] = {}  # when somebody's reading was noted last

    async def open(
        self, request: AnyRequest, incident_id: str, tab: str = "room", action: str = "incidents.read"
    ) -> Opened:
        """Who looks at which incident.

        Raises:
            Unauthorized, Forbidden. ResourceNotFound: there is none, or not for them.
        """
        visit = await self._visits.in_centre(request, action)
        desk: Desk = await asyncio.to_thread(self._rooms.operations.desk, visit.tenant, visit.principal)
        incident = await asyncio.to_thread(desk.incident, incident_id)
        return Opened(visit=visit, desk=desk, incident=incident, tab=tab)

    async def note_reading(self, opened: Opened) -> None:
        """Who read an incident, with what people wrote in it, stands in the audit log; once in a while is enough."""
        visit, now = opened.visit, self._rooms.clock()
        key = (visit.tenant, opened.incident.id, visit.principal.source)
        if now - self._read.get(key, 0) > READ_AGAIN_US:
            if len(self._read) > 10_000:
                self._read.clear()
            self._read[key] = now
            await self._rooms.access.record(
                visit.principal, "incident.read", opened.incident.number, tenant=visit.tenant
            )

    def frame(self, opened: Opened, title: str = "") -> Frame:
        """The frame around a tab; without a title that of the incident."""
        shown = title or f"{opened.incident.number} {opened.incident.title}"
        return self._visits.frame(opened.visit, "incidents", shown)

    async def head(self, opened: Opened) -> Head:
        return await asyncio.to_thread(self._head, opened)

    def agencies(self, visit: Visit) -> dict[str, str]:
        """Titles of all agencies of the tenant, by id; blocking."""
        found = {a.name: a.title for a in self._rooms.access.tenants.agencies(visit.tenant)}
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        return found | {a.id: a.title[visit.language] for a in desk.things(Agency).values()}

    def _head(self, opened: Opened) -> Head:
        visit, desk, incident = opened.visit, opened.desk, opened.incident
        say = words(visit.language)
        kind = desk.things(IncidentType).get(incident.type)
        titles = self.agencies(visit)
        running = [c for c in desk.clocks(incident.id, self._rooms.clock()) if c.state in ("running", "overdue")]
        place = incident.place
        return Head(
            id=incident.id,
            path=address(incident.id),
            tab=opened.tab,
            number=incident.number,
            version=incident.version,
            title=incident.title,
            kind=kind.title[visit.language] if kind else incident.type,
            state=incident.state,
            state_word=say(STATES[incident.state]),
            state_icon=STATE_ICONS[incident.state],
            over=incident.state in OVER,
            severity=STATE[incident.severity],
            severity_word=say(SEVERITY[incident.severity]),
            urgency_word=say(URGENCIES[incident.urgency]),
            exercise=incident.exercise,
            restricted=incident.restricted,
            place=place.address or (f"{place.location[1]:.5f}, {place.location[0]:.5f}" if place.location else ""),
            reported_us=incident.reported_us,
            agencies=[titles.get(a, a) for a in incident.agencies],
            clocks=[_face(c, visit.language) for c in running],
            here=self.here(opened, titles),
            tabs=self._tabs(visit, incident.id, opened.tab),
            may_manage=self._visits.may(visit, "incidents.manage"),
            island=Island(
                language=visit.language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                csrf=visit.csrf,
                map_style=self._rooms.settings.map_style,
                pmtiles="/web/map.pmtiles" if self._rooms.settings.map_pmtiles else "",
            ),
        )

    def here(self, opened: Opened, titles: Mapping[str, str]) -> list[Here]:
        """Who looks at the incident now."""
        visit = opened.visit
        return [
            Here(name=p.name, agency=titles.get(p.agency, p.agency), me=p.who == visit.principal.source)
            for p in self._rooms.operations.presence.present(visit.tenant, opened.incident.id)
        ]

    def _tabs(self, visit: Visit, incident_id: str, current: str) -> list[TabLink]:
        say = words(visit.language)
        return [
            TabLink(
                key=tab.key,
                path=address(incident_id, tab.suffix),
                icon=tab.icon,
                label=say(tab.label),
                current=tab.key == current,
            )
            for tab in TABS
            if self._visits.navigation.has(PATH + tab.suffix) and self._visits.may(visit, tab.action)
        ]


def address(incident_id: str, suffix: str = "") -> str:
    """Where an incident, or a tab of it, is."""
    return f"/incidents/{quote(incident_id, safe='')}{suffix}"


def _face(clock: Clock, language: str) -> ClockFace:
    say = words(language)
    return ClockFace(
        label=say(TARGETS.get(clock.target.end, STATES.get(clock.target.end, clock.target.end))),
        state=clock.state,
        due_us=clock.due_us or 0,
        reached_us=clock.reached_us,
        within_s=clock.target.within_s,
    )


def kept(data: Any) -> dict[str, str]:
    """What was typed into a form, for showing it again."""
    return {k: v for k, v in data.items() if isinstance(v, str) and not k.startswith("_")}
