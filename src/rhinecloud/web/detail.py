"""One thing in full: every attribute with its figure, unit, age, quality and source, as the panel shows it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base import units
from rhinecloud.base.declare import CORE_TERMS, SMART_DATA_MODELS, Attribute, Model
from rhinecloud.base.model import Entity, Instance

from .panels import ShownPanel
from .things import LOCATION, NAMES, Kinds, ShownKind, declared_of, name_of, newest, observed_ms, short_text, value_of

MOST: Final = 200
"""Attributes of one thing that are shown; the answer says when there are more."""
_ADDRESS: Final = SMART_DATA_MODELS + "address"
_LEFT_OUT: Final = frozenset({LOCATION, *NAMES, _ADDRESS, *CORE_TERMS.values()})


class Figure(msgspec.Struct, kw_only=True, rename="camel"):
    """One attribute instance."""

    attr: str  # expanded name
    dataset: str  # "" is the default instance
    label: str
    kind: str  # of the declaration: number, text, time, relation, …
    number: float | None
    text: str  # where it is no number
    unit: str  # symbol
    unit_name: str
    decimals: int | None
    observed_ms: int | None
    measured: bool  # False: the source gave no time, it is the time of writing
    flags: int  # base.model.Flag
    source: str  # "device:gauge-7"
    chart: bool  # whether its past makes a curve
    main: bool
    minimum: float | None
    maximum: float | None
    limits: list[tuple[int, float]]  # (state, from which value on)


class Thing(msgspec.Struct, kw_only=True, rename="camel"):
    """A thing for its panel."""

    id: str
    kind: ShownKind
    types: list[str]
    name: str
    state: int
    lon: float | None
    lat: float | None
    place: str  # address in words; "" where none is known
    description: str
    figures: list[Figure]
    more: int  # attributes that are not shown
    created_ms: int | None
    modified_ms: int | None
    panels: list[ShownPanel] = []  # what packs show of it beside these


def describe(model: Model, kinds: Kinds, entity: Entity, language: str) -> Thing:
    """The panel's object, in one language."""
    row = kinds.row(entity)
    kind = kinds.list[row.kind]
    attrs: dict[str, list[Instance]] = entity.get("attrs", {})
    figures = [
        _figure(model, entity, attr, instance, kind.attr, language)
        for attr, instances in attrs.items()
        if attr not in _LEFT_OUT
        for instance in instances
    ]
    order = {a.iri: n for t in entity["type"] for n, a in enumerate(model.attributes(t))}
    figures.sort(key=lambda f: (not f.main, f.number is None, order.get(f.attr, 999), f.label, f.dataset))
    if kind.status:
        for figure in figures:
            if figure.attr == model.terms.get(kind.status.attr) or (
                figure.main and kind.attr.endswith("/" + kind.status.attr)
            ):
                limits = ((2, kind.status.minor), (3, kind.status.major), (4, kind.status.critical))
                figure.limits = [(state, value) for state, value in limits if value is not None]
    text = newest(attrs.get(SMART_DATA_MODELS + "description"))
    return Thing(
        id=row.id,
        kind=kind.shown(language),
        types=[model.names.get(t, t) for t in entity["type"]],
        name=name_of(entity),
        state=row.state,
        lon=row.lon,
        lat=row.lat,
        place=_address(newest(attrs.get(_ADDRESS))),
        description=short_text(value_of(text)) if text else "",
        figures=figures[:MOST],
        more=max(0, len(figures) - MOST),
        created_ms=_ms(entity.get("_c")),
        modified_ms=_ms(entity.get("_m")),
    )


def _figure(model: Model, entity: Entity, attr: str, instance: Instance, main: str, language: str) -> Figure:
    declared = declared_of(model, entity, attr)
    value = value_of(instance)
    figure = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    code = instance.get("unitCode") or (declared.unit if declared else None) or ""
    return Figure(
        attr=attr,
        dataset=str(instance.get("datasetId", "")),
        label=_label(model, declared, attr, language),
        kind=_kind(declared, instance, value),
        number=figure,
        text="" if figure is not None else _text(instance, value, language, declared),
        unit=units.symbol(code) if code else "",
        unit_name=units.label(code, language) if code else "",
        decimals=declared.decimals if declared else None,
        observed_ms=observed_ms(instance),
        measured="observedAt" in instance,
        flags=instance.get("_f", 0),
        source=instance.get("_s", ""),
        chart=figure is not None,
        main=attr == main,
        minimum=declared.minimum if declared else None,
        maximum=declared.maximum if declared else None,
        limits=[],
    )


def _label(model: Model, declared: Attribute | None, attr: str, language: str) -> str:
    if declared:
        return declared.label[language]
    return model.names.get(attr) or attr.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def _kind(declared: Attribute | None, instance: Instance, value: Any) -> str:
    if instance.get("type") in ("Relationship", "ListRelationship"):
        return "relation"
    if declared:
        return declared.kind
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def _text(instance: Instance, value: Any, language: str, declared: Attribute | None) -> str:
    if isinstance(value, dict) and "@value" in value:  # NGSI-LD's form of a time
        value = value["@value"]
    if instance.get("type") == "LanguageProperty" and isinstance(value, dict):
        value = value.get(language) or value.get("en") or next(iter(value.values()), "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if declared is not None and declared.words and isinstance(value, str):
        return declared.word(value, language)
    return short_text(value)


def _address(instance: Instance | None) -> str:
    value = value_of(instance) if instance else None
    if isinstance(value, str):
        return value[:200]
    if not isinstance(value, dict):
        return ""
    plain = {str(k).rsplit("/", 1)[-1]: v for k, v in value.items()}
    street = " ".join(str(plain[k]) for k in ("streetAddress", "streetNr") if plain.get(k))
    town = " ".join(str(plain[k]) for k in ("postalCode", "addressLocality") if plain.get(k))
    return ", ".join(part for part in (street, town) if part)[:200]


def _ms(us: Any) -> int | None:
    return us // 1000 if isinstance(us, int) else None
