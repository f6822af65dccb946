"""The city's figures that belong to a report's situation: of the things that are affected, and the weather there."""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import RhineError
from rhinecloud.base.geo import distance_m
from rhinecloud.context import Query, Types
from rhinecloud.operations import Incident, reporting

from .rendering import number
from .rooms import Rooms
from .things import Kinds

WEATHER: Final = "WeatherObserved"
MOST: Final = 12


async def figures(rooms: Rooms, kinds: Kinds, tenant: str, incident: Incident, language: str) -> list[reporting.Figure]:
    """Each with its unit and time; what is not known is left out."""
    present = rooms.presents.open(tenant)
    ids = list(dict.fromkeys(i for i in (incident.place.entity, *incident.entities) if i))[:MOST]
    entities: list[Any] = list(present.get_many(ids)) if ids else []
    if incident.place.location is not None and (iri := rooms.model.terms.get(WEATHER)):
        try:
            page = await present.query(Query(types=Types((iri,)), limit=200))
        except RhineError:
            page = None  # a report goes without the weather
        near = [
            (distance_m(incident.place.location, at), e)
            for e in (page.entities if page else ())
            if (at := _at(kinds, e))
        ]
        entities += [e for _, e in sorted(near, key=lambda pair: pair[0])[:1] if e["id"] not in ids]
    return [f for e in entities if (f := _figure(kinds, e, language)) is not None]


def _at(kinds: Kinds, entity: Any) -> tuple[float, float] | None:
    row = kinds.row(entity)
    return (row.lon, row.lat) if row.lon is not None and row.lat is not None else None


def _figure(kinds: Kinds, entity: Any, language: str) -> reporting.Figure | None:
    row = kinds.row(entity)
    kind = kinds.list[row.kind]
    value = row.text if row.number is None else f"{number(row.number, language, kind.decimals)} {kind.unit}".strip()
    if not value or row.observed_ms is None:
        return None
    named = ", ".join(w for w in (row.name, kind.figure[language]) if w)
    return reporting.Figure(name=named, value=value, at_us=row.observed_ms * SECOND // 1000)
