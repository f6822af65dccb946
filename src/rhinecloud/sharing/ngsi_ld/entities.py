"""Operations on one entity: create, retrieve, replace, merge, delete."""

from __future__ import annotations

from typing import Any

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.base.model import NULL, Entity, Instance, Op, Update
from rhinecloud.context import selection
from rhinecloud.sharing.exchange import Answer

from . import values
from .call import Call, created, nothing
from .linked import reached, rendered_flat
from .parse import Reader
from .render import Renderer, View
from .shown import way_of
from .versions import amend, applied
from .views import view_of


async def create(call: Call) -> Answer:
    """Creates an entity; 409 where there is one of its id.

    Source: ETSI GS CIM 009, 5.6.1, 6.4.3.1.
    """
    entity = Reader(call.vocabulary).entity(call.body)
    await call.write_one(Update(op=Op.CREATE, id=entity["id"], entity=entity))
    return created(entity["id"])


async def retrieve(call: Call) -> Answer:
    """One entity, whole or in part, with the entities it links to if wanted.

    Source: ETSI GS CIM 009, 5.7.1, 6.5.3.1.
    """
    view = view_of(call)
    if (shown := _as_shown_before(call, view)) is not None:
        return shown
    entity = target(call, call.entity_id())
    if view.attrs is not None and view.attrs.isdisjoint(entity["attrs"]):
        raise ResourceNotFound(f"Entity {entity['id']} has none of the attributes asked for")
    linked = await reached(call, view, [entity])
    used = call.uses_own([entity, *linked.entities.values()])
    renderer = Renderer(view, call.naming(used), linked.entities)
    if view.join == "flat":
        entities = rendered_flat(renderer, [entity], linked)
        amended = amend(call, entities)
        return applied(call, call.entities(entities, used=used), amended)
    document = renderer.entity(entity)
    if not document:
        raise ResourceNotFound(f"Nothing is left of entity {entity['id']} after pick and omit")
    amended = amend(call, [document])
    return applied(call, call.document(document, used=used), amended)


def _as_shown_before(call: Call, view: View) -> Answer | None:
    """The answer where the entity need not be looked into; None: it is not there, or something else is to be said."""
    way = way_of(view)
    if way is None or view.attrs is not None or "type" in call.params or call.asked.header(b"prefer"):
        return None
    kept = call.present.kept(call.named["entityId"])
    if kept is None:
        return None
    _, found, used, types = call.look(view, way).one(kept)
    if call.readable is not None and call.readable.isdisjoint(types):
        return None
    if not used and call.vocabulary.own:
        found = call.look(view, way, used=False).one(kept)[1]
    return call.shown_alone(found, used=used) if found != b"{}" else None


async def replace(call: Call) -> Answer:
    """Exchanges an entity for another of the same id.

    Source: ETSI GS CIM 009, 5.6.18, 6.5.3.3.
    """
    entity_id = call.entity_id()
    fragment = fragment_of(call, Reader(call.vocabulary), entity_id)
    selected(call, entity_id)
    await call.write_one(Update(op=Op.REPLACE, id=entity_id, entity=fragment))
    return nothing()


async def merge(call: Call) -> Answer:
    """Merges a fragment into an entity, as a JSON merge patch does.

    Source: ETSI GS CIM 009, 5.6.17, 6.5.3.4.
    """
    entity_id = call.entity_id()
    simplified = call.simplified_input()
    reader = Reader(call.vocabulary, merge=True, partial=True, simplified=simplified)
    fragment = fragment_of(call, reader, entity_id)
    lang, observed_at = call.params.get("lang", ""), call.instant("observedAt")
    entity = selected(call, entity_id, needed=bool(simplified or lang or observed_at))
    if entity is not None:
        adapt(fragment, entity, simplified=simplified, lang=lang, observed_at=observed_at)
    await call.write_one(Update(op=Op.MERGE, id=entity_id, entity=fragment))
    return nothing()


async def delete(call: Call) -> Answer:
    """Deletes an entity.

    Source: ETSI GS CIM 009, 5.6.6, 6.5.3.2.
    """
    entity_id = call.entity_id()
    selected(call, entity_id)
    await call.write_one(Update(op=Op.DELETE, id=entity_id))
    return nothing()


def target(call: Call, entity_id: str) -> Entity:
    """The entity an operation is about, if there is one, of the type selected, that may be read.

    Raises:
        ResourceNotFound: otherwise; what may not be read is not there.
    """
    entity = selected(call, entity_id) or call.present.get(entity_id)
    if entity is None or (call.readable is not None and call.readable.isdisjoint(entity["type"])):
        raise ResourceNotFound(f"Entity {entity_id} does not exist")
    return entity


def selected(call: Call, entity_id: str, *, needed: bool = False) -> Entity | None:
    """The entity, where the operation names a type or has to know it before; None where it need not be read.

    Who writes it finds out whether it is there.

    Raises:
        ResourceNotFound: it is not there, or not of the type selected (4.17).
    """
    text = call.params.get("type")
    if text is None and not needed:
        return None
    entity = call.present.get(entity_id)
    if entity is None or (
        text is not None and not selection.parse(text, call.vocabulary.expand).accepts(frozenset(entity["type"]))
    ):
        raise ResourceNotFound(f"Entity {entity_id} does not exist" + (f" with the type {text}" if text else ""))
    return entity


def fragment_of(call: Call, reader: Reader, entity_id: str) -> Entity:
    """The fragment in the body, which may repeat the id but not name another.

    Raises:
        BadRequestData: it is of another entity.
    """
    fragment = reader.fragment(call.body)
    if fragment.get("id", entity_id) != entity_id:
        raise BadRequestData("The id in the body is not the id in the address")
    fragment["id"] = entity_id
    return fragment


def adapt(fragment: Entity, entity: Entity, *, simplified: bool, lang: str, observed_at: str) -> None:
    """Gives merged attributes what they take over from those there are (5.6.17.4).

    Simplified values keep the attribute's type, a bare text goes into the language `lang` of a LanguageProperty, and
    `observed_at` stands for an observedAt that is not given where there was one.
    """
    for iri, instances in fragment["attrs"].items():
        for instance in instances:
            old = _same(entity["attrs"].get(iri, ()), instance)
            if old is None:
                continue
            if simplified or (lang and old["type"] == "LanguageProperty"):
                _as(old["type"], instance, lang)
            if observed_at and "observedAt" in old and not values.is_null(instance.get("value")):
                instance.setdefault("observedAt", observed_at)


def _same(instances: Any, wanted: Instance) -> Instance | None:
    return next((i for i in instances if i.get("datasetId") == wanted.get("datasetId")), None)


def _as(kind: str, instance: Instance, lang: str) -> None:
    """Turns a plain value into the value of an attribute of type `kind`."""
    if instance.get("type") != "Property" or kind == "Property" or "value" not in instance:
        return
    value = instance["value"]
    if value == NULL:
        instance["type"] = kind
        return
    reader = Reader(_AsItIs())
    if kind == "LanguageProperty":
        if not lang:
            raise BadRequestData("A text for a LanguageProperty needs the parameter lang, or a languageMap")
        value = {"languageMap": {lang: value}}
    elif kind in ("Relationship", "ListProperty", "ListRelationship"):
        member = {"Relationship": "object", "ListProperty": "valueList", "ListRelationship": "objectList"}[kind]
        value = {member: value}
    else:
        raise BadRequestData(f"The attribute is a {kind}, and a plain value cannot become one")
    made = reader.instance("the attribute", {"type": kind, **value})
    del instance["value"]
    instance.update(made)


class _AsItIs:
    def expand(self, name: str) -> str:
        return name

    expand_value = expand
