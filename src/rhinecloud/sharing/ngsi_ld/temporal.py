"""Operations on temporal evolutions of entities.

An evolution that is written here goes straight into the past; what is newest in it also goes to the present, so that an
entity whose past was delivered is on the map at once.
"""

# ruff: noqa: C408 — the routes read as the calls that they become

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from rhinecloud.base.clock import iso, now_us, parse_us
from rhinecloud.base.errors import BadRequestData, ResourceNotFound, Unavailable
from rhinecloud.base.model import VALUE_MEMBER, Entity, Instance, Op, Update
from rhinecloud.history import MIRRORED, SCOPE, Evolutions, History, TemporalQuery
from rhinecloud.sharing.exchange import Answer

from . import values
from .call import ROOT, Call, nothing
from .evolutions import INSTANCE, Evolver
from .parse import Reader
from .temporal_query import Wanted, wanted

_SPECIAL: Final = frozenset(
    ["id", "type", "@id", "@type", "@context", "createdAt", "modifiedAt", "deletedAt", "expiresAt"]
)
Told = list[tuple[str, Instance, int | None, float | None]]


async def query(call: Call) -> Answer:
    """The evolutions of the entities that parameters select.

    Source: ETSI GS CIM 009, 5.7.4, 6.18.3.2.
    """
    return await _queried(call, wanted(call))


async def query_by_body(call: Call) -> Answer:
    """The evolutions of the entities that a query in the body selects.

    Source: ETSI GS CIM 009, 5.7.4, 6.24.3.1.
    """
    if not isinstance(call.body, dict):
        raise BadRequestData("The body is not a query")
    return await _queried(call, wanted(call, call.body))


async def retrieve(call: Call) -> Answer:
    """The evolution of one entity.

    Source: ETSI GS CIM 009, 5.7.3, 6.19.3.1.
    """
    entity_id = call.entity_id()
    asked = wanted(call, one=entity_id)
    past = _past(call)
    found = await past.temporal(asked.query)
    if not found.entities:
        found.entities = [await _bare(past, asked.query, entity_id)]
    if call.readable is not None and call.readable.isdisjoint(found.entities[0]["type"]):
        raise ResourceNotFound(f"The past knows no entity {entity_id}")  # what may not be read is not there
    (rendered,) = await _rendered(call, past, asked, found)
    if not rendered:
        raise ResourceNotFound(f"Nothing is left of entity {entity_id} after pick and omit")
    answer = call.document(rendered, used=call.uses_own(found.entities))
    return _cut(answer, asked, found)


async def create(call: Call) -> Answer:
    """Creates an evolution, or adds to the one there is.

    Source: ETSI GS CIM 009, 5.6.11, 6.18.3.1.
    """
    entity, told = _evolution(call)
    if "id" not in entity or "type" not in entity:
        raise BadRequestData("The entity has no id" if "id" not in entity else "The entity has no type")
    past = _past(call)
    known = await past.kinds(entity["id"])
    kinds = [*known, *(kind for kind in entity["type"] if kind not in known)]
    await past.record(entity["id"], kinds, told, source=call.principal.source)
    await _mirror(call, entity["id"], kinds, told)
    if known:
        return nothing()
    return Answer(201, b"", [(b"location", f"{ROOT}/temporal/entities/{quote(entity['id'], safe=':@')}".encode())])


async def delete(call: Call) -> Answer:
    """Deletes the evolution of an entity; its present stays.

    Source: ETSI GS CIM 009, 5.6.16, 6.19.3.2.
    """
    entity_id = call.entity_id()
    if not await _past(call).erase(entity_id):
        raise ResourceNotFound(f"The past knows no entity {entity_id}")
    return nothing()


async def append(call: Call) -> Answer:
    """Adds instances to an evolution.

    Source: ETSI GS CIM 009, 5.6.12, 6.20.3.1.
    """
    entity_id = call.entity_id()
    entity, told = _evolution(call)
    if entity.get("id", entity_id) != entity_id:
        raise BadRequestData("The id in the body is not the id in the address")
    if not told:
        raise BadRequestData("The body has no attribute")
    past = _past(call)
    kinds = await _known(past, entity_id)
    await past.record(entity_id, kinds, told, source=call.principal.source)
    if call.present.get(entity_id) is not None:
        await _mirror(call, entity_id, kinds, told)
    return nothing()


async def delete_attribute(call: Call) -> Answer:
    """Deletes an attribute from an evolution: its default instances, those of one datasetId, or all.

    Source: ETSI GS CIM 009, 5.6.13, 6.21.3.1.
    """
    entity_id, iri = call.entity_id(), _name(call)
    if call.named["attrId"].startswith(INSTANCE):
        raise BadRequestData("The address has the id of an instance where the name of its attribute belongs")
    dataset: str | None = call.params.get("datasetId", "")
    if dataset:
        values.uri(dataset, "datasetId")
    if call.flag("deleteAll"):
        dataset = None
    past = _past(call)
    await _known(past, entity_id)
    if not await past.erase(entity_id, attr=iri, dataset=dataset):
        raise ResourceNotFound(f"The past of entity {entity_id} has no such attribute {call.named['attrId']}")
    return nothing()


async def change_instance(call: Call) -> Answer:
    """Exchanges members of one instance of an evolution.

    Source: ETSI GS CIM 009, 5.6.14, 6.22.3.1.
    """
    entity_id, iri, number = call.entity_id(), _name(call), _instance_number(call)
    name = call.named["attrId"]
    body = call.body
    if isinstance(body, dict) and body.keys() == {name}:
        body = body[name]  # the attribute in an entity fragment, as many clients send it
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    fragment = Reader(call.vocabulary, null=True, partial=True).instance(name, body)

    def change(old: Instance) -> tuple[Instance, int | None, float | None]:
        if fragment.get("type", old["type"]) != old["type"]:
            raise BadRequestData(f"The instance is a {old['type']} and cannot become a {fragment['type']}")
        made = {**old, **fragment}
        if "attrs" in old and "attrs" in fragment:
            made["attrs"] = {**old["attrs"], **fragment["attrs"]}
        return made, *_measured(made)

    past = _past(call)
    await _known(past, entity_id)
    if number is None or not await past.mend(entity_id, iri, number, change):
        raise ResourceNotFound(f"The past of entity {entity_id} has no such instance")
    return nothing()


async def delete_instance(call: Call) -> Answer:
    """Deletes one instance from an evolution.

    Source: ETSI GS CIM 009, 5.6.15, 6.22.3.2.
    """
    entity_id, iri, number = call.entity_id(), _name(call), _instance_number(call)
    past = _past(call)
    await _known(past, entity_id)
    if number is None or not await past.erase(entity_id, attr=iri, instance=number):
        raise ResourceNotFound(f"The past of entity {entity_id} has no such instance")
    return nothing()


# What these have in common


def _past(call: Call) -> History:
    if call.door.histories is None:
        raise Unavailable("The past is not kept here")
    past: History = call.door.histories.open(call.tenant)
    return past


async def _known(past: History, entity_id: str) -> list[str]:
    kinds = await past.kinds(entity_id)
    if not kinds:
        raise ResourceNotFound(f"The past knows no entity {entity_id}")
    return kinds


async def _bare(past: History, query: TemporalQuery, entity_id: str) -> Entity:
    """An entity of which nothing lies in the stretch asked for."""
    kinds = await _known(past, entity_id)
    if query.attrs is not None:
        raise ResourceNotFound(f"The past of entity {entity_id} has none of the attributes asked for")
    now = now_us()
    return {"id": entity_id, "type": kinds, "_c": now, "_m": now, "attrs": {}}


async def _queried(call: Call, asked: Wanted) -> Answer:
    readable = call.readable
    if readable is not None:
        selects = asked.query.selects
        asked.query.selects = lambda entity, kinds: (
            not readable.isdisjoint(kinds) and (selects is None or selects(entity, kinds))
        )
    past = _past(call)
    found = await past.temporal(asked.query)
    rendered = await _rendered(call, past, asked, found)
    headers = []
    if asked.query.count:
        headers.append((b"ngsild-results-count", str(found.total).encode()))
    answer = call.entities([item for item in rendered if item], used=call.uses_own(found.entities), headers=headers)
    return _cut(answer, asked, found)


async def _rendered(call: Call, past: History, asked: Wanted, found: Evolutions) -> list[dict[str, Any]]:
    evolver = Evolver(asked.view, call.naming(call.uses_own(found.entities)))
    if not asked.methods:
        return [evolver.evolution(entity) for entity in found.entities]
    found.cut = None
    window = asked.query.window
    figures = await past.figures(
        [entity["id"] for entity in found.entities],
        methods=asked.methods,
        period=asked.period,
        start_us=window.start_us,
        end_us=window.stop_us,
        attrs=asked.query.attrs,
        datasets=asked.query.datasets,
    )
    return [evolver.aggregated(e, [f for f in figures if f.entity == e["id"]]) for e in found.entities]


def _cut(answer: Answer, asked: Wanted, found: Evolutions) -> Answer:
    """206 and which stretch of time is told, where it is not all (6.3.10)."""
    if found.cut is not None:
        start, end = map(iso, found.cut)
        size = asked.query.last_n or "*"
        answer.status = 206
        answer.headers = [*answer.headers, (b"content-range", f"date-time {start}-{end}/{size}".encode())]
    return answer


def _name(call: Call) -> str:
    name = call.named["attrId"]
    return SCOPE if name == "scope" else call.vocabulary.expand(name)


def _instance_number(call: Call) -> int | None:
    """The number in an instanceId; None: it is a URI, but none of ours."""
    text = values.uri(call.named["instanceId"], "The instanceId")
    digits = text.removeprefix(INSTANCE)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _evolution(call: Call) -> tuple[Entity, Told]:
    """Id and type in the body, as far as they are there, and its instances, each with its moment and number."""
    if not isinstance(call.body, dict):
        raise BadRequestData("The body is not an entity")
    reader = Reader(call.vocabulary, null=True)  # an instance may tell of a deletion (4.5.7)
    entity = Reader(call.vocabulary).fragment({name: given for name, given in call.body.items() if name in _SPECIAL})
    told: Told = []
    for name, given in call.body.items():
        if name == "scope":
            told += _scopes(given)
        elif name not in _SPECIAL:
            iri = call.vocabulary.expand(name)
            for item in given if isinstance(given, list) and all(isinstance(i, dict) for i in given) else [given]:
                instance = reader.instance(name, item)
                told.append((iri, instance, *_measured(instance)))
    return entity, told


def _scopes(given: Any) -> Told:
    """The scope as it is now (a text or a list of them), or how it went (4.5.6)."""
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        given = given if isinstance(given, dict) else {"type": "Property", "value": given}
        given = [given]
    told: Told = []
    for item in given:
        if item.get("type", "Property") != "Property" or "value" not in item:
            raise BadRequestData("scope is a Property with a value")
        made: Instance = {"type": "Property", "value": values.scopes(item["value"])}
        if "observedAt" in item:
            made["observedAt"] = values.instant(item["observedAt"], "observedAt of scope")
        told.append((SCOPE, made, *_measured(made)))
    return told


def _measured(instance: Instance) -> tuple[int | None, float | None]:
    """When an instance was observed, and its value where that is a number."""
    observed = instance.get("observedAt")
    value = instance.get("value")
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is not None and isinstance(value, int) and int(number) != value:
        number = None
    return (parse_us(observed) if observed else None), number


async def _mirror(call: Call, entity_id: str, kinds: list[str], told: Told) -> None:
    """Brings the present what is newest of an evolution; what is older than what it has is not even offered."""
    newest: dict[tuple[str, str], tuple[int, Instance]] = {}
    there = call.present.get(entity_id)
    known = there["attrs"] if there else {}
    for iri, instance, observed_us, _ in told:
        key = iri, instance.get("datasetId", "")
        if key not in newest or (observed_us or 0) >= newest[key][0]:
            newest[key] = observed_us or 0, instance
    entity: Entity = {"id": entity_id, "type": kinds, "attrs": {}}
    for (iri, dataset), (observed_us, instance) in newest.items():
        if iri == SCOPE:
            entity["scope"] = instance["value"]
        elif _outdated(known.get(iri, ()), dataset, observed_us):
            continue
        elif not values.is_null(instance.get(VALUE_MEMBER[instance["type"]])):
            entity["attrs"].setdefault(iri, []).append(instance)
    if there is None or entity["attrs"] or "scope" in entity:
        await call.present.write([Update(op=Op.OBSERVE, id=entity_id, entity=entity, source=MIRRORED)])


def _outdated(instances: Iterable[Instance], dataset: str, observed_us: int) -> bool:
    """Whether an attribute's instances have a later observation than this one, for the same dataset."""
    return any(
        instance.get("datasetId", "") == dataset
        and "observedAt" in instance
        and parse_us(instance["observedAt"]) > observed_us
        for instance in instances
    )


_SELECT: Final = ("id", "type", "idPattern", "q", "scopeQ", "csf", "expandValues", "jsonKeys", "local", "orderBy")
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")
_TIME: Final = ("timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration")
_LOOK: Final = ("attrs", "pick", "omit", "datasetId", "format", "options", "lang")
_PAGE: Final = ("limit", "offset", "count")
_MAP: Final = ("entityMap", "entityMapLifetime", "splitEntities")
_E: Final = "/temporal/entities"

ROUTES: Final[tuple[dict[str, Any], ...]] = (
    dict(
        method="POST", path=_E, operation="createTemporalEvolution", clause="6.18.3.1", handler=create,
        action="entities.write", parameters=("local",), body="one", creates=True,
    ),
    dict(
        method="GET", path=_E, operation="queryTemporalEvolutions", clause="6.18.3.2", handler=query,
        action="history.read", parameters=(*_SELECT, *_GEO, *_TIME, *_LOOK, *_PAGE, *_MAP), produces="plain",
    ),
    dict(
        method="POST", path="/temporal/entityOperations/query", operation="queryTemporalEvolutionsByPost",
        clause="6.24.3.1", handler=query_by_body, action="history.read",
        parameters=("format", "options", "local", *_PAGE), body="one", produces="plain",
    ),
    dict(
        method="GET", path=_E + "/{entityId}", operation="retrieveTemporalEvolution", clause="6.19.3.1",
        handler=retrieve, action="history.read", parameters=("local", *_TIME, *_LOOK, *_MAP), produces="plain",
    ),
    dict(
        method="DELETE", path=_E + "/{entityId}", operation="deleteTemporalEvolution", clause="6.19.3.2",
        handler=delete, action="entities.write", parameters=("local",),
    ),
    dict(
        method="POST", path=_E + "/{entityId}/attrs", operation="appendTemporalAttributes", clause="6.20.3.1",
        handler=append, action="entities.write", parameters=("local",), body="one",
    ),
    dict(
        method="DELETE", path=_E + "/{entityId}/attrs/{attrId}", operation="deleteTemporalAttribute",
        clause="6.21.3.1", handler=delete_attribute, action="entities.write",
        parameters=("datasetId", "deleteAll", "local"),
    ),
    dict(
        method="PATCH", path=_E + "/{entityId}/attrs/{attrId}/{instanceId}", operation="changeTemporalInstance",
        clause="6.22.3.1", handler=change_instance, action="entities.write", parameters=("local",), body="one",
    ),
    dict(
        method="DELETE", path=_E + "/{entityId}/attrs/{attrId}/{instanceId}", operation="deleteTemporalInstance",
        clause="6.22.3.2", handler=delete_instance, action="entities.write", parameters=("local",),
    ),
)  # fmt: skip
"""What `routes.Route` is made of, operation by operation."""
