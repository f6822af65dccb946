"""Operations on the attributes of one entity: append, update, partial update, replace, delete."""

from __future__ import annotations

from rhinecloud.base.errors import BadRequestData, InvalidRequest
from rhinecloud.base.model import ALL_DATASETS, Entity, Op, Outcome, Result, Update
from rhinecloud.sharing.exchange import Answer

from . import values
from .call import Call, multi, nothing
from .entities import fragment_of, selected
from .parse import Reader


async def append(call: Call) -> Answer:
    """Adds attributes to an entity, over those of the same name unless options says noOverwrite.

    Source: ETSI GS CIM 009, 5.6.3, 6.6.3.1.
    """
    keep = "noOverwrite" in call.known_options("noOverwrite")
    entity_id = call.entity_id()
    fragment = fragment_of(call, Reader(call.vocabulary), entity_id)
    selected(call, entity_id)
    result = await call.write_one(Update(op=Op.APPEND_NEW if keep else Op.APPEND, id=entity_id, entity=fragment))
    return told(call, result)


async def update(call: Call) -> Answer:
    """Updates attributes of an entity, or appends them; NGSI-LD Null deletes.

    Source: ETSI GS CIM 009, 5.6.2, 6.6.3.2.
    """
    entity_id = call.entity_id()
    fragment = fragment_of(call, Reader(call.vocabulary, null=True), entity_id)
    entity = selected(call, entity_id, needed="scope" in fragment)
    no_scope = "scope" in fragment and entity is not None and "scope" not in entity
    if no_scope:  # 5.6.2.4: a scope replaces one, and is ignored where there is none
        del fragment["scope"]
    # Since v1.9.1 attributes that are not there yet are appended, which makes it an append in which Null deletes.
    result = await call.write_one(Update(op=Op.APPEND, id=entity_id, entity=fragment))
    if no_scope:
        result.skipped.append(("scope", "The entity has no scope"))
    return told(call, result)


async def patch_one(call: Call) -> Answer:
    """Exchanges some members of one attribute and leaves the others.

    Source: ETSI GS CIM 009, 5.6.4, 6.7.3.1.
    """
    entity_id, iri, fragment = _attribute(call, Reader(call.vocabulary, null=True, partial=True))
    await call.write_one(Update(op=Op.PATCH_ATTR, id=entity_id, attr=iri, entity=fragment))
    return nothing()


async def replace_one(call: Call) -> Answer:
    """Exchanges one attribute.

    Source: ETSI GS CIM 009, 5.6.19, 6.7.3.3.
    """
    entity_id, iri, fragment = _attribute(call, Reader(call.vocabulary))
    await call.write_one(Update(op=Op.REPLACE_ATTR, id=entity_id, attr=iri, entity=fragment))
    return nothing()


async def delete_one(call: Call) -> Answer:
    """Deletes one instance of an attribute, or with deleteAll all of them.

    Source: ETSI GS CIM 009, 5.6.5, 6.7.3.2.
    """
    entity_id, iri = call.entity_id(), _name(call)
    dataset = call.params.get("datasetId")
    everything = call.flag("deleteAll")
    if dataset is not None:
        if everything:
            raise InvalidRequest("Either deleteAll or datasetId, not both")
        values.uri(dataset, "datasetId")
    selected(call, entity_id)
    await call.write_one(
        Update(op=Op.DELETE_ATTR, id=entity_id, attr=iri, dataset=ALL_DATASETS if everything else dataset)
    )
    return nothing()


def _name(call: Call) -> str:
    name = call.named["attrId"]
    return name if name == "scope" else call.vocabulary.expand(name)


def _attribute(call: Call, reader: Reader) -> tuple[str, str, Entity]:
    """Id, attribute and fragment of an operation on one attribute, whose body is the attribute itself."""
    entity_id, name = call.entity_id(), call.named["attrId"]
    if name in ("scope", "id", "type", "@context"):
        raise BadRequestData(f"{name} is not changed as an attribute")
    iri = call.vocabulary.expand(name)
    selected(call, entity_id)
    body = call.body
    if isinstance(body, dict) and body.keys() == {name} and isinstance(body[name], dict):
        body = body[name]  # the attribute in an entity fragment, as many clients send it
    return entity_id, iri, {"attrs": {iri: reader.instances(name, body)}}


def told(call: Call, result: Result) -> Answer:
    """204, or 207 with what was and what was not updated (5.2.18, 5.2.19); names are expanded (6.3.6)."""
    if not result.skipped or result.outcome is Outcome.CREATED:
        return nothing()
    return multi(
        {
            "updated": result.updated,
            "notUpdated": [{"attributeName": name, "reason": reason} for name, reason in result.skipped],
        }
    )
