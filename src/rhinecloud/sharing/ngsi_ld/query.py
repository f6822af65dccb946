"""Queries of entities, by parameters and by body, and purging what a query finds.

Source: ETSI GS CIM 009, 5.7.2, 5.6.21, 4.9 to 4.13, 4.17, 4.19, 4.23, 6.4.3.2, 6.4.3.3, 6.23.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import ALL_DATASETS, Op, Update
from rhinecloud.context import GeoQuery, Query, Types, geo, ordering, q, scope, selection
from rhinecloud.sharing.exchange import Answer

from . import values
from .batch import failure
from .call import Call, multi, nothing
from .linked import reached, rendered_flat
from .negotiation import GEO_JSON, JSON
from .render import Renderer, View
from .versions import amend, applied
from .views import items, view_of

PAGE: Final = 20  # entities of a page where none is asked for
LARGEST: Final = 1000
_SYSTEM: Final = frozenset(["createdAt", "modifiedAt", "expiresAt"])
_PURGED: Final = 500  # entities deleted in one commit

Wishes = Mapping[str, Any]


async def by_parameters(call: Call) -> Answer:
    """The entities that match the parameters, a page of them.

    Source: ETSI GS CIM 009, 5.7.2, 6.4.3.2.
    """
    view = view_of(call)
    query = query_of(call, call.params, view)
    limit, offset = _page(call)
    return await _answered(call, view, query, limit, offset, links=True)


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
    limit, offset = _page(call)
    if len(queries) == 1:
        return await _answered(call, view, queries[0], limit, offset, links=False)
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
    if query.q is not None and _links_of(query.q):
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


def query_of(call: Call, wishes: Wishes, view: View) -> Query:
    """The query that parameters or a body's members ask for.

    Raises:
        BadRequestData: one of them is malformed, or all together are too wide (5.7.2.4).
    """
    expand = call.vocabulary.expand
    local = call.flag("local")
    types, everything = _types(call, wishes)
    attrs = items(wishes, "attrs") or []
    if not {"id", "type", "scope", "@context"}.isdisjoint(attrs):
        raise BadRequestData("attrs names attributes, not id, type or scope")
    condition = None
    if text := _text(wishes, "q"):
        condition = q.parse(text, expand, items(wishes, "expandValues") or ())
        if _links_of(condition) > (view.join_level if view.join else 0) and not call.flag("local"):
            raise BadRequestData("The query is too deep: conditions on linked entities need join and joinLevel")
    if csf := _text(wishes, "csf"):
        q.parse(csf, expand)  # no other context sources yet, so that none is left out by it
    where = _geo(call, wishes)
    narrow = (
        types
        or [a for a in attrs if a not in _SYSTEM]
        or where
        or (condition is not None and _names_attribute(condition))
    )
    if not (local or everything or narrow):
        raise BadRequestData("The query is too wide: give one of type, attrs, q, georel, or local=true")
    ids = tuple(dict.fromkeys(values.uri(one, "id") for one in items(wishes, "id") or ()))
    pattern = _text(wishes, "idPattern")
    scope_text = _text(wishes, "scopeQ")
    collation = _text(wishes, "collation")
    return Query(
        types=types,
        ids=ids,
        id_pattern="" if ids else pattern,  # 5.2.33: id takes precedence
        attrs=tuple(map(expand, attrs)),
        q=condition,
        geo=where,
        scope=scope.parse(scope_text) if scope_text else None,
        readable=call.readable,
        order=ordering.parse(items(wishes, "orderBy") or (), expand, _origin(wishes)),
        collation=ordering.check_collation(collation) if collation else "",
        count=call.flag("count"),
    )


def _types(call: Call, wishes: Wishes) -> tuple[Types | None, bool]:
    """The selection of types; ("*" or none: None), and whether "*" asks for all of them."""
    text = _text(wishes, "type")
    if text == "*":
        if call.params.get("local") == "false":
            raise BadRequestData("type=* is only for what is kept here: leave out local=false")
        return None, True
    return (selection.parse(text, call.vocabulary.expand) if text else None), False


def _geo(call: Call, wishes: Wishes) -> GeoQuery | None:
    given = [name for name in ("georel", "geometry", "coordinates") if wishes.get(name)]
    if not given:
        return None
    if len(given) < 3:
        raise BadRequestData("A geo-query has georel, geometry and coordinates")
    attr = _text(wishes, "geoproperty")
    coordinates = wishes["coordinates"]
    return geo.parse(
        _text(wishes, "georel"),
        _text(wishes, "geometry"),
        coordinates if isinstance(coordinates, str) else values.plain(coordinates, "coordinates"),
        call.vocabulary.expand(attr) if attr else "",
    )


def _origin(wishes: Wishes) -> dict[str, Any] | None:
    """The geometry that distances are measured from."""
    given = wishes.get("orderFrom")
    kind = wishes.get("orderGeometry", "Point")
    if type(kind) is not str:
        raise BadRequestData("orderGeometry is the type of a geometry")
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (ValueError, RecursionError) as error:
            raise BadRequestData("orderFrom is not an array of coordinates") from error
    return values.geometry({"type": kind, "coordinates": given}, "orderFrom")


def _text(wishes: Wishes, name: str) -> str:
    given = wishes.get(name, "")
    if type(given) is not str:
        raise BadRequestData(f"{name} is not a text")
    return given


def _links_of(condition: Any) -> int:
    """How many relationships a condition follows at most."""
    if not isinstance(condition, q.Term):
        return max(map(_links_of, condition.parts), default=0)
    path, links = condition.path, 0
    while path.link is not None:
        path, links = path.link, links + 1
    return links


def _names_attribute(condition: Any) -> bool:
    """Whether a condition is about an attribute, not only about what we generate ourselves (5.7.2.4)."""
    if isinstance(condition, q.Term):
        return condition.path.attr.rpartition("/")[2] not in _SYSTEM
    return any(map(_names_attribute, condition.parts))


# Pages (4.12, 4.13, 5.5.9, 6.3.10, 6.3.13)


def _page(call: Call) -> tuple[int, int]:
    limit, offset = _number(call, "limit", PAGE), _number(call, "offset", 0)
    if limit == 0 and not call.flag("count"):
        raise BadRequestData("limit=0 is only for count=true")
    return min(limit, LARGEST), offset


def _number(call: Call, name: str, default: int) -> int:
    text = call.params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadRequestData(f"{name} is a whole number, at least 0")
    return int(text)


async def _answered(call: Call, view: View, query: Query, limit: int, offset: int, *, links: bool) -> Answer:
    # One more than the page has, to know whether there is a next one.
    page = await call.present.query(msgspec.structs.replace(query, limit=limit + 1 if limit else 0, offset=offset))
    more = _links(call, limit, offset, len(page.entities) > limit) if links else []
    return await _shown(call, view, page.entities[:limit], page.total, more)


async def _united(call: Call, view: View, queries: list[Query], limit: int, offset: int) -> Answer:
    """Several selectors of entities: what any of them finds, each entity once, in the order of the selectors."""
    found: dict[str, Any] = {}
    for query in queries:
        page = await call.present.query(msgspec.structs.replace(query, limit=offset + limit + 1, offset=0, count=False))
        for entity in page.entities:
            found.setdefault(entity["id"], entity)
    total = len(found) if queries[0].count else None
    return await _shown(call, view, list(found.values())[offset : offset + limit], total, [])


async def _shown(
    call: Call, view: View, entities: list[Any], total: int | None, headers: list[tuple[bytes, bytes]]
) -> Answer:
    if total is not None:
        headers = [*headers, (b"ngsild-results-count", str(total).encode())]
    linked = await reached(call, view, entities)
    used = call.uses_own([*entities, *linked.entities.values()])
    renderer = Renderer(view, call.naming(used), linked.entities)
    rendered = rendered_flat(renderer, entities, linked if view.join == "flat" else None)
    amended = amend(call, rendered)
    return applied(call, call.entities(rendered, geo=call.media == GEO_JSON, used=used, headers=headers), amended)


def _links(call: Call, limit: int, offset: int, more: bool) -> list[tuple[bytes, bytes]]:
    """Link headers to the pages before and after (6.3.10)."""
    links = []
    if limit and offset:
        links.append(_link(call, limit, max(offset - limit, 0), "prev"))
    if limit and more:
        links.append(_link(call, limit, offset + limit, "next"))
    return [(b"link", link) for link in links]


def _link(call: Call, limit: int, offset: int, rel: str) -> bytes:
    given = {**call.params, "limit": str(limit), "offset": str(offset)}
    text = "&".join(f"{quote(name)}={quote(value, safe=':*./|()~$!@')}" for name, value in sorted(given.items()))
    return f'<{call.asked.path}?{text}>; rel="{rel}";type="{call.media or JSON}"'.encode()


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
