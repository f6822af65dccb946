"""Data for islands: typed JSON under /web, bounded, for whoever may read it in the tenant they look at."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.response import Stream

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.base.model import Entity
from rhinecloud.web.board import LIMIT, Board
from rhinecloud.web.channel import Looker, Readable, shown
from rhinecloud.web.detail import Thing, describe
from rhinecloud.web.live import Live
from rhinecloud.web.moments import Moments, Move, Movers
from rhinecloud.web.panels import panels_of
from rhinecloud.web.past import Curve, curve
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import LOCATION, NAME, Row, ShownKind
from rhinecloud.web.visits import AnyRequest, Visit, Visits

STANDING: Final = frozenset({LOCATION, NAME})
MAX_PLAY_S: Final = 2 * 86_400
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
    since_ms: int | None = None  # of the past: rows and `gone` are what differs from that moment; None: rows are all
    gone: list[str] = []


class Played(msgspec.Struct, kw_only=True):
    """How the map went on."""

    moves: list[Move]
    complete: bool  # False: there were more; ask for less time, or for coarser steps


class Data:
    """The handlers of the islands' data."""

    def __init__(self, rooms: Rooms, visits: Visits, live: Live) -> None:
        self._rooms, self._access, self._visits, self._live = rooms, rooms.access, visits, live
        self._movers = Movers()

    async def _reader(self, request: AnyRequest, action: str = "entities.read") -> tuple[Visit, Readable]:
        """The visit, and the types it may read."""
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        return visit, self._access.readable_types(visit.principal, visit.tenant)

    async def things(self, request: AnyRequest) -> Response[bytes]:
        """Every thing that may be seen, as rows; now, or `at` a moment. Who shows another moment of the past, `since`,
        is told what differs from it, where that is not too much."""
        visit, readable = await self._reader(request)
        kinds, hidden = self._live.kinds(visit.tenant), self._live.unmapped(visit.tenant)
        channel = await self._live.channel(visit.tenant)
        board = await channel.board()
        query = request.query_params
        at, mark = query.get("at", ""), channel.mark
        since_us, step = moment(query["since"]) if at and query.get("since") else None, None
        if at:
            at_us, mark, complete = moment(at), "", True
            moments = self._moments(visit, board, readable)
            if since_us is not None and (step := await moments.step(since_us, at_us)):
                rows = step.rows
            else:
                rows, complete = await moments.picture(at_us)
        else:
            at_us, complete = self._rooms.clock(), board.complete
            rows = [row for row in board.rows.values() if shown(kinds.list[row.kind].iri, readable, hidden)]
        snapshot = Snapshot(
            kinds=kinds.shown(visit.language),
            rows=rows,
            complete=complete,
            mark=mark,
            ms=at_us // 1000,
            limit=LIMIT,
            since_ms=since_us // 1000 if step and since_us is not None else None,
            gone=step.gone if step else [],
        )
        return await packed(request, snapshot)

    async def moves(self, request: AnyRequest) -> Response[bytes]:
        """What changed on the map from one moment to a later one, for playing the past."""
        visit, readable = await self._reader(request)
        query = request.query_params
        from_us, to_us = moment(query.get("start", "")), moment(query.get("end", ""))
        step = query.get("step", "1")
        if not 0 < to_us - from_us <= MAX_PLAY_S * SECOND or not step.isdecimal() or not 0 < int(step) < 86_400:
            raise BadRequestData("What is played at once is a second to two days long, in steps of whole seconds")
        board = await (await self._live.channel(visit.tenant)).board()
        moves, complete = await self._moments(visit, board, readable).moves(from_us, to_us, int(step) * SECOND)
        return await packed(request, Played(moves=moves, complete=complete))

    def _moments(self, visit: Visit, board: Board, readable: Readable) -> Moments:
        self._visits.demand(visit, "history.read")
        if self._rooms.histories is None:
            raise Unavailable("This installation keeps no past")
        hidden = self._live.unmapped(visit.tenant)
        return Moments(
            self._rooms.histories.open(visit.tenant), board.kinds, board.rows, self._movers, readable, hidden
        )

    async def follow(self, request: AnyRequest) -> Stream:
        """Live changes as server-sent events, from the mark of a snapshot or from Last-Event-ID; `?only=alerts` leaves
        the things out, `?boards=1` adds what changes on boards. Whoever may know of incidents is told of them on any of
        these lines."""
        visit = await self._visits.of(request)
        query = request.query_params
        things, alerts = query.get("only", "") != "alerts", self._visits.may(visit, "alerts.read")
        incidents = self._rooms.operations is not None and self._visits.may(visit, "incidents.read")
        if things or not incidents:
            self._visits.demand(visit, "entities.read" if things else "alerts.read")
        readable = self._access.readable_types(visit.principal, visit.tenant)
        known = self._access.agencies(visit.principal, "incidents.read", visit.tenant) if incidents else frozenset()
        boards = query.get("boards", "") == "1"
        looker = Looker(readable, visit.language, alerts=alerts, things=things, agencies=known, boards=boards)
        mark = request.headers.get("last-event-id", "") or query.get("mark", "")
        events = self._live.follow(visit.tenant, looker, mark, lambda: self._visits.still(request, visit))
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
        hidden = self._live.hidden(visit.tenant)
        if found is None or not any(shown(t, readable, hidden) for t in found["type"]):
            raise ResourceNotFound(f"Entity {entity_id[:200]} does not exist")
        told: Thing = describe(self._rooms.model, self._live.kinds(visit.tenant), found, visit.language)
        told.panels = panels_of(self._rooms, visit.tenant, found, visit.language)
        return answer(told)

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
        get("/web/moves")(page.moves),
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


async def packed(request: AnyRequest, body: Any) -> Response[bytes]:
    """JSON, small where the browser takes it so: a map of thousands goes over a phone's line, too."""
    text = _json.encode(body)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(text) > 8_000 and "gzip" in request.headers.get("accept-encoding", ""):
        text = await asyncio.to_thread(gzip.compress, text, 1)
        headers["Content-Encoding"] = "gzip"
    return Response(text, media_type="application/json", headers=headers)


def answer(body: Any) -> Response[bytes]:
    return Response(_json.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"})
