"""*Situation*: the map of the city now or at any moment, alerts and things beside it, the panel of what is selected.

The page is a frame; the island `<city-situation>` fills it from /web/things and /web/alerts, follows /web/live, and
plays the past from /web/moves. Who has not signed in sees the open data on the same map.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from rhinecloud.base.clock import iso
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .data import moment


class SituationPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island  # what the islands are told
    visitor: bool  # nobody signed in: the public start
    open_data: bool  # a visitor has something to see
    past: bool  # there is a past to look at


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    settings = rooms.settings

    @get("/situation")
    async def situation(request: AnyRequest) -> Response[Any]:
        """The map; `?at=` shows a moment of the past."""
        visit = await visits.of(request)
        at = request.query_params.get("at", "")
        shown = iso(moment(at)) if at else ""
        readable = rooms.access.readable_types(visit.principal, visit.tenant)
        visitor = visit.session is None and readable is not None
        if not visitor or readable:
            visits.demand(visit, "entities.read")
        island = Island(
            language=visit.language,
            timezone=settings.timezone,
            words=words(visit.language).some(ISLAND_TEXTS),
            at=shown,
            map_style=settings.map_style,
            pmtiles="/web/map.pmtiles" if settings.map_pmtiles else "",
            evidence=visits.may(visit, "quality.read"),
            alerts=rooms.insight is not None and visits.may(visit, "alerts.read"),
            may_acknowledge=visits.may(visit, "alerts.manage"),
            csrf=visit.csrf,
        )
        page = SituationPage(
            frame=visits.frame(visit, "situation", "Situation", at=shown),
            island=island,
            visitor=visitor,
            open_data=readable is None or bool(readable),
            past=rooms.histories is not None and visits.may(visit, "history.read"),
        )
        return pages.render("pages/situation.html", page)

    return [situation]
