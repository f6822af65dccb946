"""What types and attributes there are.

Source: ETSI GS CIM 009, 5.7.5 to 5.7.10, 6.25 to 6.28.
"""

from __future__ import annotations

from uuid import uuid4

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.context import AttributeFound, TypeFound, Vocabulary
from rhinecloud.sharing.exchange import Answer

from . import values
from .call import Call
from .render import Json


async def types(call: Call) -> Answer:
    """The names of all types there are; with details, each with its attributes.

    Source: ETSI GS CIM 009, 5.7.5, 5.7.6, 6.25.3.1.
    """
    details = call.flag("details")
    found = await _types(call)
    own = call.vocabulary.own
    used = any(one.name in own or (details and any(a.name in own for a in one.attributes)) for one in found)
    compact = call.naming(used).compact
    if details:
        return call.entities(
            [
                {
                    "id": one.name,
                    "type": "EntityType",
                    "typeName": compact(one.name),
                    "attributeNames": [compact(a.name) for a in one.attributes],
                }
                for one in found
            ],
            used=used,
        )
    listed: Json = {"id": f"urn:ngsi-ld:EntityTypeList:{uuid4()}", "type": "EntityTypeList"}
    return call.document(listed | {"typeList": [compact(one.name) for one in found]}, used=used)


async def one_type(call: Call) -> Answer:
    """One type: how many entities of it there are, and their attributes.

    Source: ETSI GS CIM 009, 5.7.7, 6.26.3.1.
    """
    iri = _name(call, "type")
    found = await _types(call, iri)
    if not found:
        raise ResourceNotFound(f"There is no entity of the type {iri}")
    own = call.vocabulary.own
    used = iri in own or any(one.name in own for one in found[0].attributes)
    names = call.naming(used)
    return call.document(
        {
            "id": iri,
            "type": "EntityTypeInfo",
            "typeName": names.compact(iri),
            "entityCount": found[0].count,
            "attributeDetails": [_attribute(names, one, details=False) for one in found[0].attributes],
        },
        used=used,
    )


async def attributes(call: Call) -> Answer:
    """The names of all attributes there are; with details, each with the types that have it.

    Source: ETSI GS CIM 009, 5.7.8, 5.7.9, 6.27.3.1.
    """
    details = call.flag("details")
    found = await _attributes(call)
    own = call.vocabulary.own
    used = any(one.name in own or (details and not own.isdisjoint(one.types)) for one in found)
    compact = call.naming(used).compact
    if details:
        return call.entities(
            [
                {
                    "id": one.name,
                    "type": "Attribute",
                    "attributeName": compact(one.name),
                    "typeNames": [*map(compact, one.types)],
                }
                for one in found
            ],
            used=used,
        )
    listed: Json = {"id": f"urn:ngsi-ld:AttributeList:{uuid4()}", "type": "AttributeList"}
    return call.document(listed | {"attributeList": [compact(one.name) for one in found]}, used=used)


async def one_attribute(call: Call) -> Answer:
    """One attribute: in how many instances it occurs, as which types of attribute, of which types of entity.

    Source: ETSI GS CIM 009, 5.7.10, 6.28.3.1.
    """
    iri = _name(call, "attrId")
    found = await _attributes(call, iri)
    if not found:
        raise ResourceNotFound(f"There is no attribute {iri}")
    own = call.vocabulary.own
    used = iri in own or not own.isdisjoint(found[0].types)
    return call.document(_attribute(call.naming(used), found[0], details=True), used=used)


def _attribute(names: Vocabulary, found: AttributeFound, *, details: bool) -> Json:
    compact = names.compact
    told: Json = {
        "id": found.name,
        "type": "Attribute",
        "attributeName": compact(found.name),
        "attributeTypes": sorted(found.kinds),
    }
    if details:
        told |= {"attributeCount": found.count, "typeNames": [*map(compact, found.types)]}
    return told


def _name(call: Call, variable: str) -> str:
    name = call.named[variable]
    iri = call.vocabulary.expand(name)
    if not values.is_uri(iri):
        raise BadRequestData(f"{name[:80]!r} is no name")
    return iri


async def _types(call: Call, iri: str | None = None) -> list[TypeFound]:
    found = await call.present.types(iri)
    return [one for one in found if call.readable is None or one.name in call.readable]


async def _attributes(call: Call, iri: str | None = None) -> list[AttributeFound]:
    found = await call.present.attributes(iri)
    if call.readable is None:
        return found
    for one in found:
        one.types = [kind for kind in one.types if kind in call.readable]
    return [one for one in found if one.types]
