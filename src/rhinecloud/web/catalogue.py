"""What people can choose from when they write a rule, draw a chart or open a table: types, their attributes, units.

In: the model, and which packs are on in a tenant. Out: words of one language. What is switched off is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rhinecloud.base import units
from rhinecloud.base.declare import Attribute, EntityType, Model

from .rooms import Rooms

COMPARED = ("number", "integer", "text", "boolean", "time", "relation")
"""Kinds of attributes that a condition can compare."""


class Choosable(msgspec.Struct, kw_only=True, frozen=True):
    """One attribute of a type."""

    name: str  # the term, as in `q` and in the API
    iri: str
    label: str
    kind: str
    unit: str  # symbol
    unit_name: str
    decimals: int | None
    options: tuple[str, ...]
    words: Mapping[str, str]  # of its values, as people read them
    minimum: float | None
    maximum: float | None
    main: bool
    asked: bool  # declared as what people ask for

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "integer")

    @property
    def full(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


class Sort(msgspec.Struct, kw_only=True, frozen=True):
    """One entity type."""

    name: str
    iri: str
    label: str
    plural: str
    icon: str
    main: str  # term of the attribute that stands for a thing
    attributes: tuple[Choosable, ...]

    def attribute(self, name: str) -> Choosable | None:
        return next((a for a in self.attributes if name in (a.name, a.iri)), None)


class Catalogue:
    """Types of a tenant, in one language."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @property
    def _model(self) -> Model:
        return self._rooms.model

    def sorts(self, tenant: str, language: str) -> list[Sort]:
        """The declared types of the packs that are on, by label."""
        board = self._rooms.switchboard
        on = None if board is None else board.types(tenant)
        found = [sort_of(self._model, t, language) for t in self._model.types.values() if on is None or t.iri in on]
        return sorted(found, key=lambda s: s.plural.casefold())

    def sort(self, name: str, language: str) -> Sort | None:
        """The type of a term or expanded name, whether its pack is on or off; None where nobody declares it."""
        declared = self._model.types.get(self._model.terms.get(name, name))
        return sort_of(self._model, declared, language) if declared else None


def sort_of(model: Model, declared: EntityType, language: str) -> Sort:
    return Sort(
        name=declared.name,
        iri=declared.iri,
        label=declared.label[language],
        plural=declared.plural[language],
        icon=declared.icon,
        main=declared.main,
        attributes=tuple(choosable(a, declared, language) for a in model.attributes(declared.iri)),
    )


def choosable(declared: Attribute, kind: EntityType, language: str) -> Choosable:
    code: Any = declared.unit or ""
    return Choosable(
        name=declared.name,
        iri=declared.iri,
        label=declared.label[language],
        kind=declared.kind,
        unit=units.symbol(code) if code else "",
        unit_name=units.label(code, language) if code else "",
        decimals=declared.decimals,
        options=declared.options,
        words={value: label[language] for value, label in declared.words},
        minimum=declared.minimum,
        maximum=declared.maximum,
        main=declared.name == kind.main,
        asked=declared.queryable,
    )
