"""What a client asks of the past, read from parameters or from a query in a body.

Source: ETSI GS CIM 009, 4.11 (temporal query language), 5.2.21, 5.2.23, 5.2.44, 5.7.3.4, 5.7.4.4, 6.18.3.2, 6.19.3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData, InvalidRequest
from rhinecloud.base.model import Entity
from rhinecloud.context import GeoQuery, geo, matching, patterns, q, scope, selection
from rhinecloud.history import METHODS, TemporalQuery, Window, check, duration

from . import values
from .call import Call
from .evolutions import TemporalView
from .views import depth_of, items, projection

FORMS: Final = ("normalized", "temporalValues", "aggregatedValues")
_RELATIONS: Final = ("before", "after", "between")
_PROPERTIES: Final = ("observedAt", "createdAt", "modifiedAt", "deletedAt")
_SYSTEM: Final = frozenset(["id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "observedAt", "expiresAt"])
MOST: Final = 1000  # entities of one answer


class Wanted(msgspec.Struct):
    """A query of the past and how its answer is to look."""

    query: TemporalQuery
    view: TemporalView
    methods: list[str] = []
    period: str = ""


def wanted(call: Call, body: Mapping[str, Any] | None = None, *, one: str = "") -> Wanted:
    """What parameters, or the members of a POST query, ask for; `one`: of this entity alone.

    Raises:
        InvalidRequest: a keyword that does not exist.
        BadRequestData: parameters that are malformed, contradict each other, or ask for everything.
    """
    wishes = _flat(call, body)
    form, sys_attrs = _form(call)
    methods, period = _aggregation(wishes)
    if methods and body is not None and "format" not in call.params:
        form = "aggregatedValues"
    if form == "aggregatedValues" and not methods:
        raise BadRequestData(f"Aggregated values need aggrMethods, of {', '.join(METHODS)}")
    window = window_of(wishes)
    attrs, pick, omit = _projections(call, wishes)
    lang = wishes.get("lang", "")
    if type(lang) is not str:
        raise BadRequestData("lang is not a text")
    view = TemporalView(form=form, sys_attrs=sys_attrs, lang=lang, pick=pick, omit=omit, by=window.by)  # type: ignore[arg-type]
    query = TemporalQuery(
        attrs=attrs,
        datasets=_datasets(wishes),
        window=window,
        last_n=_last_n(wishes),
        page=call.door.settings.temporal_page_instances,
    )
    if one:
        query.ids = [one]
        query.limit = 1
    else:
        _select(call, wishes, query)
    return Wanted(query, view, methods if form == "aggregatedValues" else [], period)


def _flat(call: Call, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The wishes under the names of the parameters, wherever they were in the body."""
    wishes: dict[str, Any] = dict(call.params)
    for name, given in (body or {}).items():
        if name in ("geoQ", "temporalQ", "aggrParams"):
            if not isinstance(given, dict):
                raise BadRequestData(f"{name} is not an object")
            wishes |= given
        elif name not in ("@context", "type"):
            wishes[name] = given
    if body is not None and body.get("type", "Query") != "Query":
        raise BadRequestData("The type of the body is Query")
    return wishes


def _form(call: Call) -> tuple[str, bool]:
    options = call.known_options(*FORMS, "sysAttrs", "audit")
    given = call.params.get("format")
    if given is not None:
        if given not in FORMS:
            raise InvalidRequest(f"There is no format {given[:40]!r}; there are {', '.join(FORMS)}")
        return given, "sysAttrs" in options
    named = [form for form in FORMS if form in options]
    if len(named) > 1:
        raise InvalidRequest("options names several formats")
    return (named[0] if named else "normalized"), "sysAttrs" in options


def window_of(wishes: Mapping[str, Any]) -> Window:
    """The stretch of time that is asked for (4.11)."""
    relation, at, end = (wishes.get(name) for name in ("timerel", "timeAt", "endTimeAt"))
    by = wishes.get("timeproperty", "observedAt")
    if by not in _PROPERTIES:
        raise BadRequestData(f"timeproperty is one of {', '.join(_PROPERTIES)}")
    if relation is None:
        if at is not None or end is not None:
            raise BadRequestData("timeAt and endTimeAt need timerel: before, after or between")
        return Window(by=by)
    if relation not in _RELATIONS:
        raise BadRequestData("timerel is before, after or between")
    if at is None:
        raise BadRequestData(f"timerel={relation} needs timeAt")
    if (end is None) == (relation == "between"):
        raise BadRequestData("endTimeAt belongs to timerel=between, and between needs it")
    from_us = parse_us(values.instant(at, "timeAt"))
    to_us = parse_us(values.instant(end, "endTimeAt")) if end is not None else 0
    return Window(relation, from_us, to_us, by)


def _last_n(wishes: Mapping[str, Any]) -> int:
    given = wishes.get("lastN")
    if given is None:
        return 0
    if type(given) is str and given.isascii() and given.isdigit() and len(given) < 10:
        given = int(given)
    if type(given) is not int or not 1 <= given < 2**31:
        raise BadRequestData("lastN is a positive integer")
    return given


def _aggregation(wishes: Mapping[str, Any]) -> tuple[list[str], str]:
    methods = items(wishes, "aggrMethods") or []
    period = wishes.get("aggrPeriodDuration", "")
    if type(period) is not str:
        raise BadRequestData("aggrPeriodDuration is an ISO 8601 duration, such as PT1H or P1D")
    check(methods)
    if period:
        duration(period)
    return list(dict.fromkeys(methods)), period


def _projections(call: Call, wishes: Mapping[str, Any]) -> tuple[frozenset[str] | None, Any, Any]:
    attrs = items(wishes, "attrs")
    pick, omit = (projection(items(wishes, name), call.vocabulary) for name in ("pick", "omit"))
    if attrs is not None and (pick is not None or omit is not None):
        raise BadRequestData("attrs cannot stand together with pick or omit")
    if pick is not None and omit is not None and pick.keys() & omit:
        raise BadRequestData("pick and omit name the same member")
    if depth_of(pick) or depth_of(omit):
        raise BadRequestData("The past has no linked entities: pick and omit have no braces here")
    if attrs is None:
        return None, pick, omit
    return frozenset(name if name == "scope" else call.vocabulary.expand(name) for name in attrs), pick, omit


def _datasets(wishes: Mapping[str, Any]) -> frozenset[str] | None:
    given = items(wishes, "datasetId")
    for dataset in given or ():
        if dataset != "@none":
            values.uri(dataset, "datasetId")
    return None if given is None else frozenset(given)


def _select(call: Call, wishes: Mapping[str, Any], query: TemporalQuery) -> None:
    """Which entities: ids, types, conditions on values, places and scopes."""
    expand = call.vocabulary.expand
    condition = _condition(wishes, "q", expand)
    place = _place(wishes, expand)
    _condition(wishes, "csf", expand)
    selectors = _selectors(wishes)
    narrow = any("type" in s for s in selectors) or bool({*(items(wishes, "attrs") or ())} - _SYSTEM)
    narrow = narrow or place is not None or bool(q.attributes_of(condition) - _SYSTEM)
    if not narrow and not call.flag("local"):
        raise BadRequestData("Say which entities: by type, attrs, q or georel")
    if q.has_links(condition):
        raise BadRequestData("The past has no linked entities: q has no braces here")
    tests: list[Callable[[Entity], bool]] = []
    if condition is not None:
        tests.append(matching.compile_condition(condition, lambda _: ()))
    if place is not None:
        tests.append(place.matcher())
    if tests:
        query.matches = lambda entity: all(test(entity) for test in tests)
    if "scopeQ" in wishes:
        query.scope = scope.parse(_text(wishes, "scopeQ")).matcher()
    query.selects = _selection(selectors, expand)
    if selectors and all("id" in selector for selector in selectors):
        query.ids = [one for selector in selectors for one in selector["id"]]  # spares looking at all the others
    _order(wishes, query)
    query.limit, query.offset = call.number("limit", 20, MOST), call.number("offset", 0, 2**31)
    query.count = call.flag("count")


def _text(wishes: Mapping[str, Any], name: str) -> str:
    if type(wishes[name]) is not str:
        raise BadRequestData(f"{name} is not a text")
    return str(wishes[name])


def _condition(wishes: Mapping[str, Any], name: str, expand: Callable[[str], str]) -> q.Condition | None:
    if name not in wishes:
        return None
    return q.parse(_text(wishes, name), expand, items(wishes, "expandValues") or ())


def _place(wishes: Mapping[str, Any], expand: Callable[[str], str]) -> GeoQuery | None:
    if not any(name in wishes for name in ("georel", "geometry", "coordinates")):
        return None
    if any(name not in wishes for name in ("georel", "geometry", "coordinates")):
        raise BadRequestData("A geo-query has georel, geometry and coordinates")
    attr = expand(_text(wishes, "geoproperty")) if "geoproperty" in wishes else ""
    return geo.parse(_text(wishes, "georel"), _text(wishes, "geometry"), wishes["coordinates"], attr)


def _selectors(wishes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each a set of ids, a pattern and a type that an entity has to fulfil together (5.2.33)."""
    given = wishes.get("entities")
    if given is None:
        given = [{name: wishes[name] for name in ("id", "idPattern", "type") if name in wishes}]
    if not isinstance(given, list) or not given or not all(isinstance(item, dict) for item in given):
        raise BadRequestData("entities is a list of objects with type, id or idPattern")
    found = []
    for item in given:
        selector: dict[str, Any] = {}
        if "id" in item:
            selector["id"] = [values.uri(one, "id") for one in items(item, "id") or ()]
        for name in ("idPattern", "type"):
            if name in item:
                if type(item[name]) is not str:
                    raise BadRequestData(f"{name} is not a text")
                selector[name] = item[name]
        found.append(selector)
    return [selector for selector in found if selector]


def _selection(
    selectors: list[dict[str, Any]], expand: Callable[[str], str]
) -> Callable[[str, frozenset[str]], bool] | None:
    tests = []
    for selector in selectors:
        ids = frozenset(selector["id"]) if "id" in selector else None
        pattern = patterns.searcher(selector["idPattern"]) if "idPattern" in selector else None
        text = selector.get("type", "*")
        types = None if text == "*" else selection.parse(text, expand).accepts
        tests.append((ids, pattern, types))
    if not tests:
        return None

    def selects(entity: str, kinds: frozenset[str]) -> bool:
        return any(
            (ids is None or entity in ids) and (pattern is None or pattern(entity)) and (types is None or types(kinds))
            for ids, pattern, types in tests
        )

    return selects


def _order(wishes: Mapping[str, Any], query: TemporalQuery) -> None:
    given = items(wishes, "orderBy")
    for item in given or ():
        name, _, direction = item.partition(";")
        if name != "id" or direction not in ("", "asc", "desc"):
            raise BadRequestData("Temporal evolutions are ordered by id only: orderBy=id or orderBy=id;desc")
        query.descending = direction == "desc"
