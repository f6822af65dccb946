"""The chart builder: several figures over one stretch of time, as they came or as figures of equal steps."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get
from litestar.response import Redirect

from rhinecloud.base import units
from rhinecloud.base.clock import DAY, SECOND, iso
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.context import Query, Types
from rhinecloud.web.catalogue import Catalogue, Choosable, Sort
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.live import Readable
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import name_of, newest
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .data import answer, moment

MOST: Final = 8
"""Curves of one chart; more could not be told apart."""
CHOICES: Final = 2_000
"""Things that are offered by name."""
SPANS: Final = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "quarter": 91 * DAY, "year": 365 * DAY}
SPAN_NAMES: Final = {
    "day": "24 h",
    "week": N_("7 days"),
    "month": N_("30 days"),
    "quarter": N_("3 months"),
    "year": N_("1 year"),
}
METHODS: Final = {
    "": N_("as it came"),
    "avg": N_("mean"),
    "min": N_("lowest"),
    "max": N_("highest"),
    "sum": N_("sum"),
    "totalCount": N_("number of values"),
}
STEPS: Final = {
    "PT5M": N_("5 minutes"),
    "PT15M": N_("15 minutes"),
    "PT1H": N_("1 hour"),
    "PT6H": N_("6 hours"),
    "P1D": N_("1 day"),
    "P7D": N_("1 week"),
}
STEP_S: Final = {"PT5M": 300, "PT15M": 900, "PT1H": 3600, "PT6H": 21_600, "P1D": 86_400, "P7D": 604_800}
MOST_STEPS: Final = 5_000


class Drawn(msgspec.Struct, kw_only=True, rename="camel"):
    """One curve as the island is told of it."""

    entity: str
    attr: str  # expanded
    term: str
    label: str  # of thing and quantity
    unit: str
    decimals: int | None


class Curve(msgspec.Struct, kw_only=True):
    """One curve as the page lists it."""

    drawn: Drawn
    name: str
    quantity: str
    without: str  # the chart's address without it
    call: str  # the API call that gives its values


class ChartPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    curves: list[Curve]
    told: str  # JSON for the island
    sorts: list[Sort]
    sort: Sort | None
    attributes: list[Choosable]
    things: list[tuple[str, str]]  # (id, name)
    spans: dict[str, str]
    span: str
    methods: dict[str, str]
    method: str
    steps: dict[str, str]
    step: str
    start_ms: int
    end_ms: int
    query: list[tuple[str, str]]  # of the address: the curves and how they are drawn
    full: bool
    error: str


class Charts:
    """The handlers of the page and of its figures."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._catalogue = Catalogue(rooms)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The chart of an address; `?add=` (a thing) and `?quantity=` take one more curve."""
        visit, readable = await self._visit(request)
        given, say = request.query_params, words(visit.language)
        chosen = [s for s in given.getall("s", []) if "|" in s][:MOST]
        how = {k: given.get(k, "") for k in ("span", "method", "step", "end") if given.get(k)}
        error = ""
        if given.get("add"):
            if self._find(visit, given["add"], given.get("quantity", ""), readable):
                chosen = [*chosen, f"{given['add']}|{given['quantity']}"][:MOST]
                kept = [("s", s) for s in dict.fromkeys(chosen)] + [*how.items(), ("type", given.get("type", ""))]
                return Redirect("/data/chart?" + urlencode(kept), status_code=303)
            error = N_("There is no such thing with a figure of that kind.")
        sorts = [
            s for s in self._catalogue.sorts(visit.tenant, visit.language) if readable is None or s.iri in readable
        ]
        sort = next((s for s in sorts if given.get("type", "") in (s.name, s.iri)), sorts[0] if sorts else None)
        span = given.get("span", "") if given.get("span") in SPANS else "week"
        method = given.get("method", "") if given.get("method") in METHODS else ""
        end = moment(given["end"]) if given.get("end") else self._rooms.clock()
        start = end - SPANS[span]
        step = given.get("step", "") if given.get("step") in STEPS else "PT1H"
        while (end - start) // SECOND // STEP_S[step] > MOST_STEPS:
            step = list(STEPS)[list(STEPS).index(step) + 1]
        drawn = [d for s in chosen if (d := self._drawn(visit, s, readable)) is not None]
        root = self._rooms.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        query = [("s", f"{d.entity}|{d.term}") for d, _, _ in drawn]
        rest = [("span", span), ("method", method), ("step", step), ("type", sort.name if sort else "")]
        page = ChartPage(
            frame=self._visits.frame(visit, "data", "Chart"),
            island=Island(
                language=visit.language, timezone=self._rooms.settings.timezone, words=say.some(ISLAND_TEXTS)
            ),
            curves=[
                Curve(
                    drawn=d,
                    name=name,
                    quantity=quantity,
                    without="/data/chart?" + urlencode([q for q in query if q[1] != f"{d.entity}|{d.term}"] + rest),
                    call=_call(root, d, start, end, method, step),
                )
                for d, name, quantity in drawn
            ],
            told=msgspec.json.encode([d for d, _, _ in drawn]).decode(),
            sorts=sorts,
            sort=sort,
            attributes=[a for a in sort.attributes if a.numeric] if sort else [],
            things=await self._things(visit, sort, readable),
            spans={k: say(text) for k, text in SPAN_NAMES.items()},
            span=span,
            methods={k: say(text) for k, text in METHODS.items()},
            method=method,
            steps={k: say(text) for k, text in STEPS.items()},
            step=step,
            start_ms=start // 1000,
            end_ms=end // 1000,
            query=query,
            full=len(drawn) >= MOST,
            error=say(error),
        )
        return self._pages.render("pages/chart.html", page, status=404 if error else 200)

    async def figures(self, request: AnyRequest) -> Response[bytes]:
        """Figures of equal steps of one attribute: {ms, value}, the step's beginning and its figure."""
        visit, readable = await self._visit(request)
        given = request.query_params
        entity_id, attr, method, step = (given.get(k, "") for k in ("id", "attr", "method", "step"))
        found = self._rooms.presents.open(visit.tenant).get(entity_id)
        if found is None or not (readable is None or readable.intersection(found["type"])):
            raise ResourceNotFound(f"Entity {entity_id[:200]} does not exist")
        if method not in METHODS or not method or step not in STEPS:
            raise BadRequestData("Figures have a method and a step of those that the chart offers")
        start, end = moment(given.get("start", "")), moment(given.get("end", ""))
        if not 0 < end - start <= 400 * DAY or (end - start) // SECOND // STEP_S[step] > MOST_STEPS:
            raise BadRequestData("This stretch of time has too many steps")
        if self._rooms.histories is None:
            raise Unavailable("This installation keeps no past")
        start -= start % (min(STEP_S[step], 86_400) * SECOND)
        buckets = await self._rooms.histories.open(visit.tenant).aggregate(
            entity_id, attr, methods=(method,), start_us=start, end_us=end, period=step
        )
        shown = {"ms": [b.from_us // 1000 for b in buckets], "value": [b.figures[method] for b in buckets]}
        return answer(shown)

    async def _visit(self, request: AnyRequest) -> tuple[Visit, Readable]:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "history.read")
        return visit, self._rooms.access.readable_types(visit.principal, visit.tenant)

    def _find(self, visit: Visit, entity_id: str, term: str, readable: Readable) -> Any:
        """The entity and the expanded attribute, where both are there and may be read."""
        entity = self._rooms.presents.open(visit.tenant).get(entity_id)
        if entity is None or not (readable is None or readable.intersection(entity["type"])):
            return None
        attr = term if term in entity["attrs"] else None
        for kind in entity["type"]:
            sort = self._catalogue.sort(kind, visit.language)
            if sort and (attribute := sort.attribute(term)):
                attr = attribute.iri
        return (entity, attr) if attr in entity["attrs"] else None

    def _drawn(self, visit: Visit, text: str, readable: Readable) -> tuple[Drawn, str, str] | None:
        entity_id, _, term = text.partition("|")
        found = self._find(visit, entity_id, term, readable)
        if found is None:
            return None
        entity, attr = found
        sorts = [s for t in entity["type"] if (s := self._catalogue.sort(t, visit.language))]
        attribute = next((a for s in sorts if (a := s.attribute(attr))), None)
        instance = newest(entity["attrs"][attr]) or {}
        quantity = attribute.label if attribute else attr.rsplit("/", 1)[-1]
        unit = (
            attribute.unit
            if attribute
            else units.symbol(instance.get("unitCode", ""))
            if instance.get("unitCode")
            else ""
        )
        name = name_of(entity)
        drawn = Drawn(
            entity=entity["id"],
            attr=attr,
            term=term,
            label=f"{name}: {quantity}",
            unit=unit,
            decimals=attribute.decimals if attribute else None,
        )
        return drawn, name, quantity

    async def _things(self, visit: Visit, sort: Sort | None, readable: Readable) -> list[tuple[str, str]]:
        if sort is None:
            return []
        found = await self._rooms.presents.open(visit.tenant).query(
            Query(types=Types((sort.iri,)), readable=readable, limit=CHOICES)
        )
        return sorted(((e["id"], name_of(e)) for e in found.entities), key=lambda t: t[1].casefold())


def _call(root: str, drawn: Drawn, start: int, end: int, method: str, step: str) -> str:
    asked = {"attrs": drawn.term, "timerel": "between", "timeAt": iso(start), "endTimeAt": iso(end)}
    asked["options"] = "temporalValues"
    if method:
        asked |= {"options": "aggregatedValues", "aggrMethods": method, "aggrPeriodDuration": step}
    address = f"{root}/ngsi-ld/v1/temporal/entities/{quote(drawn.entity)}?{urlencode(asked)}"
    return f'curl "{address}" -H "Authorization: Bearer $TOKEN"'


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Charts(rooms, pages, visits)
    return [get("/data/chart")(page.show), get("/web/figures")(page.figures)]
