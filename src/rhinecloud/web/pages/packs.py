"""*Packs*: the domains that are installed, what each brings, and whether this city uses it. Nothing is restarted."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.context import Query, Types
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .watching import who

list_ = list  # `list` is the name of a handler below

DONE: Final = {
    "on": N_("The pack is on. What it brings is there."),
    "off": N_("The pack is off. What was measured is kept."),
}


class Brought(msgspec.Struct, kw_only=True):
    """One thing that a pack brings."""

    label: str
    detail: str = ""
    path: str = ""  # where it is shown, while the pack is on


class Shelf(msgspec.Struct, kw_only=True):
    """What a pack brings of one kind."""

    key: str
    title: str
    icon: str
    items: list[Brought]


class PackRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    text: str
    version: str
    on: bool
    icon: str
    things: int
    alerts: int
    counts: list[tuple[str, str, int]]  # (icon, what, how many)
    missing: tuple[str, ...]  # types that it needs and nobody brings
    decided_us: int | None
    decided_by: str


class TroubleRow(msgspec.Struct, kw_only=True):
    id: str
    detail: str
    remedy: str
    source: str
    where: str


class PacksPage(msgspec.Struct, kw_only=True):
    frame: Frame
    rows: list[PackRow]
    troubles: list[TroubleRow]
    on: int
    may_manage: bool
    said: str


class PackPage(msgspec.Struct, kw_only=True):
    frame: Frame
    row: PackRow
    shelves: list[Shelf]
    simulated: bool  # the demo's devices stop with it
    readme: Markup
    may_manage: bool
    said: str


class Packs:
    """The handlers of the list and of one pack."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def list(self, request: AnyRequest) -> Response[Any]:
        """What is installed, and what of it is on."""
        visit = await self._visit(request)
        rows = [await self._row(visit, pack) for pack in self._rooms.switchboard.packs]
        page = PacksPage(
            frame=self._visits.frame(visit, "packs", "Packs"),
            rows=rows,
            troubles=[
                TroubleRow(id=t.id, detail=t.detail, remedy=t.remedy, source=t.source, where=t.where)
                for t in self._rooms.switchboard.troubles
            ],
            on=sum(r.on for r in rows),
            may_manage=self._visits.may(visit, "packs.manage"),
            said=words(visit.language)(DONE.get(request.query_params.get("done", ""), "")),
        )
        return self._pages.render("pages/packs.html", page)

    async def one(self, request: AnyRequest, pack_id: FromPath[str]) -> Response[Any]:
        """One pack: what it brings, and its own words."""
        visit = await self._visit(request)
        pack = self._rooms.switchboard.get(pack_id)
        row = await self._row(visit, pack)
        page = PackPage(
            frame=self._visits.frame(visit, "packs", row.title),
            row=row,
            shelves=self._shelves(pack, visit, row.on),
            simulated=pack.simulator is not None and self._rooms.settings.demo,
            readme=markdown(pack.readme),
            may_manage=self._visits.may(visit, "packs.manage"),
            said=words(visit.language)(DONE.get(request.query_params.get("done", ""), "")),
        )
        return self._pages.render("pages/pack.html", page)

    async def switch(self, request: AnyRequest, pack_id: FromPath[str], data: Form) -> Response[Any]:
        """Switches it on or off in this tenant, at once."""
        visit = await self._visit(request)
        on = data.get("on") == "1"
        await asyncio.to_thread(self._rooms.switchboard.switch, visit.tenant, pack_id, on, who(visit))
        await self._rooms.access.record(visit.principal, "pack.switch", pack_id, tenant=visit.tenant, on=on)
        back = "/packs" if data.get("back") == "list" else f"/packs/{quote(pack_id)}"
        return Redirect(f"{back}?done={'on' if on else 'off'}", status_code=303)

    async def _visit(self, request: AnyRequest) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "packs.manage")
        if self._rooms.switchboard is None:
            raise ResourceNotFound("This installation has no packs to switch")
        return visit

    async def _row(self, visit: Visit, pack: Any) -> PackRow:
        say = words(visit.language)
        board, tenant = self._rooms.switchboard, visit.tenant
        decision = board.decision(tenant, pack.id)
        kinds = tuple(kind.iri for kind in pack.types)
        found = await self._rooms.presents.open(tenant).query(Query(types=Types(kinds), limit=0, count=True))
        counts = [
            ("shapes", say(N_("types")), len(pack.types)),
            ("list-checks", say(N_("rules")), len(pack.rules)),
            ("gauge", say(N_("indicators")), len(pack.indicators)),
            ("chart-spline", say(N_("forecasts")), len(pack.forecasts)),
            ("rss", say(N_("sources")), len(pack.feeds)),
            ("layers", say(N_("layers")), len(pack.layers)),
            ("book-open-check", say(N_("playbooks")), len(pack.playbooks)),
            ("share-2", say(N_("publications")), len(pack.publications)),
        ]
        return PackRow(
            id=pack.id,
            title=pack.title[visit.language],
            text=pack.text[visit.language],
            version=pack.version,
            on=board.is_on(tenant, pack.id),
            icon=pack.types[0].icon if pack.types else "blocks",
            things=found.total or 0,
            alerts=self._alerts(tenant, pack),
            counts=[c for c in counts if c[2]],
            missing=board.missing(tenant, pack.id),
            decided_us=parse_us(decision.at) if decision else None,
            decided_by=decision.by if decision else "",
        )

    def _alerts(self, tenant: str, pack: Any) -> int:
        if self._rooms.insight is None:
            return 0
        alerts, _ = self._rooms.insight.alerts(tenant, state="raised", limit=5_000)
        return sum(alert.pack == pack.id for alert in alerts)

    def _shelves(self, pack: Any, visit: Visit, on: bool) -> list_[Shelf]:
        language, say = visit.language, words(visit.language)
        shelves = [
            Shelf(
                key="types",
                title=say(N_("Types")),
                icon="shapes",
                items=[
                    Brought(label=k.plural[language], detail=k.source, path=f"/data/{k.name}" if on else "")
                    for k in pack.types
                ],
            ),
            Shelf(
                key="rules",
                title=say(N_("Rules")),
                icon="list-checks",
                items=[
                    Brought(label=r.title[language], path=f"/rules/{quote(r.id)}" if on else "") for r in pack.rules
                ],
            ),
            Shelf(
                key="indicators",
                title=say(N_("Indicators")),
                icon="gauge",
                items=[Brought(label=i.title[language]) for i in pack.indicators],
            ),
            Shelf(
                key="forecasts",
                title=say(N_("Forecasts")),
                icon="chart-spline",
                items=[Brought(label=f"{f.type}: {f.attr}") for f in pack.forecasts],
            ),
            Shelf(
                key="feeds",
                title=say(N_("Sources on the web")),
                icon="rss",
                items=[Brought(label=f.label[language], detail=f"{f.attribution} · {f.licence}") for f in pack.feeds],
            ),
            Shelf(
                key="playbooks",
                title=say(N_("Playbooks")),
                icon="book-open-check",
                items=[Brought(label=p.title[language], detail=p.text[language]) for p in pack.playbooks],
            ),
            Shelf(
                key="readers",
                title=say(N_("Forms of files that it reads")),
                icon="file-input",
                items=[Brought(label=r.label[language]) for r in pack.readers],
            ),
            Shelf(
                key="publications",
                title=say(N_("Open data that it publishes")),
                icon="share-2",
                items=[
                    Brought(label=p.label[language], detail=p.licence, path=f"/publications/{p.path}" if on else "")
                    for p in pack.publications
                ],
            ),
        ]
        return [shelf for shelf in shelves if shelf.items]


@lru_cache(maxsize=64)
def markdown(text: str) -> Markup:
    """A README as a page; HTML within it is shown, not obeyed, its headings stand below the page's."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for level in (4, 3, 2, 1):
        made = made.replace(f"<h{level}>", f"<h{level + 1}>").replace(f"</h{level}>", f"</h{level + 1}>")
    return Markup(made)  # noqa: S704 — the renderer escapes, and lets no HTML through


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list_[Any]:
    page = Packs(rooms, pages, visits)
    one = "/packs/{pack_id:str}"
    return [get("/packs")(page.list), get(one)(page.one), post(f"{one}/switch")(page.switch)]
