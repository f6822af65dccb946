"""*Overview*: the state of the city at a glance, each part a door to its detail.

Rendered here whole, so that it is there without a script; the island `<city-overview>` asks for the same parts again
while it is looked at. `?at=` shows a moment of the past.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.base import units
from rhinecloud.base.clock import SECOND, iso
from rhinecloud.context import Query
from rhinecloud.insight import Alert, IndicatorValue
from rhinecloud.web.alert_rows import PLACE
from rhinecloud.web.channel import shown
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.live import Live
from rhinecloud.web.moments import Moments, Movers
from rhinecloud.web.pulse import Changed, Coming, Domain, Small, changes, coming, domains, small
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import Row
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .data import moment
from .forms import is_part
from .start import Start

HOUR: Final = 3600 * SECOND
FORECASTS: Final = 5
NEWEST: Final = 7
EVENTS: Final = 6
REMEMBER_S: Final = 30.0
SEVERITIES: Final = ("critical", "major", "minor", "info")


class Shown(msgspec.Struct, kw_only=True):
    """One alert in the list."""

    id: str
    title: str
    name: str
    state: int
    started_us: int
    acknowledged: str


class Figure(msgspec.Struct, kw_only=True):
    """One indicator."""

    id: str
    entity: str
    title: str
    unit: str
    decimals: int
    value: float | None
    trend: float | None
    target: float | None
    state: str  # good, fair, bad, ""
    at_us: int
    chart: Small


class OverviewPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    alerts: list[Shown]
    counts: dict[str, int]  # severity → alerts that are raised
    raised: int  # of all
    worst: int  # place of the worst severity; 0: nothing is wrong
    domains: list[Domain]
    figures: list[Figure]
    events: list[Changed]  # alerts and things, the newest first
    moved: list[Changed]
    coming: list[Coming]
    at_us: int
    watches: bool  # there are rules, so there can be alerts
    remembers: bool  # there is a past to compare with
    things: int


class Overview:
    """The handler."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> None:
        self._rooms, self._pages, self._visits, self._live = rooms, pages, visits, live
        self._start = Start(rooms, pages, visits, live)
        self._movers = Movers()
        self._hour_ago: dict[tuple[str, int], tuple[float, Mapping[str, Row]]] = {}

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The overview for who may see the city; the public start for everybody else."""
        visit = await self._visits.of(request)
        if self._rooms.access.readable_types(visit.principal, visit.tenant) is not None:
            return await self._start.show(request, visit)
        self._visits.demand(visit, "entities.read")
        at = request.query_params.get("at", "")
        page = await self._page(visit, moment(at) if at else None)
        return self._pages.render("parts/overview.html" if is_part(request) else "pages/overview.html", page)

    async def _page(self, visit: Visit, at_us: int | None) -> OverviewPage:
        now_us = at_us if at_us is not None else self._rooms.clock()
        kinds = self._live.kinds(visit.tenant)
        rows = await self._rows(visit, at_us)
        before = await self._before(visit, now_us - HOUR, live=at_us is None)
        raised, events = await asyncio.to_thread(self._alerts, visit, at_us, now_us)
        turned, moved = changes(kinds, rows.values(), before, now_us // 1000, visit.language)
        counts = {s: sum(a.severity == s for a in raised) for s in SEVERITIES}
        packs = self._packs(visit.tenant)
        shown_at = iso(at_us) if at_us is not None else ""
        return OverviewPage(
            frame=self._visits.frame(visit, "overview", "Overview", at=shown_at),
            island=Island(
                language=visit.language,
                timezone=self._rooms.settings.timezone,
                words=words(visit.language).some(ISLAND_TEXTS),
                at=shown_at,
                alerts=self._watches(visit),
            ),
            alerts=[_shown(alert, visit.language) for alert in raised[:NEWEST]],
            counts=counts,
            raised=len(raised),
            worst=max((PLACE[a.severity] for a in raised), default=0),
            domains=domains(packs, kinds, rows.values(), raised, now_us // 1000, visit.language),
            figures=[_figure(v, visit.language, now_us) for v in await self._indicators(visit, at_us)],
            events=sorted([*events, *turned], key=lambda e: -e.at_us)[:EVENTS],
            moved=moved,
            coming=await self._coming(visit, packs, now_us) if at_us is None else [],
            at_us=now_us,
            watches=self._watches(visit),
            remembers=bool(before),
            things=len(rows),
        )

    def _watches(self, visit: Visit) -> bool:
        return self._rooms.insight is not None and self._visits.may(visit, "alerts.read")

    def _packs(self, tenant: str) -> list[Any]:
        board = self._rooms.switchboard
        return list(self._rooms.packs if board is None else board.on(tenant))

    async def _rows(self, visit: Visit, at_us: int | None) -> Mapping[str, Row]:
        board = await (await self._live.channel(visit.tenant)).board()
        hidden = self._live.unmapped(visit.tenant)
        if at_us is None:
            kinds = board.kinds.list
            return {i: row for i, row in board.rows.items() if shown(kinds[row.kind].iri, None, hidden)}
        return await self._picture(visit, at_us)

    async def _before(self, visit: Visit, at_us: int, *, live: bool) -> Mapping[str, Row]:
        """The picture of an hour before; remembered for half a minute, since everybody who looks needs the same."""
        if self._rooms.histories is None or not self._visits.may(visit, "history.read"):
            return {}
        key = (visit.tenant, 0 if live else at_us)
        known = self._hour_ago.get(key)
        if known is None or time.monotonic() - known[0] > REMEMBER_S:
            if len(self._hour_ago) > 20:
                self._hour_ago.clear()
            known = self._hour_ago[key] = (time.monotonic(), await self._picture(visit, at_us))
        return known[1]

    async def _picture(self, visit: Visit, at_us: int) -> Mapping[str, Row]:
        self._visits.demand(visit, "history.read")
        board = await (await self._live.channel(visit.tenant)).board()
        history = self._rooms.histories.open(visit.tenant)
        hidden = self._live.unmapped(visit.tenant)
        found, _ = await Moments(history, board.kinds, board.rows, self._movers, None, hidden).picture(at_us)
        return {row.id: row for row in found}

    def _alerts(self, visit: Visit, at_us: int | None, now_us: int) -> tuple[list[Alert], list[Changed]]:
        """Those that are raised at the moment, the worst first, and what became of alerts in the hour before."""
        if not self._watches(visit):
            return [], []
        insight = self._rooms.insight
        asked = {"state": "raised"} if at_us is None else {"at_us": at_us}
        raised, _ = insight.alerts(visit.tenant, sort="worst", limit=1000, **asked)
        recent, _ = insight.alerts(visit.tenant, since_us=now_us - HOUR, until_us=now_us, sort="newest", limit=200)
        events = [e for alert in recent for e in _events(alert, now_us, visit.language)]
        return raised, events

    async def _indicators(self, visit: Visit, at_us: int | None) -> list[IndicatorValue]:
        insight = self._rooms.insight
        if insight is None:
            return []
        found: list[IndicatorValue] = (
            insight.indicators(visit.tenant) if at_us is None else await insight.indicators_at(visit.tenant, at_us)
        )
        return found

    async def _coming(self, visit: Visit, packs: list[Any], now_us: int) -> list[Coming]:
        """The most notable forecasts of the packs that are on."""
        kinds, model = self._live.kinds(visit.tenant), self._rooms.model
        present = self._rooms.presents.open(visit.tenant)
        found: list[Coming] = []
        for pack in packs:
            for declared in pack.forecasts:
                iri = model.terms.get(declared.type, declared.type)
                page = await present.query(Query(readable=frozenset({iri}), limit=500))
                found += coming(page.entities, kinds, model, declared, now_us, visit.language)
        return sorted(found, key=lambda c: -c.severity)[:FORECASTS]


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> list[Any]:
    return [get("/")(Overview(rooms, pages, visits, live).show)]


def _shown(alert: Alert, language: str) -> Shown:
    return Shown(
        id=alert.id,
        title=alert.title[language],
        name=alert.entity_name or alert.entity.rsplit(":", 1)[-1],
        state=PLACE[alert.severity],
        started_us=alert.started_us,
        acknowledged=alert.acknowledged.who if alert.acknowledged else "",
    )


def _events(alert: Alert, now_us: int, language: str) -> list[Changed]:
    moments = [("raised", alert.raised_us, PLACE[alert.severity])]
    if alert.cleared_us:
        moments.append(("cleared", alert.cleared_us, 0))
    return [
        Changed(
            what=what,
            state=state,
            name=alert.entity_name or alert.entity.rsplit(":", 1)[-1],
            text=alert.title[language],
            at_us=at_us,
            href=f"/alerts/{alert.id}",
        )
        for what, at_us, state in moments
        if now_us - HOUR < at_us <= now_us
    ]


def _figure(value: IndicatorValue, language: str, now_us: int) -> Figure:
    return Figure(
        id=value.id,
        entity=value.entity,
        title=value.title[language],
        unit=units.symbol(value.unit) if value.unit and value.unit != "C62" else "",
        decimals=value.decimals,
        value=value.value,
        trend=value.trend,
        target=value.target,
        state=value.state,
        at_us=value.at_us,
        chart=small(value, now_us),
    )
