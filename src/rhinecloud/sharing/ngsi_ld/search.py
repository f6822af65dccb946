"""What a query of entities asks for, read from its parameters or its body: what to find, how to show it, which page.

Who looks at a screen asks the same again and again. So what parameters say is read once and remembered, by the query
string, the vocabulary that its names are in, and the types that the asker may read.
Source: ETSI GS CIM 009, 5.7.2, 4.9 to 4.13, 4.17, 4.19, 4.23, 6.3.10, 6.4.3.2.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import msgspec

from rhinecloud.base.errors import BadRequestData
from rhinecloud.context import GeoQuery, Query, Types, geo, ordering, q, scope, selection
from rhinecloud.sharing.exchange import REMEMBERED_QUERY

from . import values
from .call import Call
from .negotiation import JSON
from .render import View
from .shown import way_of
from .views import items, view_of

PAGE: Final = 20  # entities of a page where none is asked for
LARGEST: Final = 1000
MOST_REMEMBERED: Final = 1000
_SYSTEM: Final = frozenset(["createdAt", "modifiedAt", "expiresAt"])

Wishes = Mapping[str, Any]
Header = tuple[bytes, bytes]


class Search(msgspec.Struct, frozen=True):
    """What is asked for. `query` asks for one entity more than `limit`, to know whether there is a next page."""

    view: View
    way: Hashable | None  # see `shown.way_of`
    query: Query
    limit: int
    before: list[Header] = []  # Link to the page before, if there is one
    after: list[Header] = []  # and to the page after, for the case that there is one


def searched(call: Call) -> Search:
    """What the parameters ask for.

    Raises:
        BadRequestData, InvalidRequest: one of them is malformed, or all together are too wide.
    """
    asked = call.asked
    text: bytes = asked.scope.get("query_string", b"")
    if len(text) >= REMEMBERED_QUERY:
        return _read(call)
    remembered = call.door.searches
    # A vocabulary is compared by identity: one that is loaded anew, since its document changed, is another.
    key = (text, asked.raw_path, call.vocabulary, call.media, call.readable)
    found: Search | None = remembered.get(key)
    if found is None:
        found = _read(call)
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        remembered[key] = found
    return found


def _read(call: Call) -> Search:
    view = view_of(call)
    query = query_of(call, call.params, view)
    limit, offset = page_of(call)
    before = [_link(call, limit, max(offset - limit, 0), "prev")] if limit and offset else []
    after = [_link(call, limit, offset + limit, "next")] if limit else []
    return Search(view, way_of(view), paged(query, limit, offset), limit, before, after)


def paged(query: Query, limit: int, offset: int) -> Query:
    """The query for one page, and one entity more."""
    return msgspec.structs.replace(query, limit=limit + 1 if limit else 0, offset=offset)


def page_of(call: Call) -> tuple[int, int]:
    """Limit and offset (4.12, 4.13, 5.5.9, 6.3.13)."""
    limit, offset = call.number("limit", PAGE), call.number("offset", 0)
    if limit == 0 and not call.flag("count"):
        raise BadRequestData("limit=0 is only for count=true")
    return min(limit, LARGEST), offset


def _link(call: Call, limit: int, offset: int, rel: str) -> Header:
    """A Link header to another page (6.3.10)."""
    given = {**call.params, "limit": str(limit), "offset": str(offset)}
    text = "&".join(f"{name}={_quoted(value)}" for name, value in sorted(given.items()))
    return b"link", f'<{call.asked.path}?{text}>; rel="{rel}";type="{call.media or JSON}"'.encode()


@lru_cache(maxsize=2048)
def _quoted(value: str) -> str:
    return quote(value, safe=":*./|()~$!@")


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
        if links_of(condition) > (view.join_level if view.join else 0) and not call.flag("local"):
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


def links_of(condition: Any) -> int:
    """How many relationships a condition follows at most."""
    if not isinstance(condition, q.Term):
        return max(map(links_of, condition.parts), default=0)
    path, links = condition.path, 0
    while path.link is not None:
        path, links = path.link, links + 1
    return links


def _names_attribute(condition: Any) -> bool:
    """Whether a condition is about an attribute, not only about what we generate ourselves (5.7.2.4)."""
    if isinstance(condition, q.Term):
        return condition.path.attr.rpartition("/")[2] not in _SYSTEM
    return any(map(_names_attribute, condition.parts))
