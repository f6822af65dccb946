"""Data for islands: typed JSON under /web, bounded, for whoever may read it in the tenant they look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.response import Stream

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.base.model import Entity
from rhinecloud.context import Query
from rhinecloud.web.detail import Thing, describe
from rhinecloud.web.live import Live, Readable
from rhinecloud.web.past import Curve, curve
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import LOCATION, NAME, Row, ShownKind
from rhinecloud.web.visits import AnyRequest, Visit, Visits

LIMIT: Final = 20_000
"""Things on one map; the answer says when there are more."""
STANDING: Final = frozenset({LOCATION, NAME})
MAX_SPAN_S: Final = 400 * 86_400
LAST_US: Final = parse_us("2200-01-01T00:00:00Z")
_json = msgspec.json.Encoder()


class Snapshot(msgspec.Struct, kw_only=True, rename="camel"):
    """All things on the map at a moment, and where live changes go on from."""

    kinds: list[ShownKind]
    rows: list[Row]
    complete: bool  # False: there are more than are given
    mark: str  # for /web/live; "" at a moment of the past
    ms: int  # the moment shown
    limit: int


class Data:
    """The handlers of the islands' data."""

    def __init__(self, rooms: Rooms, visits: Visits, live: Live) -> None:
        self._rooms, self._access, self._visits, self._live = rooms, rooms.access, visits, live

    async def _reader(self, request: AnyRequest, action: str = "entities.read") -> tuple[Visit, Readable]:
        """The visit, and the types it may read."""
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        return visit, self._access.readable_types(visit.principal, visit.tenant)

    async def things(self, request: AnyRequest) -> Response[bytes]:
        """Every thing that may be seen, as rows."""
        visit, readable = await self._reader(request)
        kinds = self._live.kinds(visit.tenant)
        at = request.query_params.get("at", "")
        if at:
            at_us = moment(at)
            self._visits.demand(visit, "history.read")
            entities = await self._as_of(visit.tenant, at_us, readable)
            mark = ""
        else:
            at_us = self._rooms.clock()
            mark = (await self._live.channel(visit.tenant)).mark  # before reading, so that nothing falls between
            found = await self._rooms.presents.open(visit.tenant).query(Query(readable=readable, limit=LIMIT + 1))
            entities = found.entities
        rows = [kinds.row(entity) for entity in entities[:LIMIT]]
        snapshot = Snapshot(
            kinds=kinds.shown(visit.language),
            rows=rows,
            complete=len(entities) <= LIMIT,
            mark=mark,
            ms=at_us // 1000,
            limit=LIMIT,
        )
        return answer(snapshot)

    async def follow(self, request: AnyRequest) -> Stream:
        """Live changes as server-sent events, from the mark of a snapshot or from Last-Event-ID."""
        visit, readable = await self._reader(request)
        mark = request.headers.get("last-event-id", "") or request.query_params.get("mark", "")
        events = self._live.follow(visit.tenant, readable, mark, lambda: self._visits.still(request, visit))
        return Stream(
            events, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    async def thing(self, request: AnyRequest) -> Response[bytes]:
        """One thing with all its figures, now or `at` a moment."""
        visit, readable = await self._reader(request)
        entity_id, at = request.query_params.get("id", ""), request.query_params.get("at", "")
        found: Entity | None
        if at:
            self._visits.demand(visit, "history.read")
            past = await self._as_of(visit.tenant, moment(at), readable, ids=[entity_id])
            found = past[0] if past else None
        else:
            found = self._rooms.presents.open(visit.tenant).get(entity_id)
        if found is None or not (readable is None or readable.intersection(found["type"])):
            raise ResourceNotFound(f"Entity {entity_id[:200]} does not exist")
        shown: Thing = describe(self._rooms.model, self._live.kinds(visit.tenant), found, visit.language)
        return answer(shown)

    async def series(self, request: AnyRequest) -> Response[bytes]:
        """One attribute's past as a curve: every value where they are few, figures of equal steps where many."""
        visit, readable = await self._reader(request, "history.read")
        query = request.query_params
        entity_id, attr = query.get("id", ""), query.get("attr", "")
        self._allowed(visit, entity_id, readable)
        if self._rooms.histories is None:
            raise Unavailable("This installation keeps no past")
        end_us = moment(query["end"]) if query.get("end") else self._rooms.clock()
        start_us = moment(query["start"]) if query.get("start") else end_us - 86_400 * SECOND
        if not 0 < end_us - start_us <= MAX_SPAN_S * SECOND:
            raise BadRequestData("A curve is between a second and 400 days long")
        history = self._rooms.histories.open(visit.tenant)
        found: Curve = await curve(history, entity_id, attr, query.get("dataset", ""), start_us, end_us)
        return answer(found)

    def _allowed(self, visit: Visit, entity_id: str, readable: Readable) -> None:
        if readable is None:
            return
        found = self._rooms.presents.open(visit.tenant).get(entity_id)
        if found is None or not readable.intersection(found["type"]):
            raise ResourceNotFound(f"Entity {entity_id[:200]} does not exist")

    async def _as_of(
        self, tenant: str, at_us: int, readable: Readable, ids: list[str] | None = None
    ) -> Sequence[Entity]:
        if self._rooms.histories is None:
            raise Unavailable("This installation keeps no past")
        found: Sequence[Entity] = await self._rooms.histories.open(tenant).as_of(at_us, types=readable, ids=ids)
        _named_as_now(found, self._rooms.presents.open(tenant))
        return found


def routes(rooms: Rooms, visits: Visits, live: Live) -> list[Any]:
    page = Data(rooms, visits, live)
    return [
        get("/web/things")(page.things),
        get("/web/live")(page.follow),
        get("/web/thing")(page.thing),
        get("/web/series")(page.series),
    ]


def _named_as_now(past: Sequence[Entity], present: Any) -> None:
    """What a thing is called and where it stands is often told once, long after its first figures: where the past
    does not know it, the present does."""
    lacking = {e["id"]: e for e in past if not STANDING.issubset(e.get("attrs", {}))}
    for now in present.get_many(list(lacking)):
        attrs = lacking[now["id"]].setdefault("attrs", {})
        for attr in STANDING:
            if attr in now["attrs"]:
                attrs.setdefault(attr, now["attrs"][attr])


def moment(text: str) -> int:
    """µs of an instant in a query.

    Raises:
        BadRequestData: it is none.
    """
    try:
        found = parse_us(text.replace(" ", "+"))
    except ValueError as error:
        raise BadRequestData(str(error)) from error
    if not 0 <= found < LAST_US:
        raise BadRequestData(f"{text[:40]} is not between 1970 and 2200, where a city has a past")
    return found


def answer(body: Any) -> Response[bytes]:
    return Response(_json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"})
