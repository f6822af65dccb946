"""Guidance: what else there is near a thing, and why, as the pack of its type answers it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.web.live import Live
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visits

from .data import answer

MOST = 5


class Reason(msgspec.Struct):
    de: str
    en: str


class Suggestion(msgspec.Struct):
    """The part of an answer that the screens draw."""

    id: str
    name: str
    reasons: list[Reason] = []


class LeftOut(msgspec.Struct):
    id: str
    name: str
    reason: Reason


class Guidance(msgspec.Struct):
    """What `kit.Panel` asks of the endpoint of a panel of the kind guidance."""

    suggestions: list[Suggestion] = []
    left_out: list[LeftOut] = []


class Place(msgspec.Struct, rename="camel"):
    """One of them, in one language."""

    id: str
    name: str
    reasons: list[str]


class Shown(msgspec.Struct, rename="camel"):
    suggestions: list[Place]
    left_out: list[Place]


def routes(rooms: Rooms, visits: Visits, live: Live) -> list[Any]:
    @get("/web/guidance")
    async def guidance(request: AnyRequest) -> Response[bytes]:
        """`?id=` a thing, `?pack=` whose guidance: the best places near it but itself, and those left out."""
        visit = await visits.of(request)
        visits.demand(visit, "entities.read")
        readable = rooms.access.readable_types(visit.principal, visit.tenant)
        given = request.query_params
        thing = rooms.presents.open(visit.tenant).get(given.get("id", "")[:1_000])
        if thing is None or not (readable is None or readable.intersection(thing["type"])) or rooms.ask is None:
            raise ResourceNotFound("There is no guidance from there")
        row = live.kinds(visit.tenant).row(thing)
        if row.lon is None or row.lat is None:
            raise ResourceNotFound("Where that is, is not known, so nothing can be near it")
        asked = {"lon": str(row.lon), "lat": str(row.lat)}
        told = await rooms.ask(visit.tenant, f"{given.get('pack', '')[:100]}.guidance", asked, readable)
        found = msgspec.json.decode(told, type=Guidance)

        def places(several: list[Any], reasons: Any) -> list[Place]:
            others = [one for one in several if one.id != thing["id"]]
            german = visit.language == "de"
            return [Place(o.id, o.name, [r.de if german else r.en for r in reasons(o)]) for o in others[:MOST]]

        return answer(
            Shown(
                suggestions=places(found.suggestions, lambda one: one.reasons),
                left_out=places(found.left_out, lambda one: [one.reason]),
            )
        )

    return [guidance]
