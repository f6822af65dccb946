"""One entity with everything that is known of it: figures, history, relationships both ways, and its NGSI-LD."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get

from rhinecloud.base.clock import DAY, iso
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.base.model import Entity
from rhinecloud.context import Query
from rhinecloud.context import q as query_language
from rhinecloud.web.detail import Figure, describe
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.live import Live, Readable
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import declared_of, name_of, value_of
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .data import moment
from .proof import FLAGS

POINTING: Final = 20
"""Entities that point at this one, of each relationship."""
SPANS: Final = {"1": DAY, "7": 7 * DAY, "30": 30 * DAY}


class FigureRow(msgspec.Struct, kw_only=True):
    figure: Figure
    quality: list[str]
    doubtful: bool
    device: str
    observed_us: int | None
    at: str  # RFC 3339, for its raw message
    name: str  # term, for the API


class Pointing(msgspec.Struct, kw_only=True):
    label: str  # of the relationship
    id: str
    name: str


class EntityPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    id: str
    name: str
    kind: str
    type: str
    place: str
    on_map: bool
    description: str
    rows: list[FigureRow]
    chart: FigureRow | None
    span: str
    start_ms: int
    end_ms: int
    to: list[Pointing]
    by: list[Pointing]
    raw: str
    call: str
    created_us: int | None
    modified_us: int | None
    at: str
    at_us: int
    may_see_raw: bool


class EntityScreen:
    """The handler of the page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> None:
        self._rooms, self._pages, self._visits, self._live = rooms, pages, visits, live

    async def show(self, request: AnyRequest) -> Response[Any]:
        """Everything about one entity, now or `at` a moment."""
        visit = await self._visits.of(request)
        self._visits.demand(visit, "entities.read")
        readable = self._rooms.access.readable_types(visit.principal, visit.tenant)
        given = request.query_params
        entity_id, at = given.get("id", "")[:1_000], given.get("at", "")[:40]
        entity = await self._entity(visit, entity_id, at, readable)
        thing = describe(self._rooms.model, self._live.kinds(visit.tenant), entity, visit.language)
        rows = [self._row(f, visit.language) for f in thing.figures]
        wished = given.get("attr", "")
        charts = [r for r in rows if r.figure.chart]
        chart = next((r for r in charts if wished in (r.figure.attr, r.name)), charts[0] if charts else None)
        span = given.get("span", "") if given.get("span") in SPANS else "1"
        end = moment(at) if at else self._rooms.clock()
        settings = self._rooms.settings
        root = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        tenant = "" if visit.tenant == settings.default_tenant else f' \\\n  -H "NGSILD-Tenant: {visit.tenant}"'
        page = EntityPage(
            frame=self._visits.frame(visit, "data", thing.name, at=at),
            island=Island(
                language=visit.language,
                timezone=settings.timezone,
                words=words(visit.language).some(ISLAND_TEXTS),
                at=at,
            ),
            id=thing.id,
            name=thing.name,
            kind=thing.kind.label,
            type=thing.kind.name,
            place=thing.place,
            on_map=thing.lon is not None,
            description=thing.description,
            rows=rows,
            chart=chart if self._rooms.histories is not None else None,
            span=span,
            start_ms=(end - SPANS[span]) // 1000,
            end_ms=end // 1000,
            to=self._to(visit, entity, readable),
            by=await self._by(visit, entity, readable),
            raw=msgspec.json.format(msgspec.json.encode(self._document(entity)), indent=2).decode(),
            call=f'curl "{root}/ngsi-ld/v1/entities/{quote(thing.id)}" \\\n  -H "Authorization: Bearer $TOKEN"{tenant}',
            created_us=entity.get("_c"),
            modified_us=entity.get("_m"),
            at=at,
            at_us=end,
            may_see_raw=self._visits.may(visit, "quality.read") and self._rooms.backbone is not None,
        )
        return self._pages.render("pages/entity.html", page)

    async def _entity(self, visit: Visit, entity_id: str, at: str, readable: Readable) -> Entity:
        found: Entity | None
        if at:
            self._visits.demand(visit, "history.read")
            if self._rooms.histories is None:
                raise ResourceNotFound("This installation keeps no past")
            past = await self._rooms.histories.open(visit.tenant).as_of(moment(at), types=readable, ids=[entity_id])
            found = past[0] if past else None
        else:
            found = self._rooms.presents.open(visit.tenant).get(entity_id)
        if found is None or not (readable is None or readable.intersection(found["type"])):
            raise ResourceNotFound(f"Entity {entity_id[:200]} does not exist")
        return found

    def _row(self, figure: Figure, language: str) -> FigureRow:
        say = words(language)
        kind, _, device = figure.source.partition(":")
        observed = figure.observed_ms * 1000 if figure.observed_ms is not None else None
        return FigureRow(
            figure=figure,
            quality=[say(text) for bit, text in FLAGS if figure.flags & bit and bit != 1],
            doubtful=bool(figure.flags & (2 | 4 | 8 | 16 | 128)),
            device=device if kind == "device" else "",
            observed_us=observed,
            at=iso(observed) if observed is not None else "",
            name=self._rooms.model.names.get(figure.attr, figure.attr),
        )

    def _to(self, visit: Visit, entity: Entity, readable: Readable) -> list[Pointing]:
        """What this entity points at, with its name where it is there."""
        present = self._rooms.presents.open(visit.tenant)
        found = []
        for attr, instances in entity["attrs"].items():
            for instance in instances:
                target = value_of(instance)
                targets = target if isinstance(target, list) else [target]
                if instance.get("type") not in ("Relationship", "ListRelationship"):
                    continue
                declared = declared_of(self._rooms.model, entity, attr)
                label = declared.label[visit.language] if declared else attr.rsplit("/", 1)[-1]
                for one in targets:
                    other = present.get(one) if isinstance(one, str) else None
                    seen = other is not None and (readable is None or bool(readable.intersection(other["type"])))
                    name = name_of(other) if seen and other else str(one)
                    found.append(Pointing(label=label, id=str(one) if seen else "", name=name))
        return found[: POINTING * 5]

    async def _by(self, visit: Visit, entity: Entity, readable: Readable) -> list[Pointing]:
        """What points at this entity, by the relationships that are declared to such things."""
        model, present, found = self._rooms.model, self._rooms.presents.open(visit.tenant), []
        names = {model.names.get(t, t) for t in entity["type"]}
        seen = set()
        for kind in model.types.values():
            for attribute in model.attributes(kind.iri):
                if attribute.kind != "relation" or attribute.target not in names or attribute.iri in seen:
                    continue
                seen.add(attribute.iri)
                path = query_language.Path(attribute.iri)
                asked = query_language.Term(path, "==", (entity["id"],))
                page = await present.query(Query(q=asked, readable=readable, limit=POINTING))
                label = attribute.label[visit.language]
                found += [Pointing(label=label, id=e["id"], name=name_of(e)) for e in page.entities]
        return found

    def _document(self, entity: Entity) -> dict[str, Any]:
        """The entity in the normalized form of NGSI-LD, with the names of our vocabulary."""
        names = self._rooms.model.names
        document: dict[str, Any] = {"id": entity["id"]}
        types = [names.get(t, t) for t in entity["type"]]
        document["type"] = types[0] if len(types) == 1 else types
        if entity.get("scope"):
            document["scope"] = entity["scope"]
        for attr, instances in entity["attrs"].items():
            shown = [{k: v for k, v in i.items() if not k.startswith("_")} for i in instances]
            document[names.get(attr, attr)] = shown[0] if len(shown) == 1 else shown
        return document


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> list[Any]:
    return [get("/data/entity")(EntityScreen(rooms, pages, visits, live).show)]
