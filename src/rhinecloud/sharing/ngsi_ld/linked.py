"""Entities that relationships lead to, fetched level by level, each once.

Source: ETSI GS CIM 009, 4.5.23, 5.7.1.4.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.errors import TooComplexQuery
from rhinecloud.base.model import Entity

from . import values
from .call import Call
from .render import Json, Projection, Renderer, View, targets_of
from .views import items

MOST: Final = 10_000  # linked entities of one answer


class Reached(msgspec.Struct):
    """Linked entities by id, in the order of finding, and what the braces of pick and omit say of each."""

    entities: dict[str, Entity] = {}
    projections: dict[str, tuple[Projection | None, Projection | None]] = {}


async def reached(call: Call, view: View, entities: list[Entity]) -> Reached:
    """The entities within `join_level` steps over the relationships that the view shows.

    Raises:
        TooComplexQuery: there are too many.
    """
    found = Reached()
    if not view.join:
        return found
    seen = {entity["id"] for entity in entities}
    seen |= {values.uri(item, "containedBy") for item in items(call.params, "containedBy") or ()}
    front: list[tuple[Entity, Projection | None, Projection | None]] = [(e, view.pick, view.omit) for e in entities]
    for _ in range(view.join_level):
        wanted: dict[str, tuple[Projection | None, Projection | None]] = {}
        for entity, pick, omit in front:
            for iri, target in targets_of(entity, view, pick, omit):
                if target not in seen:
                    wanted.setdefault(target, ((pick or {}).get(iri) or None, (omit or {}).get(iri) or None))
        if len(found.entities) + len(wanted) > MOST:
            raise TooComplexQuery(f"More than {MOST} linked entities; lower joinLevel or limit")
        seen |= wanted.keys()
        front = []
        for entity in call.present.get_many(list(wanted)):
            if call.readable is None or not call.readable.isdisjoint(entity["type"]):
                found.entities[entity["id"]] = entity
                found.projections[entity["id"]] = wanted[entity["id"]]
                front.append((entity, *wanted[entity["id"]]))
        if not front:
            break
    return found


def rendered_flat(renderer: Renderer, entities: list[Entity], linked: Reached | None) -> list[Json]:
    """The entities, then those they lead to, each once; what has nothing left to show is left out."""
    shown = [renderer.entity(entity) for entity in entities]
    if linked is not None:
        shown += [renderer.linked(entity, *linked.projections[found]) for found, entity in linked.entities.items()]
    return [rendered for rendered in shown if rendered]
