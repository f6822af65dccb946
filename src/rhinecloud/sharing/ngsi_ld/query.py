"""Queries of entities, by parameters and by body, and purging what a query finds.

Source: ETSI GS CIM 009, 5.7.2, 5.6.21, 4.9 to 4.13, 4.17, 4.19, 4.23, 6.4.3.2, 6.4.3.3, 6.23.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import ALL_DATASETS, Op, Update
from rhinecloud.context import Query
from rhinecloud.sharing.exchange import Answer

from . import values
from .batch import failure
from .call import Call, multi, nothing
from .linked import reached, rendered_flat
from .render import Renderer, View
from .search import Header, Search, Wishes, links_of, page_of, paged, query_of, searched
from .shown import way_of
from .versions import amend, applied
from .views import items, view_of

_PURGED: Final = 500  # entities deleted in one commit


async def by_parameters(call: Call) -> Answer:
    """The entities that match the parameters, a page of them.

    Source: ETSI GS CIM 009, 5.7.2, 6.4.3.2.
    """
    return await _answered(call, searched(call), links=True)


async def by_body(call: Call) -> Answer:
    """The entities that match the query in the body, a page of them.

    Source: ETSI GS CIM 009, 5.7.2, 5.2.23, 6.23.3.1.
    """
    body = call.body
    if not isinstance(body, dict) or body.get("type") != "Query":
        raise BadRequestData('The body is an object of the type "Query"')
    if unknown := body.keys() - _QUERY_MEMBERS:
        raise BadRequestData(f"A query has no member {min(unknown)[:40]!r}")
    wishes = _wishes(body)
    view = view_of(call, {name: body[name] for name in _VIEW_MEMBERS & body.keys()})
    selectors = body.get("entities")
    if selectors is None:
        queries = [query_of(call, wishes, view)]
    else:
        queries = [query_of(call, {**wishes, **_selector(one)}, view) for one in _selectors(selectors)]
    limit, offset = page_of(call)
    if len(queries) == 1:
        return await _answered(call, Search(view, way_of(view), paged(queries[0], limit, offset), limit), links=False)
    return await _united(call, view, queries, limit, offset)


async def purge(call: Call) -> Answer:
    """Deletes the entities that match, or of them the attributes of drop, or all but those of keep.

    Source: ETSI GS CIM 009, 5.6.21, 6.4.3.3.
    """
    keep, drop = items(call.params, "keep"), items(call.params, "drop")
    if keep is not None and drop is not None:
        raise BadRequestData("Either keep or drop, not both")
    if any("{" in name for name in (keep or []) + (drop or [])):
        raise BadRequestData("keep and drop do not reach into linked entities")
    kept = None if keep is None else frozenset(map(call.vocabulary.expand, keep))
    dropped = None if drop is None else frozenset(map(call.vocabulary.expand, drop))
    query = query_of(call, call.params, View())
    if query.q is not None and links_of(query.q):
        raise BadRequestData("What is purged is not chosen by linked entities")
    errors = []
    while True:
        page = await call.present.query(
            msgspec.structs.replace(query, limit=_PURGED, offset=0 if kept is dropped else query.offset)
        )
        updates = []
        for entity in page.entities:
            if kept is dropped:
                updates.append(Update(op=Op.DELETE, id=entity["id"]))
                continue
            gone = [a for a in entity["attrs"] if (a not in kept if kept is not None else a in (dropped or ()))]
            updates += [Update(op=Op.DELETE_ATTR, id=entity["id"], attr=a, dataset=ALL_DATASETS) for a in gone]
        if updates:
            results = await call.write(updates)
            errors += [failure(u.id, r.error) for u, r in zip(updates, results, strict=True) if r.error is not None]
        if len(page.entities) < _PURGED or errors:
            break
        query = msgspec.structs.replace(query, offset=query.offset + _PURGED)
    return multi({"success": [], "errors": errors}) if errors else nothing()


async def _answered(call: Call, search: Search, *, links: bool) -> Answer:
    page = await call.present.query(search.query)
    limit = search.limit
    kept = page.kept
    headers: list[Header] = []
    if links:
        more = limit and len(kept if kept is not None else page.entities) > limit
        headers = search.before + search.after if more else search.before
    if page.total is not None:
        headers = [*headers, (b"ngsild-results-count", str(page.total).encode())]
    if kept is not None and search.way is not None and not call.asked.header(b"prefer"):
        look = call.look(search.view, search.way)
        found, used = look.several(kept[:limit])
        if not used and call.vocabulary.own:
            found, _ = call.look(search.view, search.way, used=False).several(kept[:limit])
        return call.shown(found, used=used, headers=headers)
    return await _shown(call, search.view, page.entities[:limit], headers)


async def _united(call: Call, view: View, queries: list[Query], limit: int, offset: int) -> Answer:
    """Several selectors of entities: what any of them finds, each entity once, in the order of the selectors."""
    found: dict[str, Any] = {}
    for query in queries:
        page = await call.present.query(msgspec.structs.replace(query, limit=offset + limit + 1, offset=0, count=False))
        for entity in page.entities:
            found.setdefault(entity["id"], entity)
    total = [(b"ngsild-results-count", str(len(found)).encode())] if queries[0].count else []
    return await _shown(call, view, list(found.values())[offset : offset + limit], total)


async def _shown(call: Call, view: View, entities: list[Any], headers: list[Header]) -> Answer:
    linked = await reached(call, view, entities)
    used = call.uses_own([*entities, *linked.entities.values()])
    renderer = Renderer(view, call.naming(used), linked.entities)
    rendered = rendered_flat(renderer, entities, linked if view.join == "flat" else None)
    amended = amend(call, rendered)
    return applied(call, call.entities(rendered, used=used, headers=headers), amended)


# Queries in a body (5.2.23, 5.2.33, 5.2.13, 5.2.43)

_VIEW_MEMBERS: Final = frozenset(["attrs", "pick", "omit", "datasetId", "lang", "join", "joinLevel", "containedBy"])
_QUERY_MEMBERS: Final = _VIEW_MEMBERS | frozenset(
    """type entities q geoQ scopeQ csf expandValues jsonKeys ordering splitEntities entityMap
    entityMapLifetime""".split()  # noqa: SIM905
)
_GEO_MEMBERS: Final = frozenset(["georel", "geometry", "coordinates", "geoproperty"])
_ORDERING: Final = {
    "orderBy": "orderBy",
    "coordinates": "orderFrom",
    "geometry": "orderGeometry",
    "collation": "collation",
}


def _wishes(body: Wishes) -> dict[str, Any]:
    """A query's members under the names that parameters have."""
    wishes = {name: body[name] for name in ("q", "scopeQ", "csf", "attrs", "expandValues") if name in body}
    if "geoQ" in body:
        where = body["geoQ"]
        if type(where) is not dict or not _GEO_MEMBERS & where.keys():
            raise BadRequestData("geoQ is an object with georel, geometry and coordinates")
        wishes |= {name: where[name] for name in _GEO_MEMBERS & where.keys()}
    if "ordering" in body:
        order = body["ordering"]
        if type(order) is not dict or "orderBy" not in order:
            raise BadRequestData("ordering is an object with orderBy")
        wishes |= {ours: order[theirs] for theirs, ours in _ORDERING.items() if theirs in order}
    return wishes


def _selectors(given: Any) -> list[dict[str, Any]]:
    if type(given) is not list or not given or any(type(one) is not dict for one in given):
        raise BadRequestData("entities is a list of objects, at least one")
    if len(given) > 100:
        raise BadRequestData("entities has more than 100 selectors")
    return given


def _selector(given: dict[str, Any]) -> dict[str, Any]:
    if unknown := given.keys() - {"id", "idPattern", "type"}:
        raise BadRequestData(f"A selector of entities has no member {min(unknown)[:40]!r}")
    if not given.get("type"):
        raise BadRequestData("A selector of entities has a type")
    if "id" in given and type(given["id"]) is str:
        values.uri(given["id"], "id")
        return {**given, "id": [given["id"]]}
    return given
