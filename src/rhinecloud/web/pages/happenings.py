"""Alerts as data for islands: those that are raised, those of one thing, and what a stretch of time had."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.web.alert_rows import AlertRow, alert_row
from rhinecloud.web.live import Live
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visits

from .data import MAX_SPAN_S, moment, packed

MOST: Final = 500


class Happened(msgspec.Struct, kw_only=True):
    """Alerts, the worst first where they are of one moment, else the newest first."""

    alerts: list[AlertRow]
    total: int
    counts: dict[str, int]  # raised now, by severity
    ms: int  # the moment of this answer


class Happenings:
    """The handler."""

    def __init__(self, rooms: Rooms, visits: Visits, live: Live) -> None:
        self._rooms, self._visits, self._live = rooms, visits, live

    async def show(self, request: AnyRequest) -> Response[bytes]:
        """`?at=` as they stood then; `?start=&end=` what was raised at any moment between; `?entity=` of one thing."""
        visit = await self._visits.of(request)
        self._visits.demand(visit, "alerts.read")
        insight, query = self._rooms.insight, request.query_params
        if insight is None:
            raise ResourceNotFound("This installation watches no rules")
        asked: dict[str, Any] = {"entity": query.get("entity", ""), "limit": MOST}
        if query.get("start"):
            since, until = moment(query["start"]), moment(query.get("end", "")) if query.get("end") else None
            end_us = until if until is not None else self._rooms.clock()
            if not 0 < end_us - since <= MAX_SPAN_S * SECOND:
                raise BadRequestData("Alerts are told of a second to 400 days")
            asked |= {"since_us": since, "until_us": end_us, "sort": "newest"}
        elif query.get("at"):
            asked |= {"at_us": moment(query["at"]), "sort": "worst"}
        else:
            asked |= {"state": "raised", "sort": "worst"}
        found, total = await asyncio.to_thread(lambda: insight.alerts(visit.tenant, **asked))
        hidden = self._live.hidden(visit.tenant)
        rows = [alert_row(alert, self._rooms.model, visit.language) for alert in found if alert.type not in hidden]
        counts = insight.counts(visit.tenant)
        return await packed(request, Happened(alerts=rows, total=total, counts=counts, ms=self._rooms.clock() // 1000))


def routes(rooms: Rooms, visits: Visits, live: Live) -> list[Any]:
    return [get("/web/alerts")(Happenings(rooms, visits, live).show)]
