"""From the internal form of an entity to what a client asked for: normalized, concise, simplified or GeoJSON.

Source: ETSI GS CIM 009, 4.5.1 to 4.5.5, 4.5.16, 4.5.17, 4.5.23, 4.15 (languages), 4.21 (projection), 6.3.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

import msgspec

from rhinecloud.base.clock import iso
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance

NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
LOCATION: Final = NGSI_LD + "location"
_NAMES: Final = frozenset(["objectType", "valueType", "entityTypeSealed"])  # members whose values are names

Json = dict[str, Any]
Projection = dict[str, "Projection"]
"""Expanded names of members to pick or omit; what is in braces, of the entity that a relationship leads to."""


class Names(Protocol):
    """The part of a vocabulary that rendering needs."""

    def compact(self, iri: str) -> str: ...


class View(msgspec.Struct, kw_only=True):
    """How entities are to look. `None` is no restriction."""

    form: Literal["normalized", "concise", "simplified"] = "normalized"
    sys_attrs: bool = False
    lang: str = ""
    attrs: frozenset[str] | None = None
    pick: Projection | None = None
    omit: Projection | None = None
    datasets: frozenset[str] | None = None  # with "@none" for the default instance
    geo: bool = False
    geometry: str = LOCATION
    join: Literal["", "flat", "inline"] = ""
    join_level: int = 1


Linked = Mapping[str, Entity]
"""Entities that relationships lead to, by id."""


class Renderer:
    """Renders entities of one answer."""

    def __init__(self, view: View, vocabulary: Names, linked: Linked | None = None) -> None:
        self._view = view
        self._compact = vocabulary.compact
        self._linked = linked or {}
        self._instance: Callable[[Instance], Any] = {
            "normalized": self.normalized,
            "concise": self._concise,
            "simplified": self._simplified,
        }[view.form]
        self._plain = (
            view.form == "normalized"
            and not (view.sys_attrs or view.lang or view.geo)
            and all(wish is None for wish in (view.attrs, view.pick, view.omit, view.datasets))
            and not linked
        )

    def entity(self, entity: Entity) -> Json:
        """One entity as asked."""
        if self._plain:
            return self._whole(entity)
        return self._shown(entity, self._view.pick, self._view.omit, self._view.join_level)

    def linked(self, entity: Entity, pick: Projection | None, omit: Projection | None) -> Json:
        """An entity of its own in a flat answer, with the projection of the relationship that led to it."""
        return self._shown(entity, pick, omit, 0)

    def _shown(self, entity: Entity, pick: Projection | None, omit: Projection | None, level: int) -> Json:
        rendered = self._projected(entity, pick, omit, level, frozenset([entity["id"]]))
        return self._feature(entity, rendered) if self._view.geo else rendered

    def _whole(self, entity: Entity) -> Json:
        """The short way for the commonest question."""
        compact = self._compact
        kinds = entity["type"]
        out: Json = {"id": entity["id"], "type": compact(kinds[0]) if len(kinds) == 1 else [*map(compact, kinds)]}
        if "scope" in entity:
            out["scope"] = _one_or_all(entity["scope"])
        for iri, instances in entity["attrs"].items():
            if len(instances) == 1:
                out[compact(iri)] = self.normalized(instances[0])
            else:
                out[compact(iri)] = [*map(self.normalized, instances)]
        return out

    def _projected(
        self, entity: Entity, pick: Projection | None, omit: Projection | None, level: int, seen: frozenset[str]
    ) -> Json:
        out = self._head(entity, pick, omit)
        for iri, instances in chosen(entity, self._view, pick, omit):
            value = self._attribute(instances)
            if self._linked and level > 0:
                below = (pick or {}).get(iri) or None, (omit or {}).get(iri) or None
                value = self._joined(instances, value, below, level, seen)
            out[self._compact(iri)] = value
        return out

    def _head(self, entity: Entity, pick: Projection | None, omit: Projection | None) -> Json:
        out: Json = {"id": entity["id"], "type": _one_or_all([*map(self._compact, entity["type"])])}
        if "scope" in entity:
            out["scope"] = _one_or_all(entity["scope"])
        if self._view.sys_attrs:
            out["createdAt"], out["modifiedAt"] = iso(entity["_c"]), iso(entity["_m"])
            if "expiresAt" in entity:
                out["expiresAt"] = entity["expiresAt"]
        if pick is not None:
            out = {name: value for name, value in out.items() if name in pick}
        if omit is not None:
            out = {name: value for name, value in out.items() if name not in omit}
        return out

    def _attribute(self, instances: list[Instance]) -> Any:
        if self._view.form == "simplified" and (len(instances) > 1 or "datasetId" in instances[0]):
            return {"dataset": {i.get("datasetId", "@none"): self._simplified(i) for i in instances}}
        rendered = [*map(self._instance, instances)]
        return rendered[0] if len(rendered) == 1 else rendered

    def normalized(self, instance: Instance) -> Json:
        """One instance with all its members, its names shortened."""
        out = {key: value for key, value in instance.items() if key[0] != "_" and key != "attrs"}
        kind = out["type"]
        if kind == "VocabProperty":
            out["vocab"] = self._names(out["vocab"])
        elif kind == "LanguageProperty" and self._view.lang:
            out = self._in_language(out)
        if len(out) > 2:
            for member in _NAMES & out.keys():
                out[member] = self._names(out[member])
            if "expiresAt" in out and not self._view.sys_attrs:
                del out["expiresAt"]
        if self._view.sys_attrs and "_c" in instance:
            out["createdAt"], out["modifiedAt"] = iso(instance["_c"]), iso(instance["_m"])
        if "attrs" in instance:
            for iri, subs in instance["attrs"].items():
                rendered = [*map(self._instance, subs)]
                out[self._compact(iri)] = rendered[0] if len(rendered) == 1 else rendered
        return out

    def _names(self, given: Any) -> Any:
        return [*map(self._compact, given)] if isinstance(given, list) else self._compact(given)

    def _concise(self, instance: Instance) -> Any:
        out = self.normalized(instance)
        kind = out.pop("type")
        if len(out) > 1:
            return out
        if kind == "GeoProperty":
            return out["value"]
        # An object would be read as something else when it comes back: it keeps its "value".
        return out["value"] if "value" in out and not isinstance(out["value"], dict) else out

    def _simplified(self, instance: Instance) -> Any:
        kind = instance["type"]
        value = instance[VALUE_MEMBER[kind]]
        if kind == "LanguageProperty":
            return _text(value, self._view.lang)[0] if self._view.lang else {"languageMap": value}
        if kind == "VocabProperty":
            return {"vocab": self._names(value)}
        if kind == "JsonProperty":
            return {"json": value}
        if kind == "ListRelationship":
            return [item["object"] for item in value]
        return value

    def _in_language(self, out: Json) -> Json:
        text, tag = _text(out.pop("languageMap"), self._view.lang)
        return out | {"type": "Property", "value": text, "lang": tag}

    # Linked entities (4.5.23)

    def _joined(
        self,
        instances: list[Instance],
        value: Any,
        below: tuple[Projection | None, Projection | None],
        level: int,
        seen: frozenset[str],
    ) -> Any:
        if (
            self._view.join != "inline"
            or len(instances) > 1
            or instances[0]["type"] not in ("Relationship", "ListRelationship")
        ):
            return value
        instance = instances[0]
        many = instance["type"] == "ListRelationship"
        given = instance["objectList"] if many else instance["object"]
        targets = [item["object"] if many else item for item in (given if isinstance(given, list) else [given])]
        found = {
            target: self._projected(self._linked[target], *below, level - 1, seen | {target})
            for target in targets
            if target in self._linked and target not in seen
        }
        if not found:
            return value
        if self._view.form == "simplified":
            shown = [found.get(target, target) for target in targets]
            return shown if isinstance(given, list) else shown[0]
        entities = [found[target] for target in targets if target in found]
        if many:
            return {**value, "entityList": entities}
        return {**value, "entity": entities if isinstance(given, list) else entities[0]}

    # GeoJSON (4.5.16, 4.5.17)

    def _feature(self, entity: Entity, rendered: Json) -> Json:
        rendered.pop("id", None)
        return {"id": entity["id"], "type": "Feature", "properties": rendered, "geometry": self._geometry_of(entity)}

    def _geometry_of(self, entity: Entity) -> Any:
        instances = entity["attrs"].get(self._view.geometry, ())
        wanted = self._view.datasets or {"@none"}
        for instance in instances:
            if instance.get("datasetId", "@none") in wanted and instance["type"] == "GeoProperty":
                return instance["value"]
        return None


def chosen(
    entity: Entity, view: View, pick: Projection | None, omit: Projection | None
) -> list[tuple[str, list[Instance]]]:
    """The attributes, and of them the instances, that a view lets through."""
    found = []
    for iri, instances in entity["attrs"].items():
        if view.attrs is not None and iri not in view.attrs:
            continue
        if pick is not None and iri not in pick:
            continue
        if omit is not None and iri in omit and not omit[iri]:
            continue
        left = instances
        if view.datasets is not None:
            left = [i for i in instances if i.get("datasetId", "@none") in view.datasets]
        if left:
            found.append((iri, left))
    return found


def _one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _text(languages: Mapping[str, Any], wanted: str) -> tuple[Any, str]:
    """The text that fits a language filter best, and its tag (4.15, RFC 4647 look-up)."""
    ranges = []
    for part in wanted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranges.append((-float(weight or 1), tag.strip().lower()))
        except ValueError:
            continue
    tags = {tag.lower(): tag for tag in languages}
    for _, tag in sorted(ranges, key=lambda pair: pair[0]):
        if tag == "*":
            break
        if found := _nearest(tag, tags):
            return languages[found], found
    first = "@none" if "@none" in languages else next(iter(languages))
    return languages[first], first


def _nearest(tag: str, tags: Mapping[str, str]) -> str | None:
    """`tag` itself, then its shorter forms (de-AT, de), then a longer form of it."""
    shorter = tag
    while shorter:
        if shorter in tags:
            return tags[shorter]
        shorter = shorter.rpartition("-")[0]
    return next((kept for lower, kept in tags.items() if lower.startswith(tag + "-")), None)


def targets_of(
    entity: Entity, view: View, pick: Projection | None = None, omit: Projection | None = None
) -> list[tuple[str, str]]:
    """(expanded name, id) of where the relationships that a view shows lead to, in order."""
    found: list[tuple[str, str]] = []
    for iri, instances in chosen(entity, view, pick, omit):
        for instance in instances:
            if instance["type"] == "Relationship":
                given = instance["object"]
                found.extend((iri, target) for target in (given if isinstance(given, list) else [given]))
            elif instance["type"] == "ListRelationship":
                found.extend((iri, item["object"]) for item in instance["objectList"])
    return found
