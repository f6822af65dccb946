"""What types and attributes there are.

Source: ETSI GS CIM 009, 5.7.5 to 5.7.10, 6.25 to 6.28.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import uuid4

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.context import AttributeFound, TypeFound, Vocabulary
from rhinecloud.sharing.exchange import Answer

from . import values
from .call import Call
from .render import Json

Found = TypeFound | AttributeFound


class _Words(NamedTuple):
    """What the standard calls a list of types, or of attributes, and its parts."""

    kind: str
    members: str
    one: str
    name: str
    inside: str  # of a type its attributes, of an attribute its types


_OF_TYPES: Final = _Words("EntityTypeList", "typeList", "EntityType", "typeName", "attributeNames")
_OF_ATTRIBUTES: Final = _Words("AttributeList", "attributeList", "Attribute", "attributeName", "typeNames")


async def types(call: Call) -> Answer:
    """The names of all types there are; with details, each with its attributes.

    Source: ETSI GS CIM 009, 5.7.5, 5.7.6, 6.25.3.1.
    """
    return _listed(call, await call.present.types(readable=call.readable), _OF_TYPES)


async def one_type(call: Call) -> Answer:
    """One type: how many entities of it there are, and their attributes.

    Source: ETSI GS CIM 009, 5.7.7, 6.26.3.1.
    """
    iri = _name(call, "type")
    found = await call.present.types(iri, readable=call.readable)
    if not found:
        raise ResourceNotFound(f"There is no entity of the type {iri}")
    used = _uses_own(call, found, inside=True)
    names = call.naming(used)
    return call.document(
        {
            "id": iri,
            "type": "EntityTypeInfo",
            "typeName": names.compact(iri),
            "entityCount": found[0].count,
            "attributeDetails": [_attribute(names, one) for one in found[0].attributes],
        },
        used=used,
    )


async def attributes(call: Call) -> Answer:
    """The names of all attributes there are; with details, each with the types that have it.

    Source: ETSI GS CIM 009, 5.7.8, 5.7.9, 6.27.3.1.
    """
    return _listed(call, await call.present.attributes(readable=call.readable), _OF_ATTRIBUTES)


async def one_attribute(call: Call) -> Answer:
    """One attribute: in how many instances it occurs, as which types of attribute, of which types of entity.

    Source: ETSI GS CIM 009, 5.7.10, 6.28.3.1.
    """
    iri = _name(call, "attrId")
    found = await call.present.attributes(iri, readable=call.readable)
    if not found:
        raise ResourceNotFound(f"There is no attribute {iri}")
    used = _uses_own(call, found, inside=True)
    names = call.naming(used)
    more = {"attributeCount": found[0].count, "typeNames": [*map(names.compact, found[0].types)]}
    return call.document(_attribute(names, found[0]) | more, used=used)


def _listed(call: Call, found: Sequence[Found], words: _Words) -> Answer:
    """The names in one document; with details, a document each."""
    details = call.flag("details")
    used = _uses_own(call, found, inside=details)
    compact = call.naming(used).compact
    if not details:
        head: Json = {"id": f"urn:ngsi-ld:{words.kind}:{uuid4()}", "type": words.kind}
        return call.document(head | {words.members: [compact(one.name) for one in found]}, used=used)
    told = [
        {"id": one.name, "type": words.one, words.name: compact(one.name), words.inside: [*map(compact, _inside(one))]}
        for one in found
    ]
    return call.entities(told, used=used)


def _inside(found: Found) -> list[str]:
    return [one.name for one in found.attributes] if isinstance(found, TypeFound) else found.types


def _uses_own(call: Call, found: Sequence[Found], *, inside: bool) -> bool:
    """Whether a name of ours is told, of what was found or, if wanted, of what is inside."""
    own = call.vocabulary.own
    return any(one.name in own or (inside and not own.isdisjoint(_inside(one))) for one in found)


def _attribute(names: Vocabulary, found: AttributeFound) -> Json:
    return {
        "id": found.name,
        "type": "Attribute",
        "attributeName": names.compact(found.name),
        "attributeTypes": sorted(found.kinds),
    }


def _name(call: Call, variable: str) -> str:
    name = call.named[variable]
    iri = call.vocabulary.expand(name)
    if not values.is_uri(iri):
        raise BadRequestData(f"{name[:80]!r} is no name")
    return iri
