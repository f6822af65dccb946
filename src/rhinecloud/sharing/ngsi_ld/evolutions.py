"""From the internal form of temporal evolutions to what a client asked for: normalized, temporal values or aggregated.

Source: ETSI GS CIM 009, 4.5.6 to 4.5.9 (representations), 4.5.19 (aggregation), 4.5.18, 4.5.24 (attribute types).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import iso
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance
from rhinecloud.context import Vocabulary
from rhinecloud.history import Figures

from .render import Json, Projection, Renderer, View

INSTANCE: Final = "urn:ngsi-ld:Instance:"
"""Before the number of an instance, this makes its instanceId."""

_SERIES: Final = {
    "Property": "values",
    "GeoProperty": "values",
    "Relationship": "objects",
    "LanguageProperty": "languageMaps",
    "VocabProperty": "vocabs",
    "JsonProperty": "jsons",
    "ListProperty": "valueLists",
    "ListRelationship": "objectLists",
}


class TemporalView(msgspec.Struct, kw_only=True, frozen=True):
    """How evolutions are to look."""

    form: Literal["normalized", "temporalValues", "aggregatedValues"] = "normalized"
    sys_attrs: bool = False
    lang: str = ""
    pick: Projection | None = None
    omit: Projection | None = None
    by: str = "observedAt"


class Evolver:
    """Renders the evolutions of one answer."""

    def __init__(self, view: TemporalView, vocabulary: Vocabulary) -> None:
        self._view = view
        self._compact = vocabulary.compact
        self._renderer = Renderer(View(sys_attrs=view.sys_attrs, lang=view.lang), vocabulary)

    def evolution(self, entity: Entity) -> Json:
        """One entity and how its attributes went."""
        out = self._head(entity)
        attribute = self._pairs if self._view.form == "temporalValues" else self._instances
        for iri, instances in self._chosen(entity):
            out[self._compact(iri)] = attribute(instances)
        return out

    def aggregated(self, entity: Entity, figures: Iterable[Figures]) -> Json:
        """One entity and figures over its attributes."""
        out = self._head(entity)
        attributes: dict[str, list[Json]] = {}
        for found in figures:
            if not self._left(found.attr):
                continue
            made: Json = {"type": found.kind}
            if found.dataset:
                made["datasetId"] = found.dataset
            for bucket in found.buckets:
                for method, value in bucket.figures.items():
                    if value is not None:
                        made.setdefault(method, []).append([value, iso(bucket.from_us), iso(bucket.to_us)])
            attributes.setdefault(self._compact(found.attr), []).append(made)
        return out | {name: made[0] if len(made) == 1 else made for name, made in attributes.items()}

    def _head(self, entity: Entity) -> Json:
        view = self._view
        kinds = [*map(self._compact, entity["type"])]
        out: Json = {"id": entity["id"], "type": kinds[0] if len(kinds) == 1 else kinds}
        if view.sys_attrs:
            out["createdAt"], out["modifiedAt"] = iso(entity["_c"]), iso(entity["_m"])
        return {name: value for name, value in out.items() if self._left(name)}

    def _left(self, name: str) -> bool:
        """Whether pick and omit leave a member (expanded, or one of the entity's own)."""
        view = self._view
        return (view.pick is None or name in view.pick) and (view.omit is None or name not in view.omit)

    def _chosen(self, entity: Entity) -> Iterable[tuple[str, list[Instance]]]:
        if "scope" in entity and self._left("scope"):
            yield "scope", entity["scope"]
        for iri, instances in entity["attrs"].items():
            if self._left(iri):
                yield iri, instances

    def _instances(self, instances: list[Instance]) -> list[Json]:
        return [*map(self._instance, instances)]

    def _instance(self, instance: Instance) -> Json:
        made = instance | {"instanceId": f"{INSTANCE}{instance['_id']}"}
        if "_d" in instance:
            made["deletedAt"] = iso(instance["_d"])
        elif self._view.by in ("createdAt", "modifiedAt") and not self._view.sys_attrs:
            made[self._view.by] = iso(instance["_c" if self._view.by == "createdAt" else "_m"])
        return self._renderer.normalized(made)

    def _pairs(self, instances: list[Instance]) -> Any:
        """[value, time] pairs, one list of them a datasetId (4.5.9)."""
        series: dict[str, Json] = {}
        for instance in instances:
            kind = instance["type"]
            found = series.setdefault(instance.get("datasetId", ""), {"type": kind})
            if "datasetId" in instance:
                found["datasetId"] = instance["datasetId"]
            found.setdefault(_SERIES[kind], []).append([self._value(kind, instance), self._moment(instance)])
        made = [*series.values()] or [{"type": "Property", "values": []}]
        return made[0] if len(made) == 1 else made

    def _moment(self, instance: Instance) -> str:
        if "_d" in instance:
            return iso(instance["_d"])
        if self._view.by == "observedAt" and "observedAt" in instance:
            return str(instance["observedAt"])
        return iso(instance["_c" if self._view.by == "createdAt" else "_m"])

    def _value(self, kind: str, instance: Instance) -> Any:
        value = instance[VALUE_MEMBER[kind]]
        if kind == "Property":
            return float(value) if type(value) is int else value
        if kind == "LanguageProperty":
            return {"languageMap": value}
        if kind == "VocabProperty":
            return {"vocab": [*map(self._compact, value)] if isinstance(value, list) else self._compact(value)}
        if kind == "JsonProperty":
            return {"json": value}
        if kind == "ListRelationship" and isinstance(value, list):
            return [item["object"] for item in value]
        return value
