"""*Situation report* of an incident: what is known stands in it already; what a person knows is typed beside it; one
click releases it as a PDF, enters it in the log and sends it. Released ones stay, by number.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations import Agency, reporting
from rhinecloud.web.geography import ground
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import NAMES, words
from rhinecloud.web.live import Live
from rhinecloud.web.picture_data import PictureData
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.report_figures import figures
from rhinecloud.web.room_parts import moment_of
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

DAY_US: Final = 86_400 * SECOND
TEXTS: Final = ("situation", "weather", "damage", "forces", "expected_2h", "expected_6h", "expected_24h", "remarks")
_ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+\Z")


class Recipient(msgspec.Struct, kw_only=True):
    key: str  # "agency:fire"
    label: str
    chosen: bool


class Kept(msgspec.Struct, kw_only=True):
    """A report that was released."""

    number: int
    at_us: int
    name: str
    path: str
    kilobytes: int
    to: list[str]
    seq: int
    newest: bool


class ReportPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    draft: reporting.Content
    kept: list[Kept]
    typed: dict[str, str]
    persons: list[tuple[str, str, str]]  # key, label, count as it was typed
    recipients: list[Recipient]
    languages: dict[str, str]
    may_release: bool
    error: str
    said: str


class ReportScreens:
    """The handlers of the report."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> None:
        self._rooms, self._pages, self._visits, self._live = rooms, pages, visits, live
        self._heads = Heads(rooms, visits)
        self._picture = PictureData(rooms, self._heads)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """What it would say now, the form beside it, and those that were released."""
        opened = await self._heads.open(request, incident_id, "report")
        number = request.query_params.get("done", "")
        said = (
            words(opened.visit.language)("Report %(number)s is released.") % {"number": number}
            if number.isdecimal()
            else ""
        )
        return await self._page(opened, None, said=said)

    async def release(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Releases it; `do=preview` gives the document as it would be, and `do=look` the page with what was typed."""
        opened = await self._heads.open(request, incident_id, "report", "incidents.manage")
        language = data.get("language", "") if data.get("language") in NAMES else opened.visit.language
        try:
            typed, to = self._typed(data), _recipients(data)
            draft = await self._draft(opened, language, typed)
            if data.get("do") == "look":
                return await self._page(opened, data, draft=draft)
            desk, places = self._desk(opened), await self._picture.positions(opened)
            if data.get("do") == "preview":
                made = await asyncio.to_thread(desk.document, draft, opened.incident.id, places)
                return _pdf(made, f"{_name(draft)}-entwurf.pdf")
            released = await asyncio.to_thread(
                lambda: desk.release(opened.incident.id, draft, typed, to=to, places=places)
            )
        except (BadRequestData, Conflict) as refused:
            return await self._page(opened, data, error=told(refused.detail, opened.visit.language))
        await self._rooms.access.record(
            opened.visit.principal,
            "incident.report",
            opened.incident.id,
            tenant=opened.visit.tenant,
            number=released.number,
            to=list(to),
        )
        return Redirect(f"{address(opened.incident.id, '/report')}?done={released.number}", status_code=303)

    async def document(self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int]) -> Response[Any]:
        """A released report."""
        opened = await self._heads.open(request, incident_id, "report")
        found, file = await asyncio.to_thread(self._desk(opened).open, opened.incident.id, number)
        with file:
            made = await asyncio.to_thread(file.read)
        name = f"{'lagebericht' if found.language == 'de' else 'report'}-{found.number}-{opened.incident.number}.pdf"
        return _pdf(made, name)

    def _desk(self, opened: Opened) -> reporting.ReportDesk:
        frame = self._heads.frame(opened)
        zone = self._rooms.settings.timezone
        return reporting.ReportDesk(opened.desk.seat, city=frame.tenant_title, zone=zone, ground=ground())

    async def _draft(self, opened: Opened, language: str, typed: reporting.Typed | None) -> reporting.Content:
        kinds = self._live.kinds(opened.visit.tenant)
        known = await figures(self._rooms, kinds, opened.visit.tenant, opened.incident, language)
        titles = await asyncio.to_thread(self._titles, opened, language)
        desk = self._desk(opened)
        return await asyncio.to_thread(
            lambda: desk.draft(opened.incident.id, language, typed, figures=known, titles=titles)
        )

    def _titles(self, opened: Opened, language: str) -> dict[str, str]:
        found = self._heads.agencies(opened.visit)
        return found | {a.id: a.title[language] for a in opened.desk.things(Agency).values()}

    async def _page(
        self,
        opened: Opened,
        data: Mapping[str, str] | None,
        *,
        draft: reporting.Content | None = None,
        error: str = "",
        said: str = "",
    ) -> Response[Any]:
        language, desk = opened.visit.language, self._desk(opened)
        if draft is None:
            draft = await self._draft(opened, language, None)
        carried = await asyncio.to_thread(desk.carried, opened.incident.id)
        kept = await asyncio.to_thread(desk.released, opened.incident.id)
        titles = await asyncio.to_thread(self._titles, opened, language)
        given = dict(data) if data is not None else {name: getattr(carried, name) for name in TEXTS}
        counts = (
            {k: given.get(f"persons_{k}", "") for k in reporting.PERSONS}
            if data is not None
            else {k: str(carried.persons.get(k, "") or "") for k in reporting.PERSONS}
        )
        last = kept[0].to if kept else ()
        page = ReportPage(
            frame=self._heads.frame(opened),
            head=await self._heads.head(opened),
            draft=draft,
            kept=[self._kept(opened, r, titles, n == 0) for n, r in enumerate(kept)],
            typed={"language": language, "mail": ", ".join(t[7:] for t in last if t.startswith("mailto:"))} | given,
            persons=[(k, reporting.PERSONS[k][language], counts[k]) for k in reporting.PERSONS],
            recipients=[
                Recipient(
                    key=f"agency:{a}",
                    label=titles.get(a, a),
                    chosen=f"to_{a}" in given if data is not None else f"agency:{a}" in last,
                )
                for a in opened.incident.agencies
            ],
            languages=dict(NAMES),
            may_release=self._visits.may(opened.visit, "incidents.manage"),
            error=error,
            said=said,
        )
        return self._pages.render("pages/report.html", page, status=400 if error else 200)

    def _kept(self, opened: Opened, report: reporting.Released, titles: dict[str, str], newest: bool) -> Kept:
        return Kept(
            number=report.number,
            at_us=report.at_us,
            name=report.name or report.who,
            path=f"{address(opened.incident.id, '/report')}/{report.number}",
            kilobytes=max(1, report.size // 1000),
            to=[titles.get(t.partition(":")[2], t.partition(":")[2]) for t in report.to],
            seq=report.seq,
            newest=newest,
        )

    def _typed(self, data: Mapping[str, str]) -> reporting.Typed:
        counts = {}
        for key in reporting.PERSONS:
            text = data.get(f"persons_{key}", "").strip()
            if text and (not text.isdecimal() or len(text) > 7):
                raise BadRequestData("A count of people is a number from 0")
            if text and int(text):
                counts[key] = int(text)
        texts = {name: data.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
        now = self._rooms.clock()
        then = moment_of(data.get("next", ""), self._rooms.settings.timezone, now)
        following = then + DAY_US if then is not None else None
        return reporting.Typed(**texts, persons=counts, next_us=following)


def _recipients(data: Mapping[str, str]) -> tuple[str, ...]:
    """Raises: BadRequestData: what stands there is no e-mail address."""
    addresses = [a for a in re.split(r"[\s,;]+", data.get("mail", "")) if a]
    if bad := [a for a in addresses if not _ADDRESS.match(a)]:
        raise BadRequestData(f"{bad[0][:80]} is no e-mail address")
    agencies = [f"agency:{name[3:]}" for name in data if name.startswith("to_")]
    return tuple(dict.fromkeys([*agencies, *(f"mailto:{a}" for a in addresses)]))[:50]


def _name(draft: reporting.Content) -> str:
    return f"{'lagebericht' if draft.language == 'de' else 'report'}-{draft.number}-{draft.incident}"


def _pdf(made: bytes, name: str) -> Response[Any]:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> list[Any]:
    page = ReportScreens(rooms, pages, visits, live)
    return [
        get(f"{PATH}/report")(page.show),
        post(f"{PATH}/report", status_code=200)(page.release),
        get(f"{PATH}/report/{{number:int}}")(page.document),
    ]
