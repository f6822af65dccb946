"""Which things match a rule right now: beside the form, so that a limit is chosen by looking and not by guessing."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.base.errors import RhineError
from rhinecloud.context import GeoQuery, Query, Types
from rhinecloud.context import q as query_language
from rhinecloud.web.catalogue import Sort
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import name_of, newest, short_text, value_of

SHOWN: Final = 8
MOST: Final = 20_000


class Matching(msgspec.Struct, kw_only=True):
    """A thing and its figure."""

    id: str
    name: str
    value: float | None
    text: str
    unit: str
    decimals: int | None
    observed_us: int | None


class RulePreview(msgspec.Struct, kw_only=True):
    ready: bool = False  # False: the form is not complete
    q: str = ""  # the condition as the API would ask it
    total: int = 0  # things that the rule looks at
    matches: int | None = None  # None: only the past can tell
    rows: list[Matching] = []
    error: str = ""


async def preview(rooms: Rooms, tenant: str, rule: Any, sort: Sort) -> RulePreview:
    """What matches in the present; rules about change and forecast are told by the past and by forecasts."""
    present = rooms.presents.open(tenant)
    terms = rooms.model.terms
    where = geo_of(rule)
    shown = RulePreview(ready=True, q=rule.q)
    watched = Query(types=Types((sort.iri,)), geo=where, limit=MOST, count=True)
    try:
        found = await present.query(watched)
        shown.total = found.total if found.total is not None else len(found.entities)
        entities = found.entities
        if rule.q:
            condition = query_language.parse(rule.q, lambda term: terms.get(term, term))
            matching = await present.query(msgspec.structs.replace(watched, q=condition))
            entities = matching.entities
            shown.matches = matching.total if matching.total is not None else len(entities)
    except RhineError as error:
        shown.error = error.detail
        return shown
    if rule.silent_s:
        limit = rooms.clock() - int(rule.silent_s * SECOND)
        entities = [e for e in entities if (_row(e, sort, rule.attr).observed_us or 0) < limit]
        shown.matches = len(entities)
    elif rule.change is not None or rule.forecast is not None:
        shown.matches = None
    elif shown.matches is None:
        shown.matches = len(entities)
    rows = [_row(e, sort, rule.attr) for e in entities]
    rows.sort(key=lambda r: (r.value is None, -(r.value or 0) if ">" in rule.q else (r.value or 0), r.name))
    shown.rows = rows[:SHOWN]
    return shown


def geo_of(rule: Any) -> GeoQuery | None:
    if not rule.geo:
        return None
    return GeoQuery(str(rule.geo.get("georel", "within")), rule.geo["geometry"])


def _row(entity: Any, sort: Sort, attr: str) -> Matching:
    attribute = sort.attribute(attr) or sort.attribute(sort.main)
    instance = newest(entity["attrs"].get(attribute.iri)) if attribute else None
    value = value_of(instance) if instance else None
    figure = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    observed = None
    if instance is not None:
        text = instance.get("observedAt")
        observed = parse_us(text) if isinstance(text, str) else instance.get("_m")
    return Matching(
        id=entity["id"],
        name=name_of(entity),
        value=figure,
        text="" if figure is not None else short_text(value),
        unit=attribute.unit if attribute else "",
        decimals=attribute.decimals if attribute else None,
        observed_us=observed,
    )
