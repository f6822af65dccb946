"""Entities that devices, feeds and files send as NGSI-LD (normalized, concise, simplified) or NGSI-v2 → Updates.

Names are expanded through our declared terms. An @context is not fetched here: one of the Smart Data Models gives the
namespace of its subject, as that model's own @context would.
Source: ETSI GS CIM 009, 4.5 (representations), annex C; FIWARE NGSI-v2, "JSON Attribute Representation".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rhinecloud.base import geo
from rhinecloud.base.declare import COMMON_TERMS, DEFAULT_NAMESPACE, SMART_DATA_MODELS, Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance, Op, Update

from .instants import from_text
from .paths import describe

Expand = Callable[[str], str]

_HEAD: Final = frozenset(("id", "type", "@id", "@type", "@context", "scope", "expiresAt", "createdAt", "modifiedAt"))
_PLAIN: Final = frozenset(("unitCode", "datasetId", "lang", "objectType", "valueType"))
_NOT_OBSERVED: Final = COMMON_TERMS | {"location", "observationSpace", "operationSpace"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`]+\Z")
_SUBJECT = re.compile(r"(?:smart-data-models(?:\.github\.io)?/|smartdatamodels\.org/)(dataModel\.[A-Za-z0-9]+)")


def looks_like_entity(payload: object) -> bool:
    """Whether a JSON object carries an NGSI id and type."""
    if not isinstance(payload, dict):
        return False
    name, kind = payload.get("id", payload.get("@id")), payload.get("type", payload.get("@type"))
    return (
        isinstance(name, str)
        and bool(_URI.match(name))
        and isinstance(kind, str | list)
        and not geo.is_geometry(payload)
    )


def expander(model: Model, context: object = None) -> Expand:
    """Expands a term: declared ones by the model, others by the @context's own map or subject, else by default."""
    terms, vocab = _context(context)
    declared = model.terms

    def expand(name: str) -> str:
        if ":" in name and _URI.match(name):
            return name
        found = terms.get(name) or declared.get(name)
        if found:
            return found
        if vocab and name in COMMON_TERMS:
            return SMART_DATA_MODELS + name
        return (vocab or DEFAULT_NAMESPACE) + name

    return expand


def _context(context: object) -> tuple[Mapping[str, str], str]:
    terms: dict[str, str] = {}
    vocab = ""
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, str) and (match := _SUBJECT.search(part)):
            vocab = vocab or f"{SMART_DATA_MODELS}{match[1]}/"
        elif isinstance(part, dict):
            for term, value in part.items():
                target = value.get("@id") if isinstance(value, dict) else value
                if isinstance(target, str) and _URI.match(target) and not term.startswith("@"):
                    terms[term] = target
            given = part.get("@vocab")
            vocab = given if isinstance(given, str) and _URI.match(given) else vocab
    return terms, vocab


def read_entity(
    payload: Mapping[str, Any], model: Model, *, op: Op = Op.OBSERVE, observed: str = "", expand: Expand | None = None
) -> Update:
    """One entity as an Update (source, raw and received time are the caller's to add).

    Args:
        observed: time of attributes that are given as plain values and have none; "": they stay without.
    Raises:
        Unreadable: reason "bad entity"; the message names the member.
    """
    expand = expand or expander(model, payload.get("@context"))
    name, kinds = payload.get("id", payload.get("@id")), payload.get("type", payload.get("@type"))
    if not isinstance(name, str) or not _URI.match(name):
        raise Unreadable(
            f"An entity's id is a URI such as urn:ngsi-ld:WaterObserved:ruhrort, not {describe(name)}",
            reason="bad entity",
        )
    listed = kinds if isinstance(kinds, list) else [kinds]
    if not listed or not all(isinstance(kind, str) and kind for kind in listed):
        raise Unreadable(f"Entity {name[:100]} has {describe(kinds)} as type; it needs a name", reason="bad entity")
    types = sorted({expand(kind) for kind in listed})
    observed = _date_observed(payload) or observed
    attrs: dict[str, list[Instance]] = {}
    for member, value in payload.items():
        if member in _HEAD or value is None:
            continue
        iri = expand(member)
        declared = next((a for kind in types if (a := model.attribute(kind, iri)) is not None), None)
        try:
            instances = [_instance(one, expand, declared.kind if declared else "") for one in _several(value)]
        except (Unreadable, BadRequestData) as error:
            raise Unreadable(f"Attribute {member[:80]} of {name[:100]}: {error.detail}", reason="bad entity") from error
        for instance, given in zip(instances, _several(value), strict=True):
            if observed and "observedAt" not in instance and not _explicit(given) and member not in _NOT_OBSERVED:
                instance["observedAt"] = observed
            if declared and declared.unit and "unitCode" not in instance and _is_number(instance.get("value")):
                instance["unitCode"] = declared.unit
        attrs[iri] = instances
    entity: Entity = {"type": types, "attrs": attrs}
    if scope := payload.get("scope"):
        entity["scope"] = [s for s in (scope if isinstance(scope, list) else [scope]) if isinstance(s, str)]
    if isinstance(expires := payload.get("expiresAt"), str):
        entity["expiresAt"] = from_text(expires)
    return Update(op=op, id=name, entity=entity)


def _several(value: Any) -> list[Any]:
    """Instances of one attribute: a list of attribute objects is several, any other list is one value (4.5.5)."""
    many = (
        isinstance(value, list) and value and all(isinstance(v, dict) and _explicit(v) and "type" in v for v in value)
    )
    return value if many else [value]


def _explicit(value: Any) -> bool:
    """Whether a value is an attribute object (normalized or concise), rather than a bare value."""
    if not isinstance(value, dict) or geo.is_geometry(value):
        return False
    kind = value.get("type")
    return _is_kind(kind) or "value" in value or "object" in value or "languageMap" in value or "vocab" in value


def _is_kind(kind: object) -> bool:
    return isinstance(kind, str) and kind in VALUE_MEMBER


def _instance(value: Any, expand: Expand, declared: str) -> Instance:
    if not _explicit(value):
        return _bare(value, declared)
    kind = value.get("type")
    if not _is_kind(kind):
        return _v2(value, kind, declared) if isinstance(kind, str) else _concise(value, expand)
    member = VALUE_MEMBER[kind]
    if member not in value:
        raise Unreadable(f"A {kind} has its value in {member!r}, here is {describe(value)}", reason="bad entity")
    return _normalized(value, kind, member, expand)


def _concise(value: dict[str, Any], expand: Expand) -> Instance:
    for kind, member in VALUE_MEMBER.items():
        if member in value:
            shown = "GeoProperty" if kind == "Property" and geo.is_geometry(value[member]) else kind
            return _normalized(value, shown, member, expand)
    raise Unreadable(f"{describe(value)} has no value", reason="bad entity")


def _normalized(value: dict[str, Any], kind: str, member: str, expand: Expand) -> Instance:
    given = value[member]
    instance: Instance = {"type": kind, member: geo.check(given) if kind == "GeoProperty" else given}
    _check_value(kind, given)
    subs: dict[str, list[Instance]] = {}
    for name, content in value.items():
        if name in (member, "type", "createdAt", "modifiedAt") or content is None:
            continue
        if name == "observedAt":
            instance[name] = from_text(_observed_text(content))
        elif name in _PLAIN:
            instance[name] = _plain(name, content)
        else:
            subs[expand(name)] = [_instance(one, expand, "") for one in _several(content)]
    if subs:
        instance["attrs"] = subs
    return instance


def _check_value(kind: str, given: Any) -> None:
    """What a kind of attribute demands of its value. Source: ETSI GS CIM 009, 4.5.3, 4.5.18, 4.5.20"""
    if kind == "Relationship":
        for one in given if isinstance(given, list) else [given]:
            # Published examples have names and times here, too; they lead nowhere and do no harm.
            if not isinstance(one, str) or not one:
                raise Unreadable(f"A Relationship leads to a URI, not to {describe(one)}", reason="bad entity")
    elif kind == "LanguageProperty" and not isinstance(given, dict):
        raise Unreadable(f"A languageMap is an object of texts by language, not {describe(given)}", reason="bad entity")
    elif kind == "VocabProperty" and not isinstance(given, str | list):
        raise Unreadable(f"A vocab is a term or several, not {describe(given)}", reason="bad entity")


def _plain(name: str, content: Any) -> Any:
    """A member that is a text; datasetId is a URI, an objectType may be several."""
    several = content if name == "objectType" and isinstance(content, list) else [content]
    for one in several:
        if not isinstance(one, str) or not one or (name == "datasetId" and not _URI.match(one)):
            raise Unreadable(
                f"{name} is {'a URI' if name == 'datasetId' else 'a text'}, not {describe(one)}", reason="bad entity"
            )
    return content


def _observed_text(content: Any) -> str:
    if not isinstance(content, str):
        raise Unreadable(f"observedAt is {describe(content)}, not a time", reason="bad time")
    return content


def _v2(value: dict[str, Any], kind: str, declared: str) -> Instance:
    """An NGSI-v2 attribute: `type` is a word such as Number, Text, DateTime, geo:point; metadata beside it."""
    given: Any = value.get("value")
    metadata: Any = value.get("metadata")
    if kind == "geo:point" and isinstance(given, str) and given.count(",") == 1:
        lat, lon = (float(x) if _NUMBER.match(x) else 999.0 for x in given.split(","))
        instance: Instance = {"type": "GeoProperty", "value": geo.point(lon, lat)}
    elif kind == "geo:json" or geo.is_geometry(given):
        instance = {"type": "GeoProperty", "value": geo.check(given)}
    elif kind == "Relationship":
        instance = {"type": "Relationship", "object": given}
    else:
        instance = _bare(given, declared)
    for name in ("timestamp", "TimeInstant", "observedAt") if isinstance(metadata, dict) else ():
        told = metadata.get(name)
        if isinstance(told, dict) and isinstance(told.get("value"), str):
            instance["observedAt"] = from_text(told["value"])
    unit = metadata.get("unitCode") if isinstance(metadata, dict) else None
    if isinstance(unit, dict) and isinstance(unit.get("value"), str):
        instance["unitCode"] = unit["value"]
    return instance


_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?\s*\Z")


def _bare(value: Any, declared: str) -> Instance:
    """A simplified value: what is GeoJSON is a place, what is declared a relation is one, the rest are properties."""
    if geo.is_geometry(value):
        return {"type": "GeoProperty", "value": geo.check(value)}
    if declared == "relation" and isinstance(value, str | list):
        return {"type": "Relationship", "object": value}
    return {"type": "Property", "value": value}


def _date_observed(payload: Mapping[str, Any]) -> str:
    """The payload's own dateObserved, where it is an instant."""
    told = payload.get("dateObserved")
    if isinstance(told, dict):
        told = told.get("value")
        if isinstance(told, dict):
            told = told.get("@value")
    try:
        return from_text(told) if isinstance(told, str) and "/" not in told else ""
    except Unreadable:
        return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
