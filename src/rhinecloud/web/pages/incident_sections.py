"""*Sections of an incident* (Einsatzabschnitte): the tree of its parts with leaders, and which units work where."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Refused
from rhinecloud.operations import Section, UnitKind, collaboration
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

DONE: Final = {
    "saved": N_("The sections are kept."),
    "moved": N_("The unit works there now."),
}


class SectionUnit(msgspec.Struct, kw_only=True):
    assignment: int
    name: str
    digit: str
    status: str
    crew: int


class SectionRow(msgspec.Struct, kw_only=True):
    """A section with its units; the reserve has no id."""

    id: str
    title: str
    leader: str
    agency: str
    agency_title: str
    above: str
    depth: int
    units: list[SectionUnit]
    crew: int


class SectionsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    rows: list[SectionRow]  # in the order of the tree
    reserve: SectionRow
    places: list[tuple[str, str]]  # where a unit may be put: (id, title)
    agencies: list[tuple[str, str]]
    wrong: dict[str, str]
    typed: dict[str, str]


class IncidentSections:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._pages = pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The tree; `?part=1` it alone."""
        opened = await self._heads.open(request, incident_id, "sections")
        query = request.query_params
        page = await self._page(opened, said=DONE.get(query.get("done", ""), ""))
        template = "parts/incident_sections.html" if query.get("part") else "pages/incident_sections.html"
        return self._pages.render(template, page)

    async def save(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """A new section, or another form of one; `act=remove` takes it away."""
        opened = await self._heads.open(request, incident_id, "sections", "incidents.manage")
        sections, chosen = list(opened.incident.sections), data.get("section", "")

        def act() -> None:
            given = Section(
                id=chosen or _new_id(data.get("title", ""), {s.id for s in sections}),
                title=data.get("title", "").strip(),
                leader=data.get("leader", "").strip()[:120],
                agency=data.get("agency", "") if data.get("agency", "") in opened.incident.agencies else "",
                above=data.get("above", ""),
            )
            if data.get("act") == "remove":
                left = [s for s in sections if s.id != chosen]
                left = [msgspec.structs.replace(s, above="") if s.above == chosen else s for s in left]
            elif chosen:
                left = [given if s.id == chosen else s for s in sections]
            else:
                left = [*sections, given]
            text = data.get("version", "")
            if not text.isdecimal() or len(text) > 9:
                raise BadRequestData("This form has no version; load the page again")
            collaboration.RoomDesk(opened.desk.seat).save_sections(opened.incident.id, left, int(text))

        return await self._act(request, opened, act, "saved", data)

    async def move(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """A unit works in another section from now on."""
        opened = await self._heads.open(request, incident_id, "sections", "incidents.manage")
        text = data.get("assignment", "")

        def act() -> None:
            number = int(text) if text.isdecimal() and len(text) < 15 else 0
            desk = collaboration.RoomDesk(opened.desk.seat)
            desk.into_section(opened.incident.id, number, data.get("section", ""))

        return await self._act(request, opened, act, "moved", {})

    async def _act(
        self, request: AnyRequest, opened: Opened, act: Any, done: str, fields: dict[str, str]
    ) -> Response[Any]:
        try:
            await asyncio.to_thread(act)
        except Refused as refusal:
            again = await self._heads.open(request, opened.incident.id, "sections")
            page = await self._page(again, wrong=told(refusal.detail, opened.visit.language), typed=fields)
            return self._pages.render("pages/incident_sections.html", page, status=refusal.status)
        return Redirect(address(opened.incident.id, f"/sections?done={done}"), status_code=303)

    async def _page(self, opened: Opened, **more: Any) -> SectionsPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._made, opened, head, more)

    def _made(self, opened: Opened, head: Head, more: dict[str, Any]) -> SectionsPage:
        visit, incident = opened.visit, opened.incident
        titles, say = self._heads.agencies(visit), words(visit.language)
        units = self._units(opened)

        def row(section: Section, depth: int) -> SectionRow:
            mine = units.get(section.id, [])
            return SectionRow(
                id=section.id,
                title=section.title,
                leader=section.leader,
                agency=section.agency,
                agency_title=titles.get(section.agency, section.agency),
                above=section.above,
                depth=min(depth, 3),
                units=mine,
                crew=sum(u.crew for u in mine),
            )

        wrong = more.get("wrong", "")
        return SectionsPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(more.get("said", "")),
            rows=[row(section, depth) for section, depth in tree(incident.sections)],
            reserve=row(Section(id="", title=say(N_("Reserve"))), 0),
            places=[("", say(N_("Reserve"))), *((s.id, s.title) for s in incident.sections)],
            agencies=[(a, titles.get(a, a)) for a in incident.agencies],
            wrong={"form": wrong} if wrong else {},
            typed=more.get("typed", {}),
        )

    def _units(self, opened: Opened) -> dict[str, list[SectionUnit]]:
        """Section → units at work in it."""
        desk, language = opened.desk, opened.visit.language
        known, kinds = {u.id: u for u in desk.units()}, desk.things(UnitKind)
        found: dict[str, list[SectionUnit]] = {}
        for assignment in desk.assignments(opened.incident.id):
            unit = known.get(assignment.unit)
            if assignment.closed_us is None and unit is not None:
                status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
                found.setdefault(assignment.section, []).append(
                    SectionUnit(
                        assignment=assignment.id,
                        name=unit.name,
                        digit=unit.status,
                        status=status.label[language] if status else "",
                        crew=unit.crew,
                    )
                )
        return {section: sorted(mine, key=lambda u: u.name) for section, mine in found.items()}


def tree(sections: Sequence[Section], above: str = "", depth: int = 0) -> list[tuple[Section, int]]:
    """Each section behind the one that it belongs to, and how deep it lies."""
    made: list[tuple[Section, int]] = []
    for section in sections:
        if section.above == above:
            made += [(section, depth), *tree(sections, section.id, depth + 1)]
    return made


def _new_id(title: str, known: set[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40] or "section"
    return plain if plain not in known else f"{plain}-{secrets.token_hex(2)}"


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentSections(rooms, pages, visits)
    return [
        get(f"{PATH}/sections")(page.show),
        post(f"{PATH}/sections")(page.save),
        post(f"{PATH}/sections/units")(page.move),
    ]
