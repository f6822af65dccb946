"""Entity types as declarations: from them come validation, quality checks, @context, forms, labels and docs.

A declaration follows a Smart Data Model where one fits, and says which. Names are the model's; expanded, a name is
``https://smartdatamodels.org/<subject>/<name>``, as those models' own @contexts have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

Kind = Literal["number", "integer", "text", "boolean", "time", "geo", "relation", "object", "list", "language"]

NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
DEFAULT_NAMESPACE = "https://uri.etsi.org/ngsi-ld/default-context/"
SMART_DATA_MODELS = "https://smartdatamodels.org/"

# Terms of the core @context that models use too: the core's meaning always wins (ETSI GS CIM 009, 5.5.7).
CORE_TERMS: Mapping[str, str] = {
    n: NGSI_LD + n for n in ("location", "observationSpace", "operationSpace", "status")
} | {
    "description": "http://purl.org/dc/terms/description",
    "title": "http://purl.org/dc/terms/title",
}


class Label(msgspec.Struct, frozen=True):
    """A text that people see, in both languages."""

    de: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.de if language.startswith("de") else self.en


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One declared attribute of an entity type."""

    name: str
    label: Label
    kind: Kind = "number"
    unit: str | None = None  # UN/CEFACT Recommendation 20 code, e.g. MTR; None: the figure has no unit, or it is none
    minimum: float | None = None  # physically possible here, in `unit`
    maximum: float | None = None
    max_rate: float | None = None  # fastest plausible change, unit per hour
    stuck_after_s: float | None = None  # unchanged longer than this is suspicious
    options: tuple[str, ...] = ()  # for kind text: the values there are
    words: tuple[tuple[str, Label], ...] = ()  # what people read instead of a value: ("high", Label(de="hoch", …))
    target: str | None = None  # for kind relation: the type pointed at
    queryable: bool = False  # indexed: conditions on it are answered fast
    decimals: int | None = None  # digits after the point that make sense to a person
    retention_days: int | None = None  # how long its past is kept; None: as long as the type's
    iri: str = ""  # expanded name; filled in from the type where empty

    def word(self, value: str, language: str) -> str:
        """A value as people read it; the value itself where no word is declared for it."""
        return next((label[language] for told, label in self.words if told == value), value)


def text(name: str, de: str, en: str, *, options: tuple[str, ...] = (), queryable: bool = False) -> Attribute:
    """An attribute that is a text."""
    return Attribute(name=name, label=Label(de=de, en=en), kind="text", options=options, queryable=queryable)


def word(name: str, de: str, en: str, words: Mapping[str, Label], *, queryable: bool = True) -> Attribute:
    """A text of which there are but some values, each with what people read."""
    made = text(name, de, en, options=tuple(words), queryable=queryable)
    return msgspec.structs.replace(made, words=tuple(words.items()))


class Status(msgspec.Struct, frozen=True):
    """From which value on an attribute colours its thing on the map (see the five status colours)."""

    attr: str
    minor: float | None = None
    major: float | None = None
    critical: float | None = None
    rising: bool = True  # False: small values are the bad ones


class EntityType(msgspec.Struct, frozen=True, kw_only=True):
    """One declared entity type."""

    name: str
    label: Label
    plural: Label
    subject: str  # of the Smart Data Model: "dataModel.Parking"; "" where the type is our own
    icon: str  # a Lucide icon's name
    attributes: tuple[Attribute, ...]
    interval_s: float | None = None  # how often a new observation is expected
    main: str = ""  # the attribute that stands for the thing on maps and in lists
    status: Status | None = None
    open: bool = False  # may be read by everyone
    retention_days: int | None = None  # None: kept for ever
    source: str = ""  # the standard or model it follows, in words

    @property
    def iri(self) -> str:
        return f"{SMART_DATA_MODELS}{self.subject + '/' if self.subject else ''}{self.name}"


class Model:
    """All declared types, by expanded name and by term. Immutable; a changed set of declarations is a new Model."""

    def __init__(self, types: Iterable[EntityType]) -> None:
        self.types: dict[str, EntityType] = {t.iri: t for t in types}
        self.terms: dict[str, str] = dict(CORE_TERMS)  # what our own @context says: term → expanded name
        self._attributes: dict[tuple[str, str], Attribute] = {}
        for kind in self.types.values():
            self.terms[kind.name] = kind.iri
            for attribute in kind.attributes:
                iri = attribute.iri or self.terms.get(attribute.name) or self._expand(kind, attribute.name)
                self.terms.setdefault(attribute.name, iri)
                self._attributes[kind.iri, iri] = msgspec.structs.replace(attribute, iri=iri)
        self.names: dict[str, str] = {iri: term for term, iri in self.terms.items()}

    @staticmethod
    def _expand(kind: EntityType, name: str) -> str:
        if name in COMMON_TERMS:
            return SMART_DATA_MODELS + name
        return f"{SMART_DATA_MODELS}{kind.subject + '/' if kind.subject else ''}{name}"

    def attribute(self, type_iri: str, attr_iri: str) -> Attribute | None:
        return self._attributes.get((type_iri, attr_iri))

    def attributes(self, type_iri: str) -> Iterator[Attribute]:
        return (a for (t, _), a in self._attributes.items() if t == type_iri)

    def queryable(self) -> frozenset[str]:
        """Expanded names of the attributes that the present indexes."""
        return frozenset(a.iri for a in self._attributes.values() if a.queryable)

    def vocabulary(self) -> dict[str, Any]:
        """Our own @context document, without the core terms."""
        return {"@context": {term: iri for term, iri in sorted(self.terms.items()) if term not in CORE_TERMS}}


# Terms that the Smart Data Models' @contexts share between all subjects.
COMMON_TERMS = frozenset(
    (
        *("address", "alternateName", "areaServed", "dataProvider", "dateCreated", "dateModified", "description"),
        *("name", "owner", "seeAlso", "source"),
    )
)
