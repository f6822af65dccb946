"""Entities as people see them: a thing has a name, a place, one main figure, and a state that colours it.

In: entities with expanded names, and what the model declares of them. Out: rows for lists and maps, and what
the panel of one thing shows. No text of ours is made here but labels of the model: words belong to templates and
islands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from rhinecloud.base import units
from rhinecloud.base.clock import parse_us
from rhinecloud.base.declare import CORE_TERMS, SMART_DATA_MODELS, Attribute, EntityType, Label, Model, Status
from rhinecloud.base.geo import bbox
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance

LOCATION: Final = CORE_TERMS["location"]
NAME: Final = SMART_DATA_MODELS + "name"
NAMES: Final = (
    NAME,
    "https://schema.org/name",
    "https://uri.etsi.org/ngsi-ld/name",
    "https://uri.etsi.org/ngsi-ld/default-context/name",
)
STATES: Final = ("normal", "info", "minor", "major", "critical")


class Kind(msgspec.Struct, kw_only=True, frozen=True):
    """One entity type on the map: its layer, its words, how its main figure is printed."""

    iri: str
    name: str
    label: Label
    plural: Label
    icon: str
    attr: str = ""  # expanded name of the main attribute
    figure: Label = Label("", "")  # what that attribute is called
    words: tuple[tuple[str, Label], ...] = ()  # of its values, where it is none that is measured
    unit: str = ""  # its symbol
    decimals: int | None = None
    interval_s: float | None = None
    status: Status | None = None
    layer_on: bool = True
    min_zoom: float = 0

    def shown(self, language: str) -> ShownKind:
        return ShownKind(
            name=self.name,
            label=self.label[language],
            plural=self.plural[language],
            icon=self.icon,
            figure=self.figure[language],
            words={value: label[language] for value, label in self.words},
            unit=self.unit,
            decimals=self.decimals,
            interval_s=self.interval_s,
            layer_on=self.layer_on,
            min_zoom=self.min_zoom,
        )


class ShownKind(msgspec.Struct, kw_only=True, rename="camel"):
    """A kind as an island gets it, in one language."""

    name: str
    label: str
    plural: str
    icon: str
    figure: str
    words: dict[str, str]
    unit: str
    decimals: int | None
    interval_s: float | None
    layer_on: bool
    min_zoom: float


class Row(msgspec.Struct, array_like=True):
    """One thing in lists and on the map; sent as an array, since there are thousands."""

    id: str
    kind: int  # place in the list of kinds
    name: str
    lon: float | None
    lat: float | None
    state: int  # place in STATES
    number: float | None
    text: str  # the main figure where it is no number
    observed_ms: int | None
    flags: int


class Kinds:
    """The kinds of one tenant; types that nobody declared get a kind when first seen. Places in the list stay."""

    def __init__(self, model: Model, layers: Sequence[Any] = ()) -> None:
        self._model = model
        self.list: list[Kind] = []
        self._index: dict[str, int] = {}
        self._status: dict[str, str] = {}  # type → the attribute that colours it
        chosen = {layer.type: layer for layer in layers}
        for declared in model.types.values():
            self._add(self._declared(declared, chosen.get(declared.name)))

    def shown(self, language: str) -> list[ShownKind]:
        return [kind.shown(language) for kind in self.list]

    def _add(self, kind: Kind) -> int:
        self._index[kind.iri] = len(self.list)
        self.list.append(kind)
        return len(self.list) - 1

    def _declared(self, declared: EntityType, layer: Any) -> Kind:
        main = next((a for a in self._model.attributes(declared.iri) if a.name == declared.main), None)
        return Kind(
            iri=declared.iri,
            name=declared.name,
            label=declared.label,
            plural=declared.plural,
            icon=declared.icon,
            attr=main.iri if main else "",
            figure=main.label if main else Label("", ""),
            words=main.words if main else (),
            unit=units.symbol(main.unit) if main and main.unit else "",
            decimals=main.decimals if main else None,
            interval_s=declared.interval_s,
            status=declared.status,
            layer_on=layer.on if layer else True,
            min_zoom=layer.min_zoom if layer else 0,
        )

    def of(self, types: Iterable[str]) -> int:
        """The kind of an entity of these types: the first that is declared, else a new one of the first type's name."""
        first = ""
        for iri in types:
            first = first or iri
            if (found := self._index.get(iri)) is not None:
                return found
        if len(self.list) > 500:  # hostile input must not grow this without bound
            first = "other"
            if first in self._index:
                return self._index[first]
        name = self._model.names.get(first) or first.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
        return self._add(Kind(iri=first, name=name, label=Label(name, name), plural=Label(name, name), icon="map-pin"))

    def row(self, entity: Entity) -> Row:
        """The thing that an entity is to people."""
        place = self.of(entity["type"])
        kind = self.list[place]
        attrs = entity.get("attrs", {})
        instance = newest(attrs.get(kind.attr)) if kind.attr else first_figure(attrs)
        value = instance.get("value") if instance else None
        figure = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        lon, lat = position(attrs) or (None, None)
        return Row(
            entity["id"],
            place,
            name_of(entity),
            lon,
            lat,
            self.state(kind, attrs),
            figure,
            "" if figure is not None else short_text(value),
            observed_ms(instance),
            instance.get("_f", 0) if instance else 0,
        )

    def status_attr(self, kind: Kind) -> str:
        """The expanded name of the attribute that colours a kind; "": none does."""
        rule = kind.status
        if rule is None:
            return ""
        if kind.iri not in self._status:
            declared = next((a.iri for a in self._model.attributes(kind.iri) if a.name == rule.attr), "")
            self._status[kind.iri] = declared or self._model.terms.get(rule.attr, kind.attr)
        return self._status[kind.iri]

    def state(self, kind: Kind, attrs: dict[str, list[Instance]]) -> int:
        """Place in STATES after the thresholds that the type declares."""
        if kind.status is None:
            return 0
        instance = newest(attrs.get(self.status_attr(kind)))
        value = instance.get("value") if instance else None
        return level(kind, value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def level(kind: Kind, value: float | None) -> int:
    """Place in STATES of a value of the attribute that colours a kind."""
    rule = kind.status
    if rule is None or value is None:
        return 0
    for place, limit in ((4, rule.critical), (3, rule.major), (2, rule.minor)):
        if limit is not None and (value >= limit if rule.rising else value <= limit):
            return place
    return 0


def newest(instances: list[Instance] | None) -> Instance | None:
    """The default instance, else the one observed last."""
    if not instances:
        return None
    for instance in instances:
        if "datasetId" not in instance:
            return instance
    return max(instances, key=lambda i: str(i.get("observedAt", "")))


def first_figure(attrs: dict[str, list[Instance]]) -> Instance | None:
    """For types that nobody declared: the first attribute that is a number."""
    for name in sorted(attrs):
        instance = newest(attrs[name])
        if instance and isinstance(instance.get("value"), int | float) and not isinstance(instance["value"], bool):
            return instance
    return None


def name_of(entity: Entity) -> str:
    """What people call it; where it has no name, the end of its id."""
    attrs = entity.get("attrs", {})
    for attr in NAMES:
        if instance := newest(attrs.get(attr)):
            value = instance.get("value", instance.get("languageMap"))
            if isinstance(value, dict):
                value = next(iter(value.values()), "")
            if isinstance(value, str) and value.strip():
                return value.strip()[:200]
    return str(entity["id"]).rsplit(":", 1)[-1][:200]


def position(attrs: dict[str, list[Instance]]) -> tuple[float, float] | None:
    """(lon, lat) of the thing: its point, or the middle of its extent."""
    instance = newest(attrs.get(LOCATION))
    geometry = instance.get("value") if instance else None
    if not isinstance(geometry, dict):
        return None
    try:
        if geometry.get("type") == "Point":
            lon, lat = geometry["coordinates"][:2]
            return round(float(lon), 6), round(float(lat), 6)
        extent = bbox(geometry)
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return (round((extent[0] + extent[2]) / 2, 6), round((extent[1] + extent[3]) / 2, 6)) if extent else None


def observed_ms(instance: Instance | None) -> int | None:
    """When it was measured; without a time of its own, when it was written."""
    if instance is None:
        return None
    text = instance.get("observedAt")
    if isinstance(text, str):
        try:
            return parse_us(text) // 1000
        except ValueError:
            pass
    written = instance.get("_m")
    return written // 1000 if isinstance(written, int) else None


def value_of(instance: Instance) -> Any:
    """The value, whatever the attribute's type."""
    return instance.get(VALUE_MEMBER.get(instance.get("type", "Property"), "value"))


def short_text(value: Any) -> str:
    """A value in few words."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:120]
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return ", ".join(map(str, value))[:120]
    return msgspec.json.encode(value).decode()[:120]


def declared_of(model: Model, entity: Entity, attr: str) -> Attribute | None:
    """What is declared of an attribute by any of the entity's types."""
    return next((found for kind in entity["type"] if (found := model.attribute(kind, attr))), None)
