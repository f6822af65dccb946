"""What is understood without any mapping: attribute names as JSON keys, NGSI-LD entities, one bare value a topic.

{"waterLevel": 8.12, "observedAt": "2026-11-22T10:00:00Z"}         keys are attribute names of the device's entity
{"waterLevel": {"value": 812, "unit": "cm"}}                        a value with its unit, converted to the declared one
[{…}, {…}]                                                          several readings
{"id": "urn:…", "type": "OffStreetParking", …}                      an NGSI-LD or NGSI-v2 entity, or a list of them
8.12            on the topic <tenant>/<device>/waterLevel           one value; {"value": 8.12, "unit": "m"} too
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base import geo
from rhinecloud.base.declare import DEFAULT_NAMESPACE, Model
from rhinecloud.base.declare import Attribute as Declared
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Instance, Op, Update

from .instants import from_number, from_text
from .ngsild import looks_like_entity, read_entity
from .paths import describe
from .runs import Origin, Outcome, expand_name
from .values import convert_as_told, geometry, to_number

TIME_KEYS: Final = ("observedAt", "timestamp", "time", "ts", "datetime", "dateTime", "resultTime", "phenomenonTime")
"""Members that tell when a reading was made, the first there is."""
_SKIPPED: Final = frozenset((*TIME_KEYS, "@context"))
_TOPIC_WORDS: Final = frozenset(("up", "data", "telemetry", "uplink", "event", "events", "state", "status", "json"))
_RESERVED: Final = frozenset(("id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt", "observedAt"))
MAX_KEYS: Final = 1000
"""Attributes that one reading may have; more is a mistake or an attack."""

Owner = Callable[[str, str], str | None]


class Plain:
    """Reads the plain forms. `owner(tenant, entity)` tells which device an entity belongs to."""

    def __init__(self, model: Model, owner: Owner) -> None:
        self._model, self._owner = model, owner
        self._names: dict[tuple[str, str], tuple[str, Declared | None]] = {}

    def run(self, document: Any, origin: Origin) -> Outcome:
        """
        Raises:
            Unreadable: none of the forms; the message says what is expected.
        """
        if type(document) is dict:
            return Outcome([self._object(document, origin)], None)
        if type(document) is list:
            return self._list(document, origin)
        if document is None:
            raise Unreadable("The message is null: it tells nothing", reason="nothing mapped")
        name = self._attribute_of_topic(origin)
        if not name or (isinstance(document, str) and not origin.topic.endswith(f"/{name}")):
            raise Unreadable(
                f"The message is {describe(document)} alone; publish it to {origin.tenant}/{origin.device}/<attribute>,"
                ' or send an object such as {"waterLevel": 8.12}',
                reason="no attribute named",
            )
        return Outcome([self._update({name: document}, origin.moment(), origin)], None)

    def _list(self, members: list[Any], origin: Origin) -> Outcome:
        updates, failed, first, reason = list[Update](), 0, "", "nothing mapped"
        for number, member in enumerate(members):
            try:
                if type(member) is not dict:
                    raise Unreadable(f"a reading is an object, not {describe(member)}", reason="nothing mapped")
                updates.append(self._object(member, origin))
            except Unreadable as error:
                failed, first, reason = (
                    failed + 1,
                    first or f"number {number}: {error.detail}",
                    error.reason if not first else reason,
                )
        if not members:
            raise Unreadable("The message is an empty list: it tells nothing", reason="nothing mapped")
        if not failed:
            return Outcome(updates, None)
        return Outcome(
            updates, Unreadable(f"{failed} of {len(members)} readings cannot be read; {first}", reason=reason)
        )

    def _object(self, document: dict[str, Any], origin: Origin) -> Update:
        if looks_like_entity(document):
            return self._entity(document, origin)
        observed = ""
        for key in TIME_KEYS:
            if key in document and document[key] is not None:
                observed = _time(document[key], key)
                break
        observed = observed or origin.moment()
        if "value" in document and (name := self._attribute_of_topic(origin)):
            return self._update({name: document}, observed, origin)
        return self._update(document, observed, origin)

    def _entity(self, document: dict[str, Any], origin: Origin) -> Update:
        update = read_entity(document, self._model, observed=origin.moment())
        owner = self._owner(origin.tenant, update.id)
        if owner and origin.device and owner != origin.device:
            raise Unreadable(
                f"Entity {update.id} belongs to device {owner}; device {origin.device} cannot write it",
                reason="not its entity",
            )
        update.source, update.received_us, update.raw = origin.source, origin.received_us, origin.raw
        return update

    def _attribute_of_topic(self, origin: Origin) -> str:
        levels = origin.topic.split("/")
        if len(levels) == 3 and levels[2] not in _TOPIC_WORDS:
            return levels[2]
        kind = self._model.types.get(origin.type)
        return kind.main if kind else ""

    def decoded(self, members: dict[str, Any], origin: Origin) -> Update:
        """What a payload codec gave: every member is a value, the time is the network's."""
        return self._update(members, origin.moment(), origin, skipped=frozenset())

    def _update(
        self, members: dict[str, Any], observed: str, origin: Origin, skipped: frozenset[str] = _SKIPPED
    ) -> Update:
        if not origin.entity:
            raise Unreadable(
                "The message names no entity and its source has none; send NGSI-LD or declare a mapping",
                reason="no mapping",
            )
        if len(members) > MAX_KEYS:
            raise Unreadable(
                f"The message has {len(members)} members; {MAX_KEYS} are read at most", reason="too many members"
            )
        attrs: dict[str, list[Instance]] = {}
        kind = origin.type
        for name, value in members.items():
            if value is None or name in skipped:
                continue
            iri, declared = self._names.get((kind, name)) or self._expand(kind, name)
            attrs[iri] = [self._instance(name, value, observed, declared)]
        if not attrs:
            raise Unreadable(
                f"The message is {describe(members)} and has no value;"
                ' send e.g. {"waterLevel": 8.12} or declare a mapping',
                reason="nothing mapped",
            )
        return Update(
            op=Op.OBSERVE,
            id=origin.entity,
            entity={"type": [kind], "attrs": attrs},
            source=origin.source,
            received_us=origin.received_us,
            raw=origin.raw,
        )

    def _expand(self, kind: str, name: str) -> tuple[str, Declared | None]:
        if not name or len(name) > 256 or not name.isprintable() or any(c in name for c in ' <>"{}|\\^`'):
            raise Unreadable(
                f"{describe(name)} cannot be an attribute's name; declare a mapping that renames it", reason="bad name"
            )
        # NGSI-LD keeps these words for itself (ETSI GS CIM 009, 4.5.1); as an attribute they would be lost.
        iri = expand_name(f"message{name[0].upper()}{name[1:]}" if name in _RESERVED else name, self._model)
        found = iri, self._model.attribute(kind, iri)
        if len(self._names) < 20_000:  # names come from outside
            self._names[kind, name] = found
        return found

    @staticmethod
    def _instance(name: str, value: Any, observed: str, declared: Declared | None) -> Instance:
        if type(value) is dict:
            return _object_value(name, value, observed, declared)
        instance: Instance = {"type": "Property", "value": value, "observedAt": observed}
        if declared is not None:
            if declared.unit is not None and type(value) in (float, int):
                instance["unitCode"] = declared.unit
            elif type(value) is str and declared.kind in ("number", "integer"):
                return _object_value(name, {"value": _number_if_one(value)}, observed, declared)
            elif declared.kind == "relation":
                return {"type": "Relationship", "object": value, "observedAt": observed}
            elif declared.kind == "geo":
                return {"type": "GeoProperty", "value": geometry(value, name), "observedAt": observed}
        return instance


def _object_value(name: str, value: dict[str, Any], observed: str, declared: Declared | None) -> Instance:
    """An object: GeoJSON, {"value", "unit", "observedAt"}, or any JSON value."""
    if geo.is_geometry(value):
        try:
            return {"type": "GeoProperty", "value": geo.check(value), "observedAt": observed}
        except BadRequestData as error:
            raise Unreadable(f"Attribute {name[:80]}: {error.detail}", reason="not a place") from error
    if "value" not in value:
        if declared is not None and declared.kind == "geo":
            return {"type": "GeoProperty", "value": geometry(value, name), "observedAt": observed}
        return {"type": "Property", "value": value, "observedAt": observed}
    told = next((key for key in TIME_KEYS if value.get(key) is not None), "")
    if told:
        observed = _time(value[told], f"{name}.{told}")
    given, unit = value["value"], value.get("unitCode", value.get("unit"))
    if geo.is_geometry(given):
        return {"type": "GeoProperty", "value": given, "observedAt": observed}
    instance: Instance = {"type": "Property", "value": given, "observedAt": observed}
    target = (declared.unit or "") if declared else ""
    if isinstance(unit, str) and unit and not isinstance(given, dict | list) and given is not None:
        instance["value"], instance["unitCode"] = convert_as_told(to_number(given, name), unit, target, name)
    elif target and type(given) in (float, int):
        instance["unitCode"] = target
    if given is None:
        raise Unreadable(f"Attribute {name[:80]} has the value null: it tells nothing", reason="value missing")
    if more := {
        k: v for k, v in value.items() if k not in ("value", "unit", "unitCode", "type", told) and v is not None
    }:
        # Whatever else it tells of the value stays with it, as sub-attributes.
        instance["attrs"] = {
            k if ":" in k else DEFAULT_NAMESPACE + k: [{"type": "Property", "value": v}] for k, v in more.items()
        }
    return instance


def _number_if_one(text: str) -> float | str:
    try:
        return to_number(text, "")
    except Unreadable:
        return text  # kept as it came, and flagged by quality


def _time(value: Any, key: str) -> str:
    try:
        if type(value) is str:
            return from_text(value)
        if type(value) is int or type(value) is float:
            return from_number(value)
    except Unreadable as error:
        raise Unreadable(f"Member {key[:80]}: {error.detail}", reason=error.reason) from error
    raise Unreadable(f"Member {key[:80]} is {describe(value)}, not a time", reason="bad time")
