"""From JSON as it came to the internal form of an entity: names expanded, every rule of 4.5 checked.

Normalized, concise and simplified input are one grammar, read in this order: an object that says its "type" is
normalized; one that has a value member ("value", "object", "languageMap", …) is concise; everything else is the value
itself. The input is taken over, not copied: what the decoder made is what is kept.

Source: ETSI GS CIM 009, 4.5.1 to 4.5.5, 4.5.18, 4.5.20 to 4.5.24, 4.6, 5.5.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import NULL, VALUE_MEMBER, Entity, Instance

from . import values


class Names(Protocol):
    """The part of a vocabulary that parsing needs."""

    def expand(self, name: str) -> str: ...
    def expand_value(self, text: str) -> str: ...


NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
KINDS: Final = {prefix + kind: kind for kind in VALUE_MEMBER for prefix in ("", "ngsi-ld:", NGSI_LD)}
_KIND_BY_MEMBER: Final = {member: kind for kind, member in reversed(VALUE_MEMBER.items())}
_VALUE_MEMBERS: Final = frozenset(_KIND_BY_MEMBER)
_GEO_ONLY: Final = frozenset(NGSI_LD + name for name in ("location", "observationSpace", "operationSpace"))

# Members that say something of the entity or the instance and are no attributes.
_GENERATED: Final = frozenset(["createdAt", "modifiedAt", "deletedAt"])
_ABOUT_INSTANCE: Final = frozenset(["observedAt", "unitCode", "datasetId", "expiresAt", "valueType", "objectType"])
_NO_ATTRIBUTE: Final = _ABOUT_INSTANCE - {"expiresAt"} | {"instanceId", "entityIdSealed", "entityTypeSealed"}
_PREVIOUS: Final = frozenset("previous" + member[0].upper() + member[1:] for member in _VALUE_MEMBERS)
_PROOF: Final = "ngsildproof"
_SEALED: Final = ("entityIdSealed", "entityTypeSealed")
_SIMPLE: Final = {  # instances that have no other members are checked on the short way
    "Property": frozenset(["type", "value", "observedAt", "unitCode", "datasetId"]),
    "GeoProperty": frozenset(["type", "value", "observedAt", "datasetId"]),
    "Relationship": frozenset(["type", "object", "observedAt", "datasetId"]),
}
_UNITLESS: Final = frozenset(
    ["GeoProperty", "Relationship", "LanguageProperty", "VocabProperty", "JsonProperty", "ListRelationship"]
)
_DEEPEST: Final = 16  # attributes of attributes of …
_NO_TYPE: Final = frozenset([NULL, "type", "id"])
_LANG_STRING: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Reader:
    """Reads entities and fragments of one request.

    Args:
        vocabulary: expands names.
        null: NGSI-LD Null may stand for a value, and deletes (merge and partial updates).
        merge: it may also stand inside of a value that is an object (5.5.4, 5.5.12).
        partial: attributes may come without their value, which then stays.
        simplified: objects are values unless they say that they are languageMap, vocab, json or dataset.
        lenient: for imports of files: what is merely unusual (an id without a scheme, an attribute type of NGSIv2, a
            Relationship to something that is no URI) is mended instead of refused.
    """

    __slots__ = ("_at", "_expand", "_expand_value", "_lenient", "_merge", "_null", "_partial", "_simplified")

    def __init__(
        self,
        vocabulary: Names,
        *,
        null: bool = False,
        merge: bool = False,
        partial: bool = False,
        simplified: bool = False,
        lenient: bool = False,
    ) -> None:
        self._expand = vocabulary.expand
        self._expand_value = vocabulary.expand_value
        self._null = null or merge
        self._merge = merge
        self._at = ""  # the instant read last: one batch has few different ones
        self._partial = partial
        self._simplified = simplified
        self._lenient = lenient

    def entity(self, given: Any) -> Entity:
        """A whole entity: with id and type."""
        entity = self.fragment(given)
        if "id" not in entity:
            raise BadRequestData("The entity has no id")
        if "type" not in entity:
            raise BadRequestData("The entity has no type")
        if self._lenient and not values.is_uri(entity["id"]):
            entity["id"] = values.uri(f"urn:ngsi-ld:{entity['type'][0].rpartition('/')[2]}:{entity['id']}", "The id")
        return entity

    def fragment(self, given: Any) -> Entity:
        """An entity or a part of one: id, type and attributes as far as they are there."""
        if type(given) is not dict:
            raise BadRequestData("An entity is a JSON object")
        attrs: dict[str, list[Instance]] = {}
        entity: Entity = {"attrs": attrs}
        expand = self._expand
        for name, value in given.items():
            special = _ENTITY_MEMBERS.get(name)
            if special is not None:
                special(self, entity, value)
            else:
                iri = expand(name)
                instances = self.instances(name, value)
                if iri in attrs:
                    raise BadRequestData(f"{name} is there twice, under two names")
                if iri in _GEO_ONLY and any(
                    i.get("type", "GeoProperty") != "GeoProperty" and not self._deletes(i) for i in instances
                ):
                    raise BadRequestData(f"{name} has to be a GeoProperty")
                attrs[iri] = instances
        return entity

    def _deletes(self, instance: Instance) -> bool:
        return self._null and values.is_null(instance.get("value"))

    def instances(self, name: str, given: Any, depth: int = 0) -> list[Instance]:
        """The instances of one attribute (4.5.5): one, or one a datasetId."""
        if type(given) is dict:
            if self._simplified and given.keys() == {"dataset"} and type(given["dataset"]) is dict:
                return self._datasets(name, given["dataset"])
            return [self.instance(name, given, depth)]
        if type(given) is list and _looks_like_instances(given):
            found = [self.instance(name, item, depth) for item in given]
            if len({i.get("datasetId") for i in found}) != len(found):
                raise BadRequestData(f"{name} has two instances with the same datasetId")
            return found
        return [self._bare(name, given)]

    def instance(self, name: str, given: Any, depth: int = 0) -> Instance:
        """One attribute instance in any representation."""
        if type(given) is not dict:
            return self._bare(name, given)
        instance: Instance = _mended(given) if self._lenient else given
        kind = instance.get("type")
        known = KINDS.get(kind) if type(kind) is str else None
        if known is None or self._simplified:
            return self._concise(name, instance, depth)
        simple = _SIMPLE.get(known)
        if simple is None or not instance.keys() <= simple:
            return self._full(name, instance, known, depth)
        # The short way, on which nearly all observations go: no sub-attributes, nothing rare.
        instance["type"] = known
        member = VALUE_MEMBER[known]
        if member in instance:
            value = instance[member]
            if type(value) is not float:
                instance[member] = self._value(name, known, value)
        elif not self._partial:
            raise BadRequestData(f"{name} is a {known} without a member {member!r}")
        if "observedAt" in instance and instance["observedAt"] != self._at:
            instance["observedAt"] = self._at = self._instant(instance["observedAt"], name)
        if "datasetId" in instance:
            if instance["datasetId"] == "@none":
                del instance["datasetId"]
            else:
                values.uri(instance["datasetId"], f"datasetId of {name}")
        if "unitCode" in instance and type(instance["unitCode"]) is not str:
            raise BadRequestData(f"unitCode of {name} is not a text")
        return instance

    def _bare(self, name: str, given: Any) -> Instance:
        if values.is_null(given) and not self._null:
            raise BadRequestData(f"{name} is an NGSI-LD Null, which only stands in updates that delete")
        return {"type": "Property", "value": values.plain(given, name, null=self._null)}

    def _datasets(self, name: str, given: dict[str, Any]) -> list[Instance]:
        found = []
        for dataset, value in given.items():
            instance = self.instance(name, value)
            if dataset != "@none":
                instance["datasetId"] = values.uri(dataset, f"datasetId of {name}")
            found.append(instance)
        if not found:
            raise BadRequestData(f"{name} has no instance")
        return found

    def _concise(self, name: str, given: dict[str, Any], depth: int) -> Instance:
        if values.looks_like_geometry(given):
            return {"type": "GeoProperty", "value": values.geometry(given, name)}
        members = _VALUE_MEMBERS & given.keys()
        if self._simplified:
            members = members & {"languageMap", "vocab", "json"} if len(given) == 1 else frozenset()
        if "type" in given and members and not self._simplified:
            if not self._lenient:
                raise BadRequestData(f"{name} has the type {given['type']!r:.80}, which is no type of attribute")
            given = {key: value for key, value in given.items() if key != "type"}
        if len(members) > 1:
            raise BadRequestData(f"{name} has several values: {', '.join(sorted(members))}")
        if members:
            (member,) = members
            kind = _KIND_BY_MEMBER[member]
            if kind == "Property" and values.looks_like_geometry(given[member]):
                kind = "GeoProperty"
            return self._full(name, given, kind, depth)
        if not self._simplified and (_ABOUT_INSTANCE & given.keys() or (self._partial and _has_instances(given))):
            if self._partial:
                return self._full(name, given, "", depth)
            raise BadRequestData(f"{name} has no value")
        if not given or "@context" in given:
            raise BadRequestData(f"{name} has no value" if not given else f"{name} has an @context of its own")
        return {"type": "Property", "value": values.plain(given, name, null=self._merge)}

    def _full(self, name: str, given: dict[str, Any], kind: str, depth: int) -> Instance:
        """An instance with sub-attributes or rarer members; `kind` is "" where a fragment does not say."""
        if depth >= _DEEPEST:
            raise BadRequestData(f"{name} lies more than {_DEEPEST} attributes deep")
        instance: Instance = {"type": kind} if kind else {}
        member = VALUE_MEMBER[kind] if kind else ""
        attrs: dict[str, list[Instance]] = {}
        for key, value in given.items():
            if key == member:
                instance[key] = self._value(name, kind, value)
            elif key in _SEALED and name == _PROOF:
                instance[key] = self._sealed(key, value)
            elif key in _INSTANCE_MEMBERS:
                _INSTANCE_MEMBERS[key](self, name, instance, key, value)
            elif key in _VALUE_MEMBERS:
                raise BadRequestData(f"{name} is a {kind} and cannot have a member {key!r}")
            else:
                iri = self._expand(key)
                if iri in attrs:
                    raise BadRequestData(f"{key} of {name} is there twice, under two names")
                attrs[iri] = self.instances(key, value, depth + 1)
        if member and member not in instance and not self._partial:
            raise BadRequestData(f"{name} is a {kind} without a member {member!r}")
        if kind == "LanguageProperty" and instance.get("valueType", _LANG_STRING) != _LANG_STRING:
            raise BadRequestData(f"{name} is a LanguageProperty, whose valueType is langString")
        if attrs:
            instance["attrs"] = attrs
        return instance

    def _sealed(self, member: str, value: Any) -> str:
        """The parts of an entity that its proof seals (4.5.2.2)."""
        if type(value) is not str:
            raise BadRequestData(f"{member} is not a text")
        return values.uri(value, member) if member == "entityIdSealed" else self._expand(value)

    def _value(self, name: str, kind: str, value: Any) -> Any:
        if kind == "Property":
            text = type(value)
            if text is float or (text is str and value != NULL and name != _PROOF):
                return value
        if values.is_null(value) or (kind == "GeoProperty" and values.is_null(_coordinates(value))):
            if self._null:
                return NULL if kind != "LanguageProperty" else {"@none": NULL}
            raise BadRequestData(f"{name} is an NGSI-LD Null, which only stands in updates that delete")
        return _VALUES[kind](self, name, value)

    def _property(self, name: str, value: Any) -> Any:
        if name == _PROOF and type(value) is not dict:
            raise BadRequestData("The value of ngsildproof is an object")
        return values.plain(value, name, null=self._merge)

    def _geo(self, name: str, value: Any) -> Any:
        return values.geometry(values.decoded(value) if type(value) is str else value, name)

    def _relationship(self, name: str, value: Any) -> Any:
        if type(value) is list:
            if not value:
                raise BadRequestData(f"{name} has no object")
            return [values.uri(item, f"object of {name}") for item in value]
        return values.uri(value, f"object of {name}")

    def _language(self, name: str, value: Any) -> Any:
        found = values.language_map(value, f"languageMap of {name}")
        if not self._null and NULL in found.values():
            raise BadRequestData(f"{name} holds an NGSI-LD Null, which only stands in updates that delete")
        return found

    def _vocab(self, name: str, value: Any) -> Any:
        items = value if type(value) is list and value else [value]
        if any(type(item) is not str for item in items):
            raise BadRequestData(f"vocab of {name} is neither a text nor a list of texts")
        found = [self._expand_value(item) for item in items]
        return found if type(value) is list else found[0]

    def _json(self, name: str, value: Any) -> Any:
        if type(value) is dict or (type(value) is list and value and all(type(item) is dict for item in value)):
            return values.plain(value, f"json of {name}", null=True)
        raise BadRequestData(f"json of {name} is neither an object nor a list of objects")

    def _value_list(self, name: str, value: Any) -> Any:
        if type(value) is not list:
            raise BadRequestData(f"valueList of {name} is not a list")
        return values.plain(value, name)

    def _object_list(self, name: str, value: Any) -> Any:
        if type(value) is not list:
            raise BadRequestData(f"objectList of {name} is not a list")
        found = []
        for item in value:
            target = item["object"] if type(item) is dict and item.keys() == {"object"} else item
            found.append({"object": values.uri(target, f"an object of {name}")})
        return found

    def _instant(self, value: Any, name: str) -> str:
        if self._null and value == NULL:
            return NULL
        return values.instant(value, f"observedAt of {name}")

    # Members of an instance that are no attributes: (name of the attribute, instance, member, value).

    def _take_instant(self, name: str, instance: Instance, member: str, value: Any) -> None:
        if self._null and value == NULL:
            instance[member] = NULL
        else:
            instance[member] = values.instant(value, f"{member} of {name}")

    def _take_unit(self, name: str, instance: Instance, member: str, value: Any) -> None:
        if instance.get("type") in _UNITLESS:
            raise BadRequestData(f"{name} is a {instance['type']} and cannot have a unitCode")
        if type(value) is not str or not value:
            raise BadRequestData(f"unitCode of {name} is not a text")
        instance[member] = value

    def _take_dataset(self, name: str, instance: Instance, member: str, value: Any) -> None:
        if value == NULL:
            raise BadRequestData(f"datasetId of {name} cannot be deleted")
        if value != "@none":
            instance[member] = values.uri(value, f"datasetId of {name}")

    def _take_names(self, name: str, instance: Instance, member: str, value: Any) -> None:
        items = value if type(value) is list and value else [value]
        if any(type(item) is not str for item in items):
            raise BadRequestData(f"{member} of {name} is neither a name nor a list of names")
        found = [NULL if item == NULL and self._null else self._expand_value(item) for item in items]
        instance[member] = found if type(value) is list else found[0]

    def _leave_out(self, name: str, instance: Instance, member: str, value: Any) -> None:
        """Generated by us; harmless in input, as when an answer is sent back."""

    def _refuse(self, name: str, instance: Instance, member: str, value: Any) -> None:
        raise BadRequestData(f"{name} has a member {member!r}, which is not allowed there")

    # Members of an entity that are no attributes: (entity, value).

    def _entity_id(self, entity: Entity, value: Any) -> None:
        if "id" in entity:
            raise BadRequestData("The id is there twice, as id and @id")
        if type(value) is not str or not value:
            raise BadRequestData("The id is not a text")
        entity["id"] = value if self._lenient else values.uri(value, "The id")

    def _entity_type(self, entity: Entity, value: Any) -> None:
        if "type" in entity:
            raise BadRequestData("The type is there twice, as type and @type")
        if type(value) is str and value not in _NO_TYPE:
            entity["type"] = [self._expand(value)]
            return
        items = value if type(value) is list else [value]
        if not items or any(type(item) is not str or item in _NO_TYPE for item in items):
            raise BadRequestData("The type is neither a name nor a list of names")
        entity["type"] = list(dict.fromkeys(map(self._expand, items)))

    def _entity_scope(self, entity: Entity, value: Any) -> None:
        entity["scope"] = NULL if self._null and values.is_null(value) else values.scopes(value)

    def _entity_expires(self, entity: Entity, value: Any) -> None:
        entity["expiresAt"] = NULL if self._null and value == NULL else values.instant(value, "expiresAt")

    def _entity_context(self, entity: Entity, value: Any) -> None:
        """Read beforehand, by whoever made the vocabulary."""

    def _entity_generated(self, entity: Entity, value: Any) -> None:
        """createdAt and the like: ours to say."""

    def _entity_refuse(self, entity: Entity, value: Any) -> None:
        raise BadRequestData(
            "observedAt, unitCode, datasetId, instanceId and the like are no names of attributes (4.5.1)"
        )


_VALUES: Final[dict[str, Callable[[Reader, str, Any], Any]]] = {
    "Property": Reader._property,
    "GeoProperty": Reader._geo,
    "Relationship": Reader._relationship,
    "LanguageProperty": Reader._language,
    "VocabProperty": Reader._vocab,
    "JsonProperty": Reader._json,
    "ListProperty": Reader._value_list,
    "ListRelationship": Reader._object_list,
}
_INSTANCE_MEMBERS: Final[dict[str, Callable[[Reader, str, Instance, str, Any], None]]] = {
    "type": Reader._leave_out,
    "observedAt": Reader._take_instant,
    "expiresAt": Reader._take_instant,
    "unitCode": Reader._take_unit,
    "datasetId": Reader._take_dataset,
    "valueType": Reader._take_names,
    "objectType": Reader._take_names,
    **dict.fromkeys([*_GENERATED, "instanceId"], Reader._leave_out),
    **dict.fromkeys(["@context", "entity", "entityList", *_SEALED, *_PREVIOUS], Reader._refuse),
}
_ENTITY_MEMBERS: Final[dict[str, Callable[[Reader, Entity, Any], None]]] = {
    "id": Reader._entity_id,
    "@id": Reader._entity_id,
    "type": Reader._entity_type,
    "@type": Reader._entity_type,
    "scope": Reader._entity_scope,
    "expiresAt": Reader._entity_expires,
    "@context": Reader._entity_context,
    **dict.fromkeys(_GENERATED, Reader._entity_generated),
    **dict.fromkeys(_NO_ATTRIBUTE, Reader._entity_refuse),
}


def _mended(given: dict[str, Any]) -> dict[str, Any]:
    """A Relationship whose object is no URI, as the Property that it is."""
    if given.get("type") != "Relationship" or "object" not in given or values.is_uri(given["object"]):
        return given
    target = given["object"]
    if type(target) is list and target and all(map(values.is_uri, target)):
        return given
    return {key: value for key, value in given.items() if key != "object"} | {"type": "Property", "value": target}


def _looks_like_instances(given: list[Any]) -> bool:
    """A list is several instances if one of its items says so; otherwise it is a value."""
    return any(
        type(item) is dict and ("datasetId" in item or item.get("type") in KINDS or _VALUE_MEMBERS & item.keys())
        for item in given
        if type(item) is dict and type(item.get("type", "")) is str
    )


def _has_instances(given: dict[str, Any]) -> bool:
    return any(
        type(v) is dict and (v.get("type") in KINDS or _VALUE_MEMBERS & v.keys()) for v in given.values() if _typed(v)
    )


def _typed(value: Any) -> bool:
    return type(value) is dict and type(value.get("type", "")) is str


def _coordinates(value: Any) -> Any:
    return value.get("coordinates") if type(value) is dict else None


def entity_from_json(given: Any, vocabulary: Names, *, lenient: bool = False) -> Entity:
    """A whole entity in the internal form, from any representation; for single requests, batches and file imports."""
    return Reader(vocabulary, lenient=lenient).entity(given)
